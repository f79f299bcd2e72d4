import type { Fitness, TrackViewer } from "./track-viewer.js";

/**
 * What a seat costs its viewer, in seats: having one more to do is 1, and so is each other one on its network, which may fail
 * as a whole. A young viewer takes over only from one that has three or so. The rest is in order: rather two of a slice on one
 * network than one that was not heard of, rather that than a slow one, rather that than one that has lost a seat.
 */
const UNFIT_COST: Readonly<Record<Fitness, number>> = { 0: 0, 1: 2, 2: 1_000, 3: 2_000 };
const SAME_SLICE_COST = 100;
const UNHEARD_COST = 400;
/** Members report every interval; one that is half an interval late has a sleeping tab or no line. */
const UNHEARD_INTERVALS = 1.5;

/** From this audience on, a few viewers always miss something that is their own fault, so more must agree. */
const LARGE_AUDIENCE = 100;

/** Who is best for a seat, and what it takes to lose one. */
export class SeatPolicy {
  constructor(private readonly statIntervalMs: number) {}

  /** `sameSlice`, `sameTrack`: other seats held from the viewer's network, of the same slice and of others. */
  cost(viewer: TrackViewer, at: { isHolder: boolean; sameSlice: number; sameTrack: number }, nowMs: number): number {
    const { member } = viewer;
    // a young holder gets older where it is; moving its seat would gain nothing
    const unfit = at.isHolder && viewer.rank === 1 ? 0 : UNFIT_COST[viewer.rank as Fitness];
    const unheard = nowMs - member.heardMs > UNHEARD_INTERVALS * this.statIntervalMs ? UNHEARD_COST : 0;
    const others = member.seats - (at.isHolder ? 1 : 0);
    return unfit + unheard + SAME_SLICE_COST * at.sameSlice + at.sameTrack + others;
  }

  /**
   * One liar moves nothing where there are two others to ask, nor does one network with many peers where there are two
   * networks. `others` do not hold the slice; `networks` are theirs.
   */
  reportsNeeded({ audience, others, networks }: { audience: number; others: number; networks: number }): { peers: number; networks: number } {
    const peers = Math.max(1, Math.min(others, audience < LARGE_AUDIENCE ? 2 : 4));
    return { peers, networks: Math.min(2, peers, networks) };
  }
}
