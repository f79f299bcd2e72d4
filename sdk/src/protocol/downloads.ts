import type { Witnesses } from "./belief.js";
import { MAX_PIPELINE, RETURN, START_PIPELINE } from "./config.js";
import type { ChunkRun } from "./message.js";
import { type Neighbour, type OutstandingRequest, SILENT_AFTER } from "./neighbour.js";
import { type Candidate, candidates, pickChunks, pickEndgame, type Pick } from "./picker.js";
import { CHUNK_BYTES, type SegmentRef } from "./segment.js";
import type { EngineState } from "./state.js";
import { Chunk, type StoredSegment } from "./stored-segment.js";

/** Prefetch from the low window never takes more of a neighbour's pipeline than this. */
const LOW_PIPELINE = 2;
/** A silent neighbour is tried again after this long. */
const PROBE_AFTER_MS = 8_000;
/** A tab that renders video may take this long to get to a message: measured between tabs on two busy cores. */
const TURNAROUND_MS = 500;
/** In live neighbours tell of new chunks several times a second: one that neither answers nor says anything for this long has gone, whatever the connection says. */
const LOST_MS = 1_500;
/** Prefetch goes on when no deadline has been near for so long. */
const PREFETCH_PAUSE_MS = 1_000;
/** A deadline this near makes slow requests worth doubling. */
const ENDGAME_S = 3;
/** A request younger than this is left where it is. */
const MOVE_AFTER_MS = 300;

/** Requests to neighbours: several neighbours a segment, each at its measured rate (PS2), timed out by RTT and rate (QQ4). */
export class Downloads {
  readonly #state: EngineState;
  readonly #integrity: Witnesses;
  readonly #offset: number;
  #list: Candidate[] = [];
  #listMs = -Infinity;
  #prefetchFromMs = -Infinity;
  #expiredMs = -Infinity;
  /** Where some chunks come by push. */
  push: { expected(segment: StoredSegment, nowMs: number): Candidate["isPushed"]; isFlowing(segment: StoredSegment, chunk: number, nowMs: number): boolean; spare(picks: readonly Pick[], source: Neighbour): void } | undefined;

  constructor(state: EngineState, integrity: Witnesses) {
    this.#state = state;
    this.#integrity = integrity;
    this.#offset = state.random.below(65_536);
  }

  /** The order of segments is worked out anew at the next fill. */
  reorder(): void {
    this.#listMs = -Infinity;
  }

