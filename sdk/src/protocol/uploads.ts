import { GiveToGet } from "./choker.js";
import { MAX_UPLOAD_QUEUE, RETURN, SEND_HIGH_WATER_BYTES, UNCHOKE_BASE } from "./config.js";
import { toRuns } from "./downloads.js";
import type { Fetches } from "./fetches.js";
import type { PeerId } from "./ids.js";
import { MAX_RUNS, type ChunkRun, type Message } from "./message.js";
import type { Neighbour, QueuedUpload } from "./neighbour.js";
import type { Receipts } from "./receipts.js";
import { CHUNK_BYTES } from "./segment.js";
import type { EngineState } from "./state.js";
import { Chunk, type StoredSegment } from "./stored-segment.js";
import { Uplink } from "./uplink.js";

/** A neighbour is worth serving at a chunk a second. With half the slots those with the weakest uplinks are choked by half of their neighbours. */
const SLOT_BPS = 8 * CHUNK_BYTES;
/** A chunk that fewer neighbours hold or have been given goes first. */
const RARE = 3;
/**
 * What is rare or urgent for one who only takes comes after what is for others, and before what they ask for ahead of time. Were it to come last of all, honest viewers with
 * the weakest uplinks would be rescued segment by segment (ARCHITECTURE, Whom to serve, has the figures).
 */
const FIRST_RANKS = [-6, 0, 2] as const;
/** After what is rare, 0, and before takers', 2 and 3. */
const URGENT = 1;
const AHEAD = 4;
/**
 * Live: what was asked for ahead of time is near the playhead once it has waited this long, and what is asked for later and urgent would go before it until its deadline. Simulated (300 viewers,
 * in the steady state): 14.5 rescues a segment, four of five of single chunks that had waited for 5 s; now 2.4. On demand it may be needed in a minute (100 viewers, RI 0.8: steady
 * copies 14.8 instead of 14.2).
 */
const WAITED_MS = 3_000;
/**
 * Ranks are whole numbers: bandwidth decides between equals alone, and of those, in live, how few have it. (On demand it would never be the turn of what one needs now while another asks
 * ahead for what nobody else has.)
 */
const RANK_OF_BPS = 1e-12;
const RANK_OF_SPREAD = 1e-10;
/** A line that takes nothing while the uplink could have sent so many chunks counts as dead until it does, or one that has left without a word would hold up everybody. */
const STUCK_CHUNKS = 4;
const MIN_STUCK_MS = 200;
/** While the uplink is not known. To take a slow line for a dead one puts seconds of chunks into its transport: simulated, at 500,000 offload is four points less. */
const DEFAULT_BPS = 100_000;

/** One who waits for chunks, and the least rank that they may have. */
interface Asking {
  readonly neighbour: Neighbour;
  readonly first: number;
  readonly isNew: boolean;
}

/** What others ask of us: whom we serve, and in what order. */
export class Uploads {
  readonly #state: EngineState;
  readonly #choker = new GiveToGet();
  readonly uplink: Uplink;
  readonly #fetches: Fetches;
  /** Chunks that had their turn. */
  #turn = 0;
  readonly #receipts: Receipts | undefined;

  constructor(state: EngineState, fetches: Fetches, receipts: Receipts | undefined) {
    this.#state = state;
    this.#fetches = fetches;
    this.uplink = new Uplink(state.options.maxUploadBps);
    this.#receipts = receipts;
  }

