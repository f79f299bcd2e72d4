import { Audience } from "./audience.js";
import { RankedPool } from "./ranked-pool.js";
import { SeatPolicy } from "./seat-policy.js";
import { type Seat, SliceSeats } from "./slice-seats.js";
import { FITNESSES, type TrackViewer } from "./track-viewer.js";

/** Contiguous slices that a segment is cut into; the SDK's number too. */
export const SLICES = 4;

/** From this audience on, two viewers take each slice: one that fails would keep many waiting. A copy less below the second, so that c does not flap. */
const SECOND_COPY_FROM = 30;
const SECOND_COPY_UNTIL = 20;
/** Candidates looked at for a seat: enough to find a good one, and chance keeps the oldest viewer from having it for ever. */
const CANDIDATES = 8;
/** The same where a holder has vanished: of eight half of whom have vanished with it, the one heard of last may be one of those. */
const HEIRS = 64;
/** A viewer waits this long for a slice before it reports it missing. */
const PATIENCE_MS = 5_000;
/** Reports that come this soon after a seat of the slice was given are about those before: one more segment, and the patience. */
const SETTLE_MS = 10_000;
/** Holders of seats take what is theirs within this long of each other, also where one's playlist comes from another cache. */
const GRACE_MS = 2_000;

/** How long a viewer that lost a seat through reports comes last. */
const BARRED_MS = 60_000;

/**
 * Those who come first are neighbours of each other: what all their seats bring would go round among them before it reaches the
 * rest. So seats are drawn anew when there are that many times as many fit viewers as when they were given.
 */
const OUTGROWN = 2;
/** Among so few everybody is everybody's neighbour anyway. */
const FEW = 16;

/** What tracks of all swarms share. */
export interface SeatHall {
  readonly random: () => number;
  readonly policy: SeatPolicy;
  /** Its seats, or the number of copies, are no longer what it was told. */
  readonly changed: (viewer: TrackViewer) => void;
}

/**
 * Who plays one live track, and who of them takes which slice of each new segment from the origin. Each slice has
 * {@link copies} holders, always. Nothing here costs more than O(slices x copies x candidates), all constants.
 */
export class LiveTrack {
  readonly #pool = new RankedPool<TrackViewer>(FITNESSES);
  readonly #slices = Array.from({ length: SLICES }, (_, slice) => new SliceSeats(slice));
  readonly #audience = new Audience();
  #wantedCopies = 1;
  #toldCopies = 0;

  constructor(
    readonly id: number,
    private readonly hall: SeatHall,
  ) {}

  /** Viewers, those that hold no seats included. */
  get audience(): number {
    return this.#audience.size;
  }

