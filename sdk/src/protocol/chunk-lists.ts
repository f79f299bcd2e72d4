import type { JudgeParts } from "./belief.js";
import { OPINION_MS, WORD_DELAY_MS } from "./config.js";
import type { Input, SignedSegment } from "./contract.js";
import type { ChunkHash, PeerId } from "./ids.js";
import { MAX_HASHES, type ChunkRun, type Message } from "./message.js";
import type { Neighbour } from "./neighbour.js";
import { chunkCount } from "./segment.js";
import { Chunk, type StoredSegment } from "./stored-segment.js";

/** Points for a list that the signed root refutes: it was made up, since nobody honest passes on one that was not checked. */
const FORGED_LIST = 100;
/** The origin is asked as well when so many neighbours have not answered. */
const SILENT_NEIGHBOURS = 2;
/** Times that the origin is asked for a list, the second after half a second, then each twice as late. */
const MAX_LIST_FETCHES = 4;
const LIST_RETRY_MS = 500;

/** Who a list comes from; `own`: the hashes of chunks that are all here. */
type ListSource = Neighbour | "origin" | "own";

interface Candidate {
  readonly from: ListSource;
  readonly hashes: readonly ChunkHash[];
}

/** A chunk that is here, and what it is. Whether it still is here when the list comes the payload tells. */
export interface WaitingChunk {
  readonly payload: Uint8Array;
  readonly hash: ChunkHash;
}

/** What is known of a segment's chunk hashes. */
export interface ListEntry {
  readonly segment: StoredSegment;
  signed: SignedSegment | undefined;
  /** All its chunk hashes, checked against the root. */
  list: readonly ChunkHash[] | undefined;
  /** Chunks that wait for the list, by index. */
  readonly waiting: Map<number, WaitingChunk>;
  asking: { readonly from: Neighbour; readonly dueMs: number; readonly hashes: (ChunkHash | undefined)[]; left: number } | undefined;
  /** Neighbours that were asked in vain. */
  readonly silent: Set<PeerId>;
  /** The list that is being checked, or that waits for the root. */
  candidate: Candidate | undefined;
  token: number;
  isFetching: boolean;
  fetches: number;
  nextFetchMs: number;
  /** When its root was first looked for, how often since, and when it is again. */
  soughtMs: number;
  seeks: number;
  nextSeekMs: number;
  /** The player was told that there is none. */
  isRefused: boolean;
  /** Answers of the origin that were not what is signed. */
  altered: number;
}

/**
 * Finds the list of a segment's chunk hashes, whoever has it: the root says whether it is true. Neighbours that hold a chunk
 * have it, since without it they could not have believed the chunk; the publisher puts it beside the segment; and who has all
 * chunks has made one.
 */
export class ChunkLists {
  readonly #entries = new WeakMap<StoredSegment, ListEntry>();
  /** Those that want something. */
  readonly open = new Set<ListEntry>();
  readonly #checking = new Map<number, ListEntry>();
  #nextToken = 1;

  entry(segment: StoredSegment): ListEntry {
    let entry = this.#entries.get(segment);
    if (entry === undefined) {
      entry = {
        segment, signed: undefined, list: undefined, waiting: new Map(), asking: undefined, silent: new Set(), candidate: undefined, token: 0, isFetching: false, fetches: 0,
        nextFetchMs: 0, soughtMs: 0, seeks: 0, nextSeekMs: 0, isRefused: false, altered: 0,
      };
      this.#entries.set(segment, entry);
    }
    return entry;
  }

  /** The root is known, or has become another one. */
  sign(entry: ListEntry, signed: SignedSegment): void {
    if (entry.segment.sizeBytes !== signed.sizeBytes) entry.waiting.clear();
    entry.signed = signed;
    entry.list = undefined;
    entry.token = 0;
    entry.fetches = 0;
    entry.nextFetchMs = 0;
  }

  /** Looks for the list where it has not been looked yet, a neighbour of whom chunks are asked anyway first. */
  seek(p: JudgeParts, entry: ListEntry, nowMs: number, giver?: Neighbour): void {
    const { segment } = entry;
    if (entry.list !== undefined || segment.chunks === 0) return;
    if (entry.candidate !== undefined) return this.#check(p, entry);
    const own = ownHashes(entry);
    if (own !== undefined) return this.#offer(p, entry, { from: "own", hashes: own });
    if (entry.asking !== undefined) {
      if (nowMs < entry.asking.dueMs) return;
      entry.silent.add(entry.asking.from.peer);
      entry.asking.from.confirmedChunks = 0;
      entry.asking = undefined;
    }
    const witness = this.#witness(p, entry, giver);
    if (witness !== undefined) this.#ask(p, entry, witness, nowMs);
    if (witness !== undefined && entry.silent.size < SILENT_NEIGHBOURS) return;
    if (entry.isFetching || entry.fetches >= MAX_LIST_FETCHES || nowMs < entry.nextFetchMs || !segment.listed) return;
    entry.isFetching = true;
    entry.fetches++;
    entry.nextFetchMs = nowMs + LIST_RETRY_MS * 2 ** entry.fetches;
    p.state.emit({ type: "fetch-list", segment: segment.ref });
  }

  fetched(p: JudgeParts, entry: ListEntry, hashes: readonly ChunkHash[] | undefined): void {
    entry.isFetching = false;
    if (hashes !== undefined && entry.list === undefined && entry.candidate === undefined) this.#offer(p, entry, { from: "origin", hashes });
  }

