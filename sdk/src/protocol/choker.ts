import { CHOKE_PERIOD_MS, UNCHOKE_BASE } from "./config.js";
import type { PeerId } from "./ids.js";
import type { Random } from "./random.js";

/** What the choker may see of a neighbour. */
export interface ChokeView {
  readonly peer: PeerId;
  /** Chunks that it forwarded of those I gave, and in all; both fade by half each period. */
  readonly forwardedOurs: number;
  readonly forwardedTotal: number;
}

export interface ChokeRound {
  readonly neighbours: readonly ChokeView[];
  readonly unchoked: ReadonlySet<PeerId>;
  /** Share of the time since the last review in which the uplink could not take more, 0 to 1. */
  readonly busy: number;
  readonly nowMs: number;
}

/** The uplink counts as full when it was backed up for more than this share of the time. */
const FULL = 0.5;
/** Between periods a waiting neighbour gets a spare slot this often. */
const REVIEW_MS = 1_000;

/**
 * Give-to-get (Mol et al. 2008, SYSTEMS TR2): rank by what a neighbour forwarded of my chunks, ties by all it forwarded; the
 * best three are served, then more until the uplink is full, and every two periods one chosen by chance, so that a newcomer
 * can show what it does.
 */
export class GiveToGet {
  #slots = UNCHOKE_BASE + 1;
  #periods = 0;
  #optimistic: PeerId | undefined;
  #nextPeriodMs = 0;
  #nextReviewMs = 0;

  /** Who is served from now on; undefined when nothing is due. */
  review(round: ChokeRound, random: Random): Set<PeerId> | undefined {
    const { nowMs, busy, neighbours } = round;
    if (nowMs < this.#nextReviewMs) return undefined;
    this.#nextReviewMs = nowMs + REVIEW_MS;
    const spare = busy < FULL;
    if (nowMs < this.#nextPeriodMs) return spare ? this.#fill(round, Math.max(this.#slots, round.unchoked.size + 1)) : undefined;
    this.#nextPeriodMs = nowMs + CHOKE_PERIOD_MS;
    this.#slots = Math.max(UNCHOKE_BASE, spare ? Math.max(this.#slots, round.unchoked.size) + 1 : Math.min(this.#slots, round.unchoked.size) - 1);
    const served = new Set(rank(neighbours).slice(0, this.#slots).map((n) => n.peer));
    if (this.#periods++ % 2 === 0) {
      const rest = neighbours.filter((n) => !served.has(n.peer));
      this.#optimistic = rest[random.below(Math.max(1, rest.length))]?.peer;
    }
    if (this.#optimistic !== undefined && neighbours.some((n) => n.peer === this.#optimistic)) served.add(this.#optimistic);
    return served;
  }

  /** A newcomer is served at once while a slot is free. */
  admits(unchoked: number): boolean {
    return unchoked < this.#slots;
  }

  get nextReviewMs(): number {
    return this.#nextReviewMs;
  }

  #fill(round: ChokeRound, slots: number): Set<PeerId> {
    const served = new Set(round.unchoked);
    for (const n of rank(round.neighbours)) if (served.size < slots) served.add(n.peer);
    return served;
  }
}

function rank(neighbours: readonly ChokeView[]): ChokeView[] {
  return [...neighbours].sort((a, b) => b.forwardedOurs - a.forwardedOurs || b.forwardedTotal - a.forwardedTotal || (a.peer < b.peer ? -1 : 1));
}
