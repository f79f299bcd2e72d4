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

/** The longest that a holder is waited for: a pause of the stream is part of its rhythm for some segments. */
const LONGEST_RHYTHM_MS = 16_000;
/** The shortest, of whom no rhythm is known yet. */
const UNKNOWN_RHYTHM_MS = 8_000;
/** Who is given a seat has its first word to say at once, of segments that are there already. */
const FIRST_WORD_MS = 2_000;
/** Words that come closer together than this are about segments that have been there for some time. */
const BURST_MS = 1_000;

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
  #rhythmMs: number | undefined;

  constructor(
    readonly member: Member,
    readonly track: LiveTrack,
    readonly sinceMs: number,
  ) {
    this.network = member.network;
  }

  /** It has its first seat. */
  begin(): void {
    this.#takenSequence = -1;
    this.#takenMs = -Infinity;
    this.#rhythmMs = undefined;
  }

  /** It says that its seats have had what is theirs of a segment. */
  took(sequence: number, nowMs: number): void {
    const gapMs = nowMs - this.#takenMs;
    // a stream that has begun anew counts from the start
    if (sequence <= this.#takenSequence && gapMs < LONGEST_RHYTHM_MS) return;
    this.#takenSequence = sequence;
    this.#takenMs = nowMs;
    // the longest of late counts, so that one that came early makes none late
    if (gapMs >= BURST_MS && gapMs < Infinity) this.#rhythmMs = Math.max(gapMs, ((this.#rhythmMs ?? gapMs) + gapMs) / 2);
  }

  /** How long it is from one such word to the next; undefined until it has said two. */
  get rhythmMs(): number | undefined {
    return this.#rhythmMs;
  }

  /** By how long its next such word is overdue. It has had a seat since `sinceMs`; `usualMs` is the longest rhythm of those who have seats, as far as known. */
  overdueMs({ sinceMs, usualMs, nowMs }: { sinceMs: number; usualMs: number; nowMs: number }): number {
    if (this.#takenMs === -Infinity) return nowMs - sinceMs - FIRST_WORD_MS;
    return nowMs - Math.max(sinceMs, this.#takenMs) - Math.min(LONGEST_RHYTHM_MS, this.#rhythmMs ?? Math.max(UNKNOWN_RHYTHM_MS, usualMs));
  }

  /** Whether `other`, by its own rhythm, would be `graceMs` overdue too, had it said nothing of a newer segment since: a pause of the stream counts for all. */
  isOutpacedBy(other: TrackViewer, { sinceMs, usualMs, graceMs, nowMs }: { sinceMs: number; usualMs: number; graceMs: number; nowMs: number }): boolean {
    const heardMs = Math.max(sinceMs, this.#takenMs);
    return other.#takenSequence > this.#takenSequence && other.#takenMs > heardMs + graceMs && nowMs - heardMs - (other.#rhythmMs ?? usualMs) >= graceMs;
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
