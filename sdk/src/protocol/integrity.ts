import type { Announcer } from "./announcer.js";
import { OPINION_MS, WORD_DELAY_MS } from "./config.js";
import type { ChunkHash, PeerId } from "./ids.js";
import { MAX_HASHES, MAX_RUNS, type ChunkRun, type Message } from "./message.js";
import type { Neighbour } from "./neighbour.js";
import type { EngineState } from "./state.js";
import { Chunk, type StoredSegment } from "./stored-segment.js";

/**
 * What a judgement found. `hold`: other words are waited for. `check`: ask the origin for this chunk before believing its giver.
 * `settle`: two peers disagree, the origin must say.
 */
export type Verdict = "verified" | "hold" | "check" | "settle" | "false";

/**
 * In a large swarm what a new neighbour brings is soon held by proven ones too, whose word costs the origin nothing: it is waited for so long before the
 * origin is asked. Simulated (300 viewers): checks fall from 0.38 copies to 0.03.
 */
const WITNESS_MS = 3_000;

interface Run {
  readonly segment: StoredSegment;
  readonly first: number;
  readonly count: number;
}

/** A chunk that has arrived and is not believed yet. */
export interface HeldChunk {
  readonly segment: StoredSegment;
  readonly chunk: number;
  readonly giver: Neighbour;
  readonly hash: ChunkHash;
  /** Its giver had vouched for another hash before it sent this. It may have been deceived then, or lie now. */
  readonly contradicted: boolean;
  /** When it was judged first, ms. */
  readonly sinceMs: number;
  /** When silence becomes an answer, ms; what is heard before is judged at once. */
  dueMs: number;
}

/**
 * Chunk hashes agreed between peers, for streams without a publisher's signature.
 *
 * A chunk from a neighbour is believed when the origin has given its hash, or when another neighbour had the same hash from
 * the origin. Where nobody else fetched it (most chunks have one fetcher: that is what sharing is for) its giver is believed
 * once its word has proved good: after one chunk of its, or its word on one, was compared with the origin, or after several were confirmed by
 * others. Such chunks, and those that others only have from hearsay, are spot-checked.
 */
export class Integrity {
  readonly #state: EngineState;
  readonly #announcer: Announcer;
  #spotChecks = 0;
  /** Hashes the origin gave for chunks that are not (yet) stored: segment id, then chunk. */
  readonly #truths = new Map<string, Map<number, ChunkHash>>();
  /** Chunks that wait for judgement. */
  readonly #held = new Map<StoredSegment, Map<number, HeldChunk>>();

  constructor(state: EngineState, announcer: Announcer) {
    this.#state = state;
    this.#announcer = announcer;
  }

  /** Asks a neighbour other than `giver` for its word on chunks; false when no other holds them. */
  ask(run: Run, giver: Neighbour, nowMs: number): boolean {
    return isAnswered(run, giver) || this.#askWitness(run, giver, nowMs);
  }