  /** Tops up every neighbour's pipeline, the fastest first, so that it gets the most urgent chunks. */
  fillAll(nowMs: number): void {
    const list = [...this.#state.neighbours.values()].filter((n) => n.usable);
    list.sort((a, b) => b.rate.bps() - a.rate.bps() || (a.peer < b.peer ? -1 : 1));
    for (const n of list) this.fill(n, nowMs);
    for (const n of list) {
      const isBusy = n.timeoutsInARow > 0 || n.outstanding.some((r) => this.#state.wanted.has(r.segment));
      if (!isBusy) this.#request(n, this.#relieve(n, nowMs), nowMs);
    }
  }

  /** A deadline is near: what may come later must not be in its way on the viewer's own line. */
  hurry(nowMs: number): void {
    // In live all that is asked for is needed within seconds, and would be asked for again.
    if (nowMs >= this.#prefetchFromMs) this.cancel((r) => !this.#state.wanted.has(r.segment) && !this.#state.store.isLive(r.segment));
    this.#prefetchFromMs = nowMs + PREFETCH_PAUSE_MS;
  }

  fill(neighbour: Neighbour, nowMs: number): void {
    if (!neighbour.usable) return;
    const depth = this.depth(neighbour);
    const room = depth - neighbour.outstanding.length;
    // Half empty before it is topped up: requests travel in runs, and a message has 100 bytes of overhead.
    if (room < depth / 2) return;
    if (nowMs - this.#listMs > 100) {
      this.#list = candidates(this.#state, nowMs);
      const { push } = this;
      if (push !== undefined) for (const c of this.#list) c.isPushed = push.expected(c.segment, nowMs);
      this.#listMs = nowMs;
    }
    const list = nowMs < this.#prefetchFromMs ? this.#list.filter((c) => this.#state.wanted.has(c.segment)) : this.#list;
    let picks = pickChunks(neighbour, list, { count: room, lowCount: Math.max(0, LOW_PIPELINE - neighbour.outstanding.length), offset: this.#offset });
    if (picks.length === 0 && neighbour.outstanding.length === 0)
      picks = pickEndgame(neighbour, list, { count: START_PIPELINE / 2, isSlow: (s, c) => this.#isSlow(s, c, nowMs) });
    this.#request(neighbour, picks, nowMs);
  }

  /** Requests that keep the path busy: its round trip and the time a busy tab takes to answer, at the measured rate. */
  depth(neighbour: Neighbour): number {
    if (neighbour.timeoutsInARow > 0) return 2;
    const chunksPerMs = neighbour.rate.bps() / 8_000 / CHUNK_BYTES;
    if (chunksPerMs === 0) return START_PIPELINE;
    return Math.max(2, Math.min(MAX_PIPELINE, Math.ceil(chunksPerMs * (neighbour.roundTrip.minMs + TURNAROUND_MS))));
  }

  /** DATA has come: true when it was asked for (or may still come late), false when nobody asked. `isPushed`: this neighbour need not be asked. */
  answered(neighbour: Neighbour, { segment, chunk, bytes, isPushed }: { segment: StoredSegment; chunk: number; bytes: number; isPushed: boolean }, nowMs: number): boolean {
    const index = neighbour.outstanding.findIndex((r) => r.chunk === chunk && r.segment === segment);
    if (index < 0) {
      // What is pushed uses up no leave of what was taken back: that may come when nothing is pushed any more.
      if (!isPushed) {
        if (neighbour.lateAllowed <= 0) return false;
        neighbour.lateAllowed--;
      }
      neighbour.timeoutsInARow = 0;
      return true;
    }
    // Request and push may have passed each other: the same comes again.
    if (isPushed) allowLate(neighbour, 1);
    const [request] = neighbour.outstanding.splice(index, 1) as [OutstandingRequest];
    segment.countRequest(chunk, -1);
    neighbour.roundTrip.sample(nowMs - request.sentMs);
    neighbour.rate.sample(bytes, nowMs - neighbour.waitingSinceMs);
    neighbour.waitingSinceMs = nowMs;
    neighbour.timeoutsInARow = 0;
    return true;
  }

  /** REJECT: the chunk has to come from elsewhere. */
  rejected(neighbour: Neighbour, run: ChunkRun): void {
    release(neighbour, neighbour.outstanding.filter((r) => r.segment.ref.id === run.segment.id && r.chunk >= run.first && r.chunk < run.first + run.count));
  }

  /** Takes requests back, telling the neighbour. */
  cancel(matches: (request: OutstandingRequest, neighbour: Neighbour) => boolean): void {
    for (const n of this.#state.neighbours.values()) this.#withdraw(n, n.outstanding.filter((r) => matches(r, n)));
  }

  /** Without telling: the neighbour is gone or has choked us. */
  abandon(neighbour: Neighbour): void {
    neighbour.lateAllowed += neighbour.outstanding.length;
    release(neighbour, neighbour.outstanding);
  }

  /** Requests that have timed out go elsewhere, and their neighbour is asked for less. */
  expire(nowMs: number): void {
    // Who was held up himself has heard nobody.
    const isAwake = nowMs - this.#expiredMs < LOST_MS / 2;
    this.#expiredMs = nowMs;
    for (const neighbour of this.#state.neighbours.values()) {
      const oldest = neighbour.outstanding[0];
      if (isAwake && oldest !== undefined && nowMs - Math.max(neighbour.heardMs, oldest.sentMs) > LOST_MS && this.#state.store.isLive(oldest.segment)) {
        neighbour.isLost = true;
        this.#withdraw(neighbour, neighbour.outstanding);
      }
      // A neighbour that has gone silent gets another chance with two requests.
      if (neighbour.timeoutsInARow >= SILENT_AFTER && nowMs - neighbour.waitingSinceMs > PROBE_AFTER_MS) neighbour.timeoutsInARow = SILENT_AFTER - 1;
      // DATA that keeps coming is the proof that the rest is on its way.
      if (nowMs - neighbour.waitingSinceMs < neighbour.roundTrip.timeoutMs / 2) continue;
      const late = neighbour.outstanding.filter((r) => r.dueMs <= nowMs);
      if (late.length === 0) continue;
      neighbour.timeoutsInARow++;
      neighbour.roundTrip.timedOut();
      this.#withdraw(neighbour, late);
    }
  }

  /** Bytes per second that neighbours can bring of the chunks of `segment` that are missing; 0 when one of them has no source. */
  rateForBps(segment: StoredSegment, nowMs: number): number {
    const sources = new Set<Neighbour>();
    for (let i = 0; i < segment.chunks; i++) {
      if (segment.state[i] !== Chunk.missing || segment.fetching[i] !== 0) continue;
      let found = false;
      for (const n of this.#state.neighbours.values())
        if (n.usable && n.holds(segment, i)) {
          sources.add(n);
          found = true;
        }
      if (!found) return 0;
    }
    let bps = 0;
    for (const n of sources) bps += n.rateBps(nowMs);
    return bps;
  }

  #request(neighbour: Neighbour, picks: readonly Pick[], nowMs: number): void {
    if (picks.length === 0) return;
    if (neighbour.outstanding.length === 0) neighbour.waitingSinceMs = nowMs;
    const dueMs = nowMs + neighbour.roundTrip.timeoutMs;
    // What a live viewer with nothing to give is given first it passes on at once, while others' uplinks are full. Not of one who has had too little back: there this viewer counts as one who only takes.
    const isIdle = RETURN * neighbour.uploadedBytes >= neighbour.downloadedBytes && !this.#state.some((n) => n.uploads.length > 0);
    for (const pick of picks) {
      pick.urgent ||= isIdle && this.#state.store.isLive(pick.segment);
      neighbour.outstanding.push({ ...pick, sentMs: nowMs, dueMs });
      pick.segment.countRequest(pick.chunk, 1);
    }
    this.push?.spare(picks, neighbour);
    for (const urgent of [true, false]) {
      const runs = toRuns(picks.filter((p) => p.urgent === urgent));
      if (runs.length > 0) this.#state.send(neighbour.peer, { type: "REQUEST", runs, urgent });
      for (const { segment: ref, first, count } of runs) {
        const segment = this.#state.store.get(ref);
        if (segment !== undefined) this.#integrity.ask({ segment, first, count }, neighbour, nowMs);
      }
    }
  }

  #withdraw(neighbour: Neighbour, requests: readonly OutstandingRequest[]): void {
    if (requests.length === 0) return;
    release(neighbour, requests);
    allowLate(neighbour, requests.length);
    this.#state.send(neighbour.peer, { type: "CANCEL", runs: toRuns(requests) });
  }

  /**
   * Requests that wait at slower neighbours while this one has nothing to do, or nothing that the player waits for: they are taken
   * back there and made here. What is expected to be on its way already stays.
   */
  #relieve(idle: Neighbour, nowMs: number): Pick[] {
    const picks: Pick[] = [];
    const room = this.depth(idle);
    const idleMs = Math.max(MOVE_AFTER_MS, 2 * idle.roundTrip.srttMs);
    if (idle.rate.bps() === 0) return picks;
    const isPrefetching = idle.outstanding.length > 0;
    for (const slow of this.#state.neighbours.values()) {
      if (slow === idle) continue;
      this.#withdraw(slow, slow.outstanding.filter((r, i) => {
        const { segment, chunk, urgent, sentMs } = r;
        if (picks.length >= room || nowMs - sentMs <= MOVE_AFTER_MS || segment.requested[chunk] !== 1 || !idle.holds(segment, chunk)) return false;
        if (isPrefetching && !this.#state.wanted.has(segment)) return false;
        const leftMs = slow.expectedMs(r) - nowMs;
        const leftS = this.#state.timeLeftS(segment.startS, nowMs);
        const isDue = leftS < ENDGAME_S && leftS > -segment.durationS;
        // The first one has most likely left: only when it is overdue, and long overdue where there is time. Simulated: less patience brings duplicates.
        if ((i === 0 || leftMs <= 4 * idleMs) && leftMs >= (isDue ? -1 : -6) * idleMs) return false;
        if (isDue) this.#state.rescuedMs = nowMs;
        return picks.push({ segment, chunk, urgent: isDue || urgent }) > 0;
      }));
    }
    return picks;
  }

  /** So slow that somebody else is to be asked too. */
  #isSlow(segment: StoredSegment, chunk: number, nowMs: number): boolean {
    if (this.#state.timeLeftS(segment.startS, nowMs) > ENDGAME_S) return false;
    for (const n of this.#state.neighbours.values())
      for (const r of n.outstanding)
        if (r.segment === segment && r.chunk === chunk) return nowMs - r.sentMs > 2 * Math.max(50, n.roundTrip.srttMs);
    return false;
  }
}

/** They wait at the neighbour no longer. */
function release(neighbour: Neighbour, requests: readonly OutstandingRequest[]): void {
  for (const { segment, chunk } of requests) segment.countRequest(chunk, -1);
  neighbour.outstanding = neighbour.outstanding.filter((r) => !requests.includes(r));
}

/** So many more chunks may come from it that nobody waits for any longer. */
export function allowLate(neighbour: Neighbour, chunks: number): void {
  neighbour.lateAllowed = Math.min(2 * MAX_PIPELINE, neighbour.lateAllowed + chunks);
}

/** Consecutive chunks of one segment become one run. */
export function toRuns(picks: readonly { readonly segment: StoredSegment; readonly chunk: number }[]): ChunkRun[] {
  const sorted = [...picks].sort((a, b) => (a.segment === b.segment ? a.chunk - b.chunk : a.segment.ref.id < b.segment.ref.id ? -1 : 1));
  const runs: { segment: SegmentRef; first: number; count: number }[] = [];
  for (const { segment: { ref: segment }, chunk } of sorted) {
    const last = runs.at(-1);
    if (last !== undefined && last.segment.id === segment.id && last.first + last.count === chunk) last.count++;
    else runs.push({ segment, first: chunk, count: 1 });
  }
  return runs;
}
