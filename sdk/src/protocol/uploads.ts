import { GiveToGet } from "./choker.js";
import { CHOKE_PERIOD_MS, MAX_UPLOAD_QUEUE, SEND_HIGH_WATER_BYTES, UNCHOKE_BASE } from "./config.js";
import { toRuns } from "./downloads.js";
import { Rate } from "./estimator.js";
import type { PeerId } from "./ids.js";
import { MAX_RUNS, type ChunkRun, type Message } from "./message.js";
import type { Neighbour, QueuedUpload } from "./neighbour.js";
import type { Receipts } from "./receipts.js";
import { CHUNK_BYTES } from "./segment.js";
import type { EngineState } from "./state.js";
import { Chunk, type StoredSegment } from "./stored-segment.js";

/** The transport holds what the uplink sends in this time, and at least a chunk: on a slow line requests wait behind it. */
const TRANSPORT_MS = 200;
/** A neighbour is worth serving at a chunk each half second. */
const SLOT_BPS = 2 * 8 * CHUNK_BYTES;
/** A chunk that fewer neighbours hold goes first. */
const RARE = 3;
/** Who gives back one of so many is served before who does not: many an honest viewer has little to give, or nothing that is wanted here. */
const RETURN = 8;
/** A line that takes nothing for this long counts as dead until it does. */
const STUCK_MS = 1_000;

/** What others ask of us: whom we serve, and in what order. */
export class Uploads {
  readonly #state: EngineState;
  readonly #choker = new GiveToGet();
  readonly #rate = new Rate();
  #drainedMs = 0;
  /** Neighbours that wait for chunks. */
  readonly #asking = new Set<Neighbour>();
  /** Whose turn it is. */
  #turn = 0;
  #fadedMs = 0;
  readonly #receipts: Receipts | undefined;

  constructor(state: EngineState, receipts: Receipts | undefined) {
    this.#state = state;
    this.#receipts = receipts;
  }

