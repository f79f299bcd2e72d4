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

/** A member as a viewer of one live track. */
export class TrackViewer implements Pooled {
  rank = 0;
  index = -1;
  /** Where the track has counted it. */
  network: string;
  /** The last segment it said that it has taken its slices of. */
  takenSequence = -1;
  /** Those it has a seat of. */
  readonly slices = new Set<number>();

  constructor(
    readonly member: Member,
    readonly track: LiveTrack,
    readonly sinceMs: number,
  ) {
    this.network = member.network;
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