  /** Asks one who has not spoken yet, proven ones first. */
  #askWitness({ segment, first, count }: Run, giver: Neighbour, nowMs: number): boolean {
    let witness: Neighbour | undefined;
    for (const n of this.#state.neighbours.values()) {
      if (n === giver || !n.handshaken || !n.holds(segment, first) || !n.holds(segment, first + count - 1) || segment.words[first]?.some((w) => w.from === n) === true) continue;
      if (witness === undefined || (n.isProven && !witness.isProven)) witness = n;
      if (witness.isProven) break;
    }
    if (witness === undefined) return false;
    // While it is being asked, it may as well say what it knows of the chunks that will be needed next.
    const isNews = (chunk: number): boolean => segment.state[chunk] === Chunk.missing && segment.asked[chunk] === 0 && witness.holds(segment, chunk);
    let begin = first;
    let end = first + count;
    while (begin > 0 && isNews(begin - 1)) begin--;
    while (end < segment.chunks && isNews(end)) end++;
    segment.asked.fill(nowMs, begin, end);
    this.#announcer.later(witness, { type: "INTEGRITY_REQ", runs: [{ segment: segment.ref, first: begin, count: end - begin }] }, nowMs + WORD_DELAY_MS);
    return true;
  }

  /** Takes down what a neighbour vouches for. */
  word(from: Neighbour, segment: StoredSegment, message: Extract<Message, { type: "INTEGRITY" }>): void {
    message.hashes.forEach((hash, i) => segment.keepWord(message.first + i, { from, hash, fromOrigin: message.fromOrigin }));
  }

  truth(segment: StoredSegment, chunk: number): ChunkHash | undefined {
    return segment.certain[chunk] === 1 ? segment.hashes[chunk] : this.#truths.get(segment.ref.id)?.get(chunk);
  }

  /** The origin itself gave a chunk with this hash. */
  learn(segment: StoredSegment, chunk: number, hash: ChunkHash): void {
    let truths = this.#truths.get(segment.ref.id);
    if (truths === undefined) this.#truths.set(segment.ref.id, (truths = new Map<number, ChunkHash>()));
    truths.set(chunk, hash);
  }

  /** `isChecking`: the origin is being asked about a chunk of the same giver, or of anybody where nobody is proven. */
  judge(held: HeldChunk, isChecking: boolean, nowMs: number): Verdict {
    const { segment, chunk, giver, hash } = held;
    const truth = this.truth(segment, chunk);
    if (truth !== undefined) return truth === hash ? "verified" : "false";
    if (held.contradicted) return "settle";
    let isConfirmed = false;
    let isCertain = false;
    for (const word of segment.words[chunk] ?? []) {
      if (word.from === giver || this.#state.neighbours.get(word.from.peer) !== word.from) continue;
      if (word.hash !== hash) return "settle";
      // Two who have shown nothing yet may be in league.
      if (!word.from.isProven && !giver.isProven) continue;
      isConfirmed = true;
      isCertain ||= word.fromOrigin;
      // In a large swarm nobody near has a chunk from the origin, as a rule.
      if (word.from.isProven && (word.fromOrigin || !this.#state.isSmall)) giver.confirmedChunks++;
    }
    if (isConfirmed) {
      if (!isCertain) segment.soleWord[chunk] = 1;
      return "verified";
    }
    const askedMs = segment.asked[chunk] ?? 0;
    held.dueMs = Math.max(nowMs, askedMs + OPINION_MS);
    const { isSmall } = this.#state;
    // In a large swarm others come to hold it, and are asked; but where nobody's word counts yet, the first that the origin confirms will be asked about the others.
    const patienceMs = isSmall ? OPINION_MS : this.#state.some((n) => n.isProven) ? WITNESS_MS : 0;
    if (patienceMs > 0 && askedMs > 0 && nowMs - askedMs < OPINION_MS) return "hold";
    if (giver.isProven) {
      segment.soleWord[chunk] = 1;
      return "verified";
    }
    if (isChecking || (nowMs - held.sinceMs < patienceMs && (this.#askWitness({ segment, first: chunk, count: 1 }, giver, nowMs) || !isSmall))) {
      if (!isSmall) held.dueMs = nowMs + OPINION_MS;
      return "hold";
    }
    return "check";
  }

  /**
   * Whether the giver's word on chunks that this peer has from the origin itself is being waited for. True words prove as much as one true chunk, since
   * who lies by choice passes either way, and cost the origin nothing. But who was deceived has true words too, so in a small swarm, where that says little of its chunks and
   * few newcomers come, an origin that has time is asked.
   */
  probe(giver: Neighbour, nowMs: number): boolean {
    if (giver.probedMs > -Infinity) return nowMs - giver.probedMs < OPINION_MS;
    for (const segment of this.#state.store.segments.values()) {
      const chunk = segment.certain.findIndex((certain, i) => certain === 1 && giver.holds(segment, i));
      if (chunk < 0) continue;
      giver.probedMs = nowMs;
      this.#state.send(giver.peer, { type: "INTEGRITY_REQ", runs: [{ segment: segment.ref, first: chunk, count: 1 }] });
      return true;
    }
    return false;
  }

  /**
   * Whether to compare one chunk of a segment that rests on a single word with the origin. Over a swarm of S viewers that is about
   * one check every other segment, whatever S, and under one percent of the bytes. In a small one a newcomer's first segment is always checked.
   */
  spotCheckDue(chunks: number, rangesUsable: boolean): boolean {
    // Without ranges a check costs a whole segment.
    const costChunks = rangesUsable ? 1 : chunks;
    if (rangesUsable && this.#state.isSmall && this.#spotChecks++ === 0) return true;
    return this.#state.random.next() < Math.min(1 / 4, 1 / (2 * Math.max(1, this.#state.swarmSize)), chunks / 200) / costChunks;
  }

  answer(runs: readonly ChunkRun[], to: Neighbour, nowMs: number): void {
    let budget = MAX_HASHES;
    for (const run of runs.slice(0, MAX_RUNS)) {
      const segment = this.#state.store.get(run.segment);
      if (segment === undefined) continue;
      let hashes: ChunkHash[] = [];
      let first = run.first;
      let fromOrigin = false;
      const flush = (): void => {
        if (hashes.length > 0) this.#announcer.later(to, { type: "INTEGRITY", segment: segment.ref, first, fromOrigin, hashes }, nowMs + WORD_DELAY_MS);
        hashes = [];
      };
      for (let i = run.first; i < run.first + run.count && i < segment.chunks && budget > 0; i++) {
        const hash = segment.hashes[i];
        const certain = segment.certain[i] === 1;
        if (hash === undefined || (hashes.length > 0 && certain !== fromOrigin)) flush();
        if (hash === undefined) continue;
        if (hashes.length === 0) {
          first = i;
          fromOrigin = certain;
        }
        hashes.push(hash);
        budget--;
      }
      flush();
    }
  }

  held(segment: StoredSegment, chunk: number): HeldChunk | undefined {
    return this.#held.get(segment)?.get(chunk);
  }

  hold(held: HeldChunk): void {
    const { segment, chunk } = held;
    const chunks = this.#held.get(segment);
    if (chunks === undefined) this.#held.set(segment, new Map([[chunk, held]]));
    else chunks.set(chunk, held);
  }

  release({ segment, chunk }: HeldChunk): void {
    const chunks = this.#held.get(segment);
    if (chunks?.delete(chunk) === true && chunks.size === 0) this.#held.delete(segment);
  }

  get isHolding(): boolean {
    return this.#held.size > 0;
  }

  /** Held chunks whose witnesses have been silent for too long. */
  *overdue(nowMs: number): Generator<HeldChunk> {
    for (const chunks of this.#held.values()) for (const held of chunks.values()) if (nowMs >= held.dueMs) yield held;
  }

  /** Chunks of `giver` that rest on its word alone: to be dropped when it is caught lying. */
  soleWordOf(giver: PeerId): { segment: StoredSegment; chunk: number }[] {
    const found: { segment: StoredSegment; chunk: number }[] = [];
    for (const segment of this.#state.store.segments.values()) {
      if (segment.heldBytes === 0) continue;
      for (let i = 0; i < segment.chunks; i++)
        if (segment.givers[i] === giver && (segment.soleWord[i] === 1 || segment.state[i] === Chunk.unverified)) found.push({ segment, chunk: i });
    }
    return found;
  }

  /** Whether the peer's own word on the chunk is another than that of its data. */
  contradictsItself(giver: Neighbour, segment: StoredSegment, chunk: number, hash: ChunkHash): boolean {
    const own = segment.words[chunk]?.find((w) => w.from === giver);
    return own !== undefined && own.hash !== hash;
  }

  /** A complete or discarded segment needs no words any more. */
  forget(segment: StoredSegment): void {
    this.#truths.delete(segment.ref.id);
    this.#held.delete(segment);
    segment.words = [];
  }
}

/** Somebody else has spoken on all these chunks already. */
function isAnswered({ segment, first, count }: Run, giver: Neighbour): boolean {
  for (let i = first; i < first + count; i++) if (segment.words[i]?.some((w) => w.from !== giver) !== true) return false;
  return true;
}
