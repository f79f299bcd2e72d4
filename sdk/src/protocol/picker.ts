import { HIGH_WINDOW_S, LOW_WINDOW_S, MID_WINDOW_S } from "./config.js";
import type { Neighbour } from "./neighbour.js";
import type { EngineState } from "./state.js";
import { Chunk, type StoredSegment } from "./stored-segment.js";

export type Priority = "high" | "mid" | "low";

export interface Candidate {
  readonly segment: StoredSegment;
  readonly priority: Priority;
  readonly live: boolean;
  /** Whether a chunk is not asked for because it is on its way by push. */
  isPushed?: ((chunk: number) => boolean) | undefined;
}

export interface Pick {
  readonly segment: StoredSegment;
  readonly chunk: number;
  /** In the high window, or wanted at once for another reason. */
  urgent: boolean;
}

/** In live everything is near the playhead; strictly in order, new segments would spread last. Simulated: 6 s beats 4 and 8. */
const LIVE_HIGH_WINDOW_S = 6;
/** A chunk that at most so many neighbours hold is new to the swarm. */
const NEW_HOLDERS = 4;
/** Share of the store that may lie ahead of the playhead. */
const PREFETCH_SHARE = 0.75;

/**
 * Tribler's piece picker for video (SYSTEMS TR1): by distance to the playhead a high window in strict order, then a mid and a
 * low one, rarest first. What the player waits for counts as high wherever it lies, and the later windows begin behind it.
 */
export function candidates(state: EngineState, nowMs: number): Candidate[] {
  const positionS = state.positionS(nowMs);
  const found: Candidate[] = [];
  const add = (segment: StoredSegment, priority: Priority, live: boolean): void => {
    if (!segment.complete && !found.some((c) => c.segment === segment)) found.push({ segment, priority, live });
  };
  for (const segment of state.wanted) {
    const isLive = state.store.isLive(segment);
    add(segment, isLive && segment.startS - positionS > LIVE_HIGH_WINDOW_S ? "mid" : "high", isLive);
  }
  let aheadBytes = 0;
  for (const track of state.activeTracks()) {
    const hookIn = state.hookIn(track);
    // A player that loads far ahead will go on from there.
    let frontS = positionS;
    for (const segment of state.wanted) if (segment.ref.track === track.id) frontS = Math.max(frontS, segment.startS);
    for (const segment of [...track.segments, ...track.foreseen]) {
      const isHigh = segment.startS - positionS <= (track.live ? LIVE_HIGH_WINDOW_S : HIGH_WINDOW_S);
      const aheadS = segment.startS - frontS;
      if (segment.endS <= positionS || segment.ref.sequence < hookIn) continue;
      if (aheadS > HIGH_WINDOW_S + MID_WINDOW_S + LOW_WINDOW_S) break;
      // What does not fit would push out what is needed sooner, and be fetched again.
      aheadBytes += segment.heldBytes;
      if (aheadBytes > state.store.limitBytes * PREFETCH_SHARE && !isHigh) break;
      add(segment, isHigh ? "high" : aheadS <= HIGH_WINDOW_S + MID_WINDOW_S ? "mid" : "low", track.live);
    }
  }
  const order = { high: 0, mid: 1, low: 2 };
  // Sound is worth more than picture, and costs less (ES5).
  const kind = { audio: 0, main: 1, subtitle: 2 };
  return found.sort(
    (a, b) => order[a.priority] - order[b.priority] || a.segment.startS - b.segment.startS || kind[a.segment.kind] - kind[b.segment.kind],
  );
}