  /** How many take each slice. 0: nobody may, so viewers are on their own. */
  get copies(): number {
    return Math.min(this.#wantedCopies, this.#pool.size);
  }

  seatsOf(viewer: TrackViewer): { slice: number; copy: number }[] {
    return [...viewer.slices].sort((a, b) => a - b).map((slice) => ({ slice, copy: this.#slice(slice).copyOf(viewer) }));
  }

  add(viewer: TrackViewer, nowMs: number): void {
    this.#audience.add(viewer);
    this.update(viewer, nowMs);
  }

  remove(viewer: TrackViewer, nowMs: number): void {
    this.#audience.remove(viewer);
    this.#expel(viewer);
    this.#settle(nowMs);
  }

  /** To be called when it reports, and when something that {@link TrackViewer.fitness} looks at has changed. */
  update(viewer: TrackViewer, nowMs: number): void {
    this.#reclaim(nowMs);
    this.#audience.update(viewer);
    const fitness = viewer.fitness(nowMs);
    if (fitness === undefined) this.#expel(viewer);
    else this.#pool.place(viewer, fitness);
    this.#settle(nowMs);
    this.#redraw(nowMs);
    // 3: it would take back at once what it has just lost
    if (fitness !== undefined && fitness < 3) this.#relieve(viewer, nowMs);
  }

  /** `viewer` waits for a slice in vain. Returns who has lost its seat over that. */
  report(viewer: TrackViewer, { slice, sequence }: { slice: number; sequence: number }, nowMs: number): TrackViewer | undefined {
    const seats = this.#slice(slice);
    const { grantedMs, senior } = seats;
    if (grantedMs === undefined || senior === undefined || nowMs - grantedMs < SETTLE_MS || nowMs - viewer.sinceMs < PATIENCE_MS) return undefined;
    // a holder that waits itself says that it cannot do its part, and nobody else has to confirm that
    if (viewer.slices.has(slice)) return this.#unseat(viewer, seats, nowMs);
    const said = seats.evidence.add({ peer: viewer.member.peer, network: viewer.network, sequence, atMs: nowMs });
    const needed = this.hall.policy.reportsNeeded({ audience: this.audience, others: this.audience - seats.count, networks: this.#audience.networksBut(seats.holders) });
    if (said.peers < needed.peers || said.networks < needed.networks) return undefined;
    // Of two holders neither has delivered. One good holder is enough, so the senior goes, and the other next time.
    return this.#unseat(senior, seats, nowMs);
  }

  /** A holder has taken its slices of a segment: who should have by now moves on. */
  taken(viewer: TrackViewer, sequence: number, nowMs: number): void {
    this.#reclaim(nowMs);
    viewer.took(sequence, nowMs);
  }

  /** Throws when seats are not as promised. For tests and simulation. */
  assertConsistent(): void {
    const eligible = new Set(this.#pool.consistentItems());
    if (eligible.size !== this.#pool.size) throw new Error(`track ${this.id}: a viewer is pooled twice`);
    if (this.#toldCopies !== this.copies) throw new Error(`track ${this.id}: ${this.copies} copies, ${this.#toldCopies} told`);
    this.#audience.assertConsistent();
    for (const seats of this.#slices) {
      if (seats.count !== this.copies || new Set(seats.holders).size !== seats.count) throw new Error(`track ${this.id}: slice ${seats.slice} has ${seats.count} holders, not ${this.copies}`);
      for (const holder of seats.holders) {
        if (!eligible.has(holder) || !holder.slices.has(seats.slice)) throw new Error(`track ${this.id}: ${holder.member.peer} must not hold slice ${seats.slice}`);
      }
    }
  }

  /**
   * Who is later than it was of late, while others go on, is gone, whatever its connection says, or its tab sleeps. Whoever was heard of last takes over:
   * when many have left at once, that one has not. No word of others makes a holder late that keeps its own time. Simulated (`half-leave`, 300 viewers): where both
   * holders of a slice had left, two segments came late to everybody.
   */
  #reclaim(nowMs: number): void {
    const holders = new Set(this.#slices.flatMap((seats) => seats.holders));
    const usualMs = Math.max(0, ...[...holders].map(({ rhythmMs = 0 }) => rhythmMs));
    const isGone = ({ viewer, sinceMs }: Seat): boolean => {
      const at = { sinceMs, usualMs, graceMs: GRACE_MS, nowMs };
      return viewer.overdueMs(at) >= GRACE_MS && [...holders].some((other) => viewer.isOutpacedBy(other, at));
    };
    const vacant = this.#slices.flatMap((seats) => seats.list.filter(isGone).map(({ viewer }) => ({ seats, viewer })));
    if (vacant.length === 0) return;
    const gone = new Set(vacant.map(({ viewer }) => viewer));
    for (const { seats, viewer } of vacant) {
      const next = this.#choose(seats, nowMs, { of: HEIRS, but: gone, best: ({ member }) => member.heardMs });
      if (next !== undefined) this.#move(seats, viewer, next, nowMs);
    }
  }

  /** Takes seats away that are too many and fills those that are empty. */
  #settle(nowMs: number): void {
    this.#wantedCopies = this.audience >= (this.#wantedCopies === 2 ? SECOND_COPY_UNTIL : SECOND_COPY_FROM) ? 2 : 1;
    const { copies } = this;
    for (const seats of this.#slices) {
      for (const holder of seats.holders.slice(copies)) this.#revoke(holder, seats);
      while (seats.count < copies) this.#grant(this.#choose(seats, nowMs), seats, nowMs);
    }
    if (this.#toldCopies === copies) return;
    this.#toldCopies = copies;
    for (const seats of this.#slices) seats.holders.forEach(this.hall.changed);
  }

  /** `viewer` takes seats whose holders have too many, share a network, are slow, or have not been heard of for long. */
  #relieve(viewer: TrackViewer, nowMs: number): void {
    for (let moved = 0; moved < SLICES; moved += 1) {
      let worst: { seats: SliceSeats; holder: TrackViewer; gain: number } | undefined;
      for (const seats of this.#slices) {
        if (viewer.slices.has(seats.slice)) continue;
        for (const holder of seats.holders) {
          const gain = this.#cost(holder, seats, holder, nowMs) - this.#cost(viewer, seats, holder, nowMs);
          if (gain > (worst?.gain ?? 0)) worst = { seats, holder, gain };
        }
      }
      if (worst === undefined) return;
      this.#move(worst.seats, worst.holder, viewer, nowMs);
    }
  }

  /** Seats given when there were few to choose from. */
  #redraw(nowMs: number): void {
    const fit = this.#pool.sizeOf(0);
    for (const seats of this.#slices) {
      const holder = seats.holders.find((h) => fit >= OUTGROWN * Math.max(FEW, seats.fitAtGrant(h)));
      if (holder === undefined) continue;
      const next = this.#choose(seats, nowMs);
      if (next === undefined || this.#cost(next, seats, holder, nowMs) > this.#cost(holder, seats, holder, nowMs)) continue;
      this.#move(seats, holder, next, nowMs);
    }
  }

  #unseat(holder: TrackViewer, seats: SliceSeats, nowMs: number): TrackViewer | undefined {
    const next = this.#choose(seats, nowMs);
    // with nobody to take over, a doubtful holder is better than none
    if (next === undefined) return undefined;
    holder.member.barredUntilMs = nowMs + BARRED_MS;
    this.#move(seats, holder, next, nowMs);
    return holder;
  }

  /** The best of some random candidates that do not hold this slice; of equals the one `best` rates highest. Age does not count: those who came at one time are neighbours. */
  #choose(seats: SliceSeats, nowMs: number, { of = CANDIDATES, but, best = speed }: { of?: number; but?: ReadonlySet<TrackViewer>; best?: (viewer: TrackViewer) => number } = {}): TrackViewer | undefined {
    const candidates = this.#pool.sample(of, (viewer) => !viewer.slices.has(seats.slice) && but?.has(viewer) !== true, this.hall.random);
    const costs = new Map(candidates.map((viewer) => [viewer, this.#cost(viewer, seats, undefined, nowMs)]));
    return candidates.sort((a, b) => (costs.get(a) ?? 0) - (costs.get(b) ?? 0) || best(b) - best(a))[0];
  }

  /** Of `viewer` in a seat that is empty, or is `inPlaceOf` somebody's. */
  #cost(viewer: TrackViewer, seats: SliceSeats, inPlaceOf: TrackViewer | undefined, nowMs: number): number {
    let sameSlice = 0;
    let sameTrack = 0;
    for (const other of this.#slices) {
      for (const holder of other.holders) {
        if (holder.network !== viewer.network || (other === seats && holder === inPlaceOf)) continue;
        if (other === seats) sameSlice += 1;
        else sameTrack += 1;
      }
    }
    return this.hall.policy.cost(viewer, { isHolder: viewer === inPlaceOf, sameSlice, sameTrack }, nowMs);
  }

  #move(seats: SliceSeats, from: TrackViewer, to: TrackViewer, nowMs: number): void {
    this.#revoke(from, seats);
    this.#grant(to, seats, nowMs);
  }

  #grant(viewer: TrackViewer | undefined, seats: SliceSeats, nowMs: number): void {
    if (viewer === undefined) throw new Error("a seat without a candidate");
    seats.grant(viewer, this.#pool.sizeOf(0), nowMs);
    this.hall.changed(viewer);
  }

  #revoke(viewer: TrackViewer, seats: SliceSeats): void {
    const copy = seats.copyOf(viewer);
    seats.revoke(viewer);
    this.hall.changed(viewer);
    // who moves up has another copy now
    seats.holders.slice(copy).forEach(this.hall.changed);
  }

  #expel(viewer: TrackViewer): void {
    if (!this.#pool.has(viewer)) return;
    this.#pool.remove(viewer);
    for (const slice of viewer.slices) this.#revoke(viewer, this.#slice(slice));
  }

  #slice(slice: number): SliceSeats {
    const seats = this.#slices[slice];
    if (seats === undefined) throw new RangeError("no such slice");
    return seats;
  }
}

const speed = ({ member }: TrackViewer): number => member.uplinkBps ?? 0;