  admit(neighbour: Neighbour): void {
    if (!this.#state.options.serves) return;
    if (neighbour.isFriend || this.#choker.admits(this.#state.handshaken.filter((n) => !n.choked).length)) this.#setChoked(neighbour, false);
  }

  requested(neighbour: Neighbour, { runs, urgent }: Extract<Message, { type: "REQUEST" }>, nowMs: number): void {
    const rejected: ChunkRun[] = [];
    for (const run of runs) {
      const segment = this.#state.store.get(run.segment);
      const room = MAX_UPLOAD_QUEUE - neighbour.uploads.length;
      // What a neighbour asks for costs no more than what it may queue.
      const taken = segment === undefined || neighbour.choked ? 0 : Math.max(0, Math.min(run.count, room, segment.chunks - run.first));
      if (taken < run.count) rejected.push({ segment: run.segment, first: run.first + taken, count: run.count - taken });
      if (segment === undefined) continue;
      const urgentMs = urgent ? 0 : this.#state.store.isLive(segment) ? nowMs + WAITED_MS : Infinity;
      for (let chunk = run.first; chunk < run.first + taken; chunk++) {
        if (segment.state[chunk] === Chunk.verified) neighbour.uploads.push({ segment, chunk, urgentMs });
        else rejected.push({ segment: run.segment, first: chunk, count: 1 });
      }
    }
    if (rejected.length > 0) this.#state.send(neighbour.peer, { type: "REJECT", runs: rejected.slice(0, MAX_RUNS) });
    this.pump(nowMs);
  }

  cancelled(neighbour: Neighbour, runs: readonly ChunkRun[]): void {
    neighbour.uploads = neighbour.uploads.filter((u) => !runs.some((r) => r.segment.id === u.segment.ref.id && u.chunk >= r.first && u.chunk < r.first + r.count));
  }

  /** The transport has sent some of what it held: bytes still buffered there. */
  drained(peer: PeerId, bufferedBytes: number, nowMs: number): void {
    const neighbour = this.#state.neighbours.get(peer);
    if (neighbour === undefined) return;
    const bytes = Math.max(0, neighbour.bufferedBytes - bufferedBytes);
    neighbour.drainedMs = nowMs;
    neighbour.bufferedBytes = Math.min(neighbour.bufferedBytes, bufferedBytes);
    this.uplink.drained(bytes, nowMs);
    this.pump(nowMs);
  }

  /**
   * Hands the transport what the uplink has room for, one chunk a neighbour in turn.
   */
  pump(nowMs: number): void {
    // A neighbour whose line has died holds nobody up.
    const stuckMs = Math.max(MIN_STUCK_MS, (STUCK_CHUNKS * 8_000 * CHUNK_BYTES) / (this.uplink.bps || DEFAULT_BPS));
    // What the viewer's own requests and acknowledgements would have to wait for is not sent: the line counts as full.
    let heldBytes = this.#fetches.isUrgent(nowMs) ? Infinity : 0;
    const asking: Neighbour[] = [];
    for (const n of this.#state.neighbours.values()) {
      if (!n.handshaken || (n.bufferedBytes > 0 && nowMs - n.drainedMs >= stuckMs)) continue;
      heldBytes += n.bufferedBytes;
      if (n.uploads.length > 0) asking.push(n);
    }
    let waiting: Asking[] | undefined;
    while (this.uplink.hasRoom(heldBytes, nowMs)) {
      waiting ??= asking.map((n) => ({ neighbour: n, first: FIRST_RANKS[this.classOf(n, nowMs)], isNew: nowMs < n.newUntilMs }));
      const next = this.#nextInTurn(waiting, nowMs);
      if (next === undefined) break;
      heldBytes += this.#serve(next.neighbour, next.index, nowMs);
    }
  }

  /** 0: friends, 1: who gives too, or has just come and soon will, 2: others. Where the uplink does not suffice for all, it is for the lower ones. */
  classOf(n: Neighbour, nowMs: number): 0 | 1 | 2 {
    return n.isFriend ? 0 : nowMs < n.newUntilMs || RETURN * n.downloadedBytes >= n.uploadedBytes || this.#receipts?.forwards(n) === true ? 1 : 2;
  }

  /** Reviews who is served when that is due, and sends receipts. */
  tick(nowMs: number): void {
    this.#receipts?.tick(nowMs);
    if (!this.#state.options.serves) return;
    this.pump(nowMs);
    if (nowMs < this.#choker.nextReviewMs) return;
    const { bps } = this.uplink;
    const slots = bps === 0 && !this.#state.some((n) => n.uploads.length > 0) ? undefined : Math.max(UNCHOKE_BASE, Math.floor(bps / SLOT_BPS));
    const neighbours = this.#state.handshaken;
    const served = this.#choker.review({ neighbours, unchoked: new Set(neighbours.filter((n) => !n.choked).map((n) => n.peer)), slots, nowMs }, this.#state.random);
    if (served !== undefined) for (const n of neighbours) this.#setChoked(n, !served.has(n.peer));
  }

  get nextReviewMs(): number {
    return Math.min(this.#receipts?.dueMs ?? Infinity, this.#state.neighbours.size > 0 && this.#state.options.serves ? this.#choker.nextReviewMs : Infinity);
  }

  /** A chunk of `giver` has been verified: it will get a receipt. */
  received(giver: PeerId, segment: StoredSegment, chunk: number, nowMs: number): void {
    this.#receipts?.received(giver, segment, chunk, nowMs);
  }

  /** Sends one chunk and returns its length. */
  #serve(neighbour: Neighbour, index: number, nowMs: number): number {
    const [next] = neighbour.uploads.splice(index, 1) as [QueuedUpload];
    const { segment, chunk } = next;
    const payload = segment.state[chunk] === Chunk.verified ? segment.payloads[chunk] : undefined;
    if (next.isDue?.(nowMs) === false) return 0;
    if (payload === undefined) {
      this.#reject(neighbour, [next, ...neighbour.uploads].filter((u) => u.segment.state[u.chunk] !== Chunk.verified));
      return 0;
    }
    this.#state.send(neighbour.peer, { type: "DATA", segment: segment.ref, chunk, payload });
    if (neighbour.bufferedBytes === 0) neighbour.drainedMs = nowMs;
    neighbour.bufferedBytes += payload.length;
    neighbour.uploadedBytes += payload.length;
    segment.given[chunk] = (segment.given[chunk] ?? 0) | neighbour.bit;
    this.#state.counters.uploadedBytes += payload.length;
    this.uplink.sent(payload.length, nowMs);
    return payload.length;
  }

  /**
   * By class (`first`: the least rank in it), then what few have: it costs little, and everybody's uplink lives on it. So does what is near a newcomer's playhead: there
   * are few of them at a time. Then what is near others' playheads, then the rest. Of equals sound before picture and the low level before the high
   * one (ES5), then, in live, of what few have what fewest have or have been given, then in turn, and of one neighbour's as it was asked for.
   */
  #nextInTurn(waiting: readonly Asking[], nowMs: number): { readonly neighbour: Neighbour; readonly index: number } | undefined {
    let best: { readonly neighbour: Neighbour; readonly index: number; readonly rank: number } | undefined;
    for (const { neighbour, first, isNew } of waiting) {
      if (neighbour.bufferedBytes >= SEND_HIGH_WATER_BYTES) continue;
      for (let index = 0; index < neighbour.uploads.length; index++) {
        const item = neighbour.uploads[index] as QueuedUpload;
        const spread = item.segment.spread(item.chunk);
        const rank = first + (spread < RARE ? (this.#state.store.isLive(item.segment) ? spread * RANK_OF_SPREAD : 0) : nowMs < item.urgentMs ? AHEAD : isNew ? 0 : URGENT) + item.segment.bandwidthBps * RANK_OF_BPS;
        if (best === undefined || rank < best.rank || (rank === best.rank && neighbour.turn < best.neighbour.turn)) best = { neighbour, index, rank };
      }
    }
    if (best !== undefined) best.neighbour.turn = ++this.#turn;
    return best;
  }

  #setChoked(neighbour: Neighbour, choked: boolean): void {
    if (neighbour.choked === choked) return;
    neighbour.choked = choked;
    this.#state.send(neighbour.peer, { type: choked ? "CHOKE" : "UNCHOKE" });
    if (choked) this.#reject(neighbour, neighbour.uploads);
  }

  #reject(neighbour: Neighbour, gone: readonly QueuedUpload[]): void {
    if (gone.length === 0) return;
    neighbour.uploads = neighbour.uploads.filter((u) => !gone.includes(u));
    this.#state.send(neighbour.peer, { type: "REJECT", runs: toRuns(gone) });
  }
}