/** The next chunks to ask `neighbour` for, at most `count`, best first. */
export function pickChunks(neighbour: Neighbour, all: readonly Candidate[], options: { count: number; lowCount: number; offset: number }): Pick[] {
  // Most neighbours have nothing to offer most of the time: that is found out before anything else is made.
  const list = all.filter(({ segment }) => segment.open.some((chunk) => neighbour.holds(segment, chunk)));
  const picks = pickNew(neighbour, list, options);
  /** By how many hold them. No more of each is kept than there is room for. */
  const rare: Pick[][] = [];
  let gathered: Priority | undefined;
  const takeRarest = (): void => {
    const most = gathered === "low" ? Math.min(options.count, picks.length + options.lowCount) : options.count;
    for (const pick of rare.flat()) if (picks.length < most) picks.push(pick);
    rare.length = 0;
  };
  for (const candidate of list) {
    const { segment, priority } = candidate;
    if (picks.length >= options.count) return picks;
    if (priority !== "high" && gathered !== priority) {
      takeRarest();
      gathered = priority;
    }
    const isHigh = priority === "high";
    const isEnough = takesOffered(neighbour, candidate, isHigh ? 0 : options.offset, (chunk) => {
      if (picks.some((p) => p.chunk === chunk && p.segment === segment)) return false;
      if (isHigh) return picks.push({ segment, chunk, urgent: true }) >= options.count;
      const some = (rare[segment.rarity(chunk)] ??= []);
      if (some.length < options.count) some.push({ segment, chunk, urgent: false });
      return false;
    });
    if (isEnough) return picks;
  }
  takeRarest();
  return picks;
}

/**
 * A live segment that has just come into the swarm: chunks that hardly any neighbour holds yet take up to half of the room, before
 * what is more urgent. Few uplinks can help with them, and until they are spread most uplinks have nothing to give. Simulated: without it
 * segments spread one after the other, each with idle uplinks at its beginning.
 */
function pickNew(neighbour: Neighbour, list: readonly Candidate[], options: { count: number; offset: number }): Pick[] {
  const picks: Pick[] = [];
  const most = Math.ceil(options.count / 2);
  for (let c = list.length - 1; c >= 0; c--) {
    const candidate = list[c] as Candidate;
    const { segment, priority, live } = candidate;
    if (!live || priority !== "mid") continue;
    const isEnough = takesOffered(neighbour, candidate, options.offset, (chunk) => {
      if (segment.rarity(chunk) <= NEW_HOLDERS) picks.push({ segment, chunk, urgent: false });
      return picks.length >= most;
    });
    if (isEnough) break;
  }
  return picks;
}

/**
 * Open chunks of a segment that the neighbour holds and nobody is about to push, until `take` says that it has enough; whether it did. From the
 * `offset`th chunk on: in the rarest-first windows every peer starts elsewhere, so that equally rare chunks spread.
 */
function takesOffered(neighbour: Neighbour, { segment, isPushed }: Candidate, offset: number, take: (chunk: number) => boolean): boolean {
  const { open, chunks } = segment;
  const start = Math.max(0, open.findIndex((chunk) => chunk >= offset % chunks));
  for (let i = 0; i < open.length; i++) {
    const chunk = open[(start + i) % open.length] as number;
    if (neighbour.holds(segment, chunk) && isPushed?.(chunk) !== true && take(chunk)) return true;
  }
  return false;
}

/**
 * End-game: chunks that others have been asked for and that are slow in coming, while the deadline nears. At most two requests
 * a chunk, so that a lost neighbour costs little and nothing is flooded.
 */
export function pickEndgame(neighbour: Neighbour, list: readonly Candidate[], options: { count: number; isSlow: (segment: StoredSegment, chunk: number) => boolean }): Pick[] {
  const picks: Pick[] = [];
  for (const { segment, priority } of list) {
    if (priority !== "high") break;
    // Only where the origin, the other way to have a slow chunk in time, has failed.
    if (segment.originFailures === 0) continue;
    const { state, requested } = segment;
    for (let chunk = 0; chunk < segment.chunks && picks.length < options.count; chunk++) {
      if (state[chunk] === Chunk.missing && requested[chunk] === 1 && neighbour.holds(segment, chunk) && options.isSlow(segment, chunk))
        picks.push({ segment, chunk, urgent: true });
    }
  }
  return picks;
}
