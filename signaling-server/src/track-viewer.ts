import type { LiveTrack } from "./live-track.js";
import type { Member } from "./member.js";
import type { Pooled } from "./ranked-pool.js";

/** How fit a viewer is to hold a seat: 0 fit, 1 young, 2 slow, 3 it has lost one lately. */
export type Fitness = 0 | 1 | 2 | 3;
export const FITNESSES = 4;

/** Most who leave soon leave sooner: a viewer in its first ten seconds is often one who only looks in. A first STAT_REPORT may come a little early. */
const YOUNG_MS = 9_000;
/** A seat is of use when its slice goes out at least twice while it is live: two quarters of a 4 Mb/s stream. */
const SLOW_UPLINK_BPS = 2_000_000;

/** How long a segment may take that nothing is known of. */
const RHYTHM_MS = 8_000;

/** A member as a viewer of one live track. */
export class TrackViewer implements Pooled {
  rank = 0;
  index = -1;
  /** Where the track has counted it. */
  network: string;
  /** Those it has a seat of. */
  readonly slices = new Set<number>();
  #takenSequence = -1;
  #takenMs = -Infinity;
  #rhythmMs = RHYTHM_MS;

  constructor(
    readonly member: Member,
    readonly track: LiveTrack,
    readonly sinceMs: number,
  ) {
    this.network = member.network;
  }

  /** When it last said that it has taken its slices of one more segment. */
  get takenMs(): number {
    return this.#takenMs;
  }

  /** How long it is from one such word to the next: the longest of late, so that one that came early makes none late. */
  get rhythmMs(): number {
    return this.#rhythmMs;
  }

  /** It has its first seat. */
  begin(): void {
    this.#takenSequence = -1;
    this.#takenMs = -Infinity;
    this.#rhythmMs = RHYTHM_MS;
  }

  took(sequence: number, nowMs: number): void {
    if (sequence <= this.#takenSequence) return;
    this.#takenSequence = sequence;
    const gapMs = nowMs - this.#takenMs;
    if (gapMs < Infinity) this.#rhythmMs = Math.max(gapMs, (this.#rhythmMs + gapMs) / 2);
    this.#takenMs = nowMs;
  }

  /** Undefined when it may hold none: it does not serve, will not (its tab sleeps), has fallen silent or is an outcast. */
  fitness(nowMs: number): Fitness | undefined {
    const { serves, willing, silent, isOutcast, uplinkBps, barredUntilMs, joinedMs } = this.member;
    if (!serves || !willing || silent || isOutcast) return undefined;
    if (nowMs < barredUntilMs) return 3;
    if (uplinkBps !== null && uplinkBps < SLOW_UPLINK_BPS) return 2;
    return nowMs - joinedMs < YOUNG_MS ? 1 : 0;
  }
}