  /** A neighbour answers; what nobody asked for is not looked at. */
  word(p: JudgeParts, from: Neighbour, { segment, first, hashes }: Extract<Message, { type: "INTEGRITY" }>): void {
    const stored = p.state.store.get(segment);
    const entry = stored && this.#entries.get(stored);
    const asking = entry?.asking;
    if (entry === undefined || asking?.from !== from || first + hashes.length > asking.hashes.length) return;
    hashes.forEach((hash, i) => {
      if (asking.hashes[first + i] === undefined) asking.left--;
      asking.hashes[first + i] = hash;
    });
    if (asking.left > 0 || entry.candidate !== undefined) return;
    entry.asking = undefined;
    this.#offer(p, entry, { from, hashes: asking.hashes as ChunkHash[] });
  }

  /** What came of a check: the entry, and where its list is refuted, the source of it. */
  checked(p: JudgeParts, { token, isTrue }: Extract<Input, { type: "list-checked" }>, nowMs: number): { readonly entry: ListEntry; readonly refuted: ListSource | undefined } | undefined {
    const entry = this.#checking.get(token);
    this.#checking.delete(token);
    if (entry?.token !== token || entry.candidate === undefined) return undefined;
    const { from, hashes } = entry.candidate;
    entry.candidate = undefined;
    entry.token = 0;
    if (isTrue) {
      entry.list = hashes;
      entry.asking = undefined;
      if (typeof from === "object") from.confirmedChunks = hashes.length;
      return { entry, refuted: undefined };
    }
    if (typeof from === "object" && p.state.neighbours.get(from.peer) === from) p.blame(from.peer, FORGED_LIST, "forged chunk list", nowMs);
    return { entry, refuted: from };
  }

  answer(announcer: JudgeParts["announcer"], { state }: Pick<JudgeParts, "state">, runs: readonly ChunkRun[], to: Neighbour, nowMs: number): void {
    let budget = MAX_HASHES;
    for (const run of runs) {
      const segment = state.store.get(run.segment);
      if (segment === undefined) continue;
      const list = segment.complete ? (segment.hashes as readonly ChunkHash[]) : this.#entries.get(segment)?.list;
      const hashes = list?.slice(run.first, run.first + Math.min(run.count, budget)) ?? [];
      budget -= hashes.length;
      if (hashes.length > 0) announcer.later(to, { type: "INTEGRITY", segment: segment.ref, first: run.first, fromOrigin: false, hashes }, nowMs + WORD_DELAY_MS);
    }
  }

  /** A neighbour is gone. */
  gone(peer: PeerId): void {
    for (const entry of this.open) if (entry.asking?.from.peer === peer) entry.asking = undefined;
  }

  /** Nothing is wanted of the segment any more. What its list is stays known. */
  close(segment: StoredSegment): void {
    const entry = this.#entries.get(segment);
    if (entry === undefined) return;
    this.open.delete(entry);
    entry.waiting.clear();
    entry.asking = entry.candidate = undefined;
    entry.token = 0;
  }

  /** One whose last list was true rather than one that has shown nothing yet; of equals who is asked for chunks anyway. */
  #witness({ state }: JudgeParts, entry: ListEntry, giver: Neighbour | undefined): Neighbour | undefined {
    let best = giver !== undefined && isWitness(entry, giver) ? giver : undefined;
    for (const n of state.neighbours.values()) if ((best === undefined || (best.confirmedChunks === 0 && n.confirmedChunks > 0)) && isWitness(entry, n)) best = n;
    return best;
  }

  #ask({ state }: JudgeParts, entry: ListEntry, from: Neighbour, nowMs: number): void {
    const { segment } = entry;
    entry.asking = { from, dueMs: nowMs + OPINION_MS, hashes: Array.from({ length: segment.chunks }), left: segment.chunks };
    for (let first = 0; first < segment.chunks; first += MAX_HASHES)
      state.send(from.peer, { type: "INTEGRITY_REQ", runs: [{ segment: segment.ref, first, count: Math.min(MAX_HASHES, segment.chunks - first) }] });
  }

  #offer(p: JudgeParts, entry: ListEntry, candidate: Candidate): void {
    entry.candidate = candidate;
    this.#check(p, entry);
  }

  #check({ state }: JudgeParts, entry: ListEntry): void {
    const { signed, candidate } = entry;
    if (signed === undefined || candidate === undefined || entry.token !== 0) return;
    entry.token = this.#nextToken++;
    this.#checking.set(entry.token, entry);
    state.emit({ type: "check-list", token: entry.token, hashes: candidate.hashes, sizeBytes: signed.sizeBytes, root: signed.root });
  }
}

/** A neighbour that has the list, if it goes by signatures, or all chunks. */
function isWitness({ segment, silent }: ListEntry, n: Neighbour): boolean {
  return n.handshaken && !silent.has(n.peer) && segment.isHeldBy(n);
}

function ownHashes({ segment, waiting, signed }: ListEntry): ChunkHash[] | undefined {
  if (signed === undefined || chunkCount(signed.sizeBytes) !== segment.chunks) return undefined;
  const own: ChunkHash[] = [];
  for (let i = 0; i < segment.chunks; i++) {
    const held = waiting.get(i);
    const hash = segment.state[i] === Chunk.verified ? segment.hashes[i] : held?.hash;
    if (hash === undefined || (segment.state[i] !== Chunk.verified && segment.payloads[i] !== held?.payload)) return undefined;
    own.push(hash);
  }
  return own;
}