  admit(neighbour: Neighbour): void {
    if (!this.#state.options.serves) return;
    if (neighbour.isFriend || this.#choker.admits(this.#unchoked().size)) this.#setChoked(neighbour, false);
  }

  requested(neighbour: Neighbour, { runs, urgent }: Extract<Message, { type: "REQUEST" }>, nowMs: number): void {
    const refused: { segment: StoredSegment; chunk: number }[] = [];
    const whole: ChunkRun[] = [];
    for (const run of runs) {
      const segment = this.#state.store.get(run.segment);
      const room = MAX_UPLOAD_QUEUE - neighbour.uploads.length;
      // What a neighbour asks for costs no more than what it may queue.
      const taken = segment === undefined || neighbour.choked ? 0 : Math.max(0, Math.min(run.count, room, segment.chunks - run.first));
      if (taken < run.count) whole.push({ segment: run.segment, first: run.first + taken, count: run.count - taken });
      if (segment === undefined) continue;
      for (let chunk = run.first; chunk < run.first + taken; chunk++) {
        if (segment.state[chunk] === Chunk.verified) neighbour.uploads.push({ segment, chunk, urgent });
        else refused.push({ segment, chunk });
      }
    }
    const rejected = [...whole, ...toRuns(refused)].slice(0, MAX_RUNS);
    if (rejected.length > 0) this.#state.send(neighbour.peer, { type: "REJECT", runs: rejected });
    this.#asking.add(neighbour);
    this.pump(nowMs);
  }

  /** Something has been put in its queue. */
  waits(neighbour: Neighbour): void {
    this.#asking.add(neighbour);
  }

  cancelled(neighbour: Neighbour, runs: readonly ChunkRun[]): void {
    neighbour.uploads = neighbour.uploads.filter((u) => !runs.some((r) => r.segment.id === u.segment.ref.id && u.chunk >= r.first && u.chunk < r.first + r.count));
  }

  /** The transport has sent some of what it held: bytes still buffered there. */
  drained(neighbour: Neighbour, bufferedBytes: number, nowMs: number): void {
    const bytes = Math.max(0, neighbour.bufferedBytes - bufferedBytes);
    neighbour.drainedMs = nowMs;
    neighbour.bufferedBytes = Math.min(neighbour.bufferedBytes, bufferedBytes);
    if (bytes > 0) this.#rate.sample(bytes, Math.max(0, nowMs - this.#drainedMs));
    this.#drainedMs = nowMs;
    this.pump(nowMs);
  }

  /**
   * Hands the transport what the uplink sends in a moment, one chunk a neighbour in turn. More would queue there, where it can
   * neither be taken back nor be overtaken.
   */
  pump(nowMs: number): void {
    for (const n of this.#asking) if (n.uploads.length === 0 || this.#state.neighbours.get(n.peer) !== n) this.#asking.delete(n);
    if (this.#asking.size === 0) return;
    const bps = this.#rate.bps();
    const budgetBytes = bps === 0 ? SEND_HIGH_WATER_BYTES : Math.max(CHUNK_BYTES, (bps / 8_000) * TRANSPORT_MS);
    // A neighbour whose line has died holds nobody up.
    const isMoving = (n: Neighbour): boolean => n.bufferedBytes === 0 || nowMs - n.drainedMs < STUCK_MS;
    const waiting = [...this.#asking].filter(isMoving);
    const friends = waiting.filter((n) => n.isFriend);
    // Where the uplink does not suffice for all, it is for those who give too: a first chunk to anybody, and no more until something comes of it.
    const givers = waiting.filter((n) => RETURN * n.downloadedBytes >= n.uploadedBytes || this.#receipts?.forwards(n) === true);
    let inTransportBytes = 0;
    for (const n of this.#state.neighbours.values()) if (isMoving(n)) inTransportBytes += n.bufferedBytes;
    if (inTransportBytes === 0) this.#drainedMs = nowMs;
    const gone = new Map<Neighbour, QueuedUpload[]>();
    while (inTransportBytes < budgetBytes) {
      const next = this.#nextInTurn(friends) ?? this.#nextInTurn(givers) ?? this.#nextInTurn(waiting);
      if (next === undefined) break;
      if (next.neighbour.bufferedBytes === 0) next.neighbour.drainedMs = nowMs;
      inTransportBytes += this.#serve(next.neighbour, next.index, gone, nowMs);
    }
    for (const [neighbour, uploads] of gone) this.#state.send(neighbour.peer, { type: "REJECT", runs: toRuns(uploads).slice(0, MAX_RUNS) });
  }

  /** Reviews who is served when that is due, and sends receipts. */
  tick(nowMs: number): void {
    this.#receipts?.tick(nowMs);
    if (!this.#state.options.serves) return;
    this.pump(nowMs);
    const bps = this.#rate.bps();
    const slots = bps === 0 && this.#asking.size === 0 ? undefined : Math.max(UNCHOKE_BASE, Math.floor(bps / SLOT_BPS));
    const neighbours = [...this.#state.neighbours.values()].filter((n) => n.handshaken);
    const served = this.#choker.review({ neighbours, unchoked: this.#unchoked(), slots, nowMs }, this.#state.random);
    if (served === undefined) return;
    for (const n of neighbours) this.#setChoked(n, !served.has(n.peer));
    if (nowMs - this.#fadedMs < CHOKE_PERIOD_MS) return;
    this.#fadedMs = nowMs;
    this.#receipts?.fade();
  }

  /** Measured uplink, bit/s; 0 before something was sent. */
  get bps(): number {
    return this.#rate.bps();
  }

  get nextReviewMs(): number {
    return Math.min(this.#receipts?.dueMs ?? Infinity, this.#state.neighbours.size > 0 && this.#state.options.serves ? this.#choker.nextReviewMs : Infinity);
  }

  /** A chunk of `giver` has been verified: it will get a receipt. */
  received(giver: PeerId, segment: StoredSegment, chunk: number, nowMs: number): void {
    this.#receipts?.received(giver, segment, chunk, nowMs);
  }

  /** Sends one chunk and returns its length; what is no longer here goes to `gone`. */
  #serve(neighbour: Neighbour, index: number, gone: Map<Neighbour, QueuedUpload[]>, nowMs: number): number {
    const [next] = neighbour.uploads.splice(index, 1);
    if (next === undefined) return 0;
    const { segment, chunk } = next;
    const payload = segment.state[chunk] === Chunk.verified ? segment.payloads[chunk] : undefined;
    if (next.isDue?.(nowMs) === false) return 0;
    if (payload === undefined) {
      gone.set(neighbour, [...(gone.get(neighbour) ?? []), next]);
      return 0;
    }
    this.#state.send(neighbour.peer, { type: "DATA", segment: segment.ref, chunk, payload });
    neighbour.bufferedBytes += payload.length;
    neighbour.uploadedBytes += payload.length;
    segment.given[chunk] = (segment.given[chunk] ?? 0) | neighbour.bit;
    this.#state.counters.uploadedBytes += payload.length;
    return payload.length;
  }

  /**
   * Of friends or of all. What few have goes first: it costs little, and everybody's uplink lives on it. Then what is near its playhead, then the rest; equals
   * in turn, and of one neighbour's as it was asked for.
   */
  #nextInTurn(waiting: readonly Neighbour[]): { readonly neighbour: Neighbour; readonly index: number } | undefined {
    let best: { readonly neighbour: Neighbour; readonly index: number; readonly rank: number; readonly turn: number } | undefined;
    for (let i = 0; i < waiting.length; i++) {
      const turn = (i + this.#turn) % waiting.length;
      const neighbour = waiting[turn] as Neighbour;
      if (neighbour.bufferedBytes >= SEND_HIGH_WATER_BYTES) continue;
      for (let index = 0; index < neighbour.uploads.length; index++) {
        const item = neighbour.uploads[index] as QueuedUpload;
        const rank = item.segment.rarity(item.chunk) < RARE ? 0 : item.urgent ? 1 : 2;
        if (best === undefined || rank < best.rank) best = { neighbour, index, rank, turn };
        if (rank === 0) break;
      }
      if (best?.rank === 0) break;
    }
    if (best !== undefined) this.#turn = best.turn + 1;
    return best;
  }

  #unchoked(): Set<PeerId> {
    return new Set([...this.#state.neighbours.values()].filter((n) => n.handshaken && !n.choked).map((n) => n.peer));
  }

  #setChoked(neighbour: Neighbour, choked: boolean): void {
    if (neighbour.choked === choked) return;
    neighbour.choked = choked;
    this.#state.send(neighbour.peer, { type: choked ? "CHOKE" : "UNCHOKE" });
    if (!choked || neighbour.uploads.length === 0) return;
    const runs = toRuns(neighbour.uploads);
    neighbour.uploads = [];
    this.#state.send(neighbour.peer, { type: "REJECT", runs: runs.slice(0, MAX_RUNS) });
  }
}
