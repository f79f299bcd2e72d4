import { CHOKE_PERIOD_MS, UNCHOKE_BASE } from "./config.js";
import type { PeerId } from "./ids.js";
import type { Random } from "./random.js";

/** What the choker may see of a neighbour. */
export interface ChokeView {
  readonly peer: PeerId;
  readonly isFriend: boolean;
  /** Chunks that it forwarded of those I gave, and in all; both fade by half each period. */
  readonly forwardedOurs: number;
  readonly forwardedTotal: number;
}

export interface ChokeRound {
  readonly neighbours: readonly ChokeView[];
  readonly unchoked: ReadonlySet<PeerId>;
  /** How many the uplink can serve at a rate worth having; undefined while that is not known and nobody waits. */
  readonly slots: number | undefined;
  readonly nowMs: number;
}

/** Between periods a waiting neighbour gets a spare slot this often. */
const REVIEW_MS = 1_000;

/**
 * Give-to-get (Mol et al. 2008, SYSTEMS TR2): friends first (TR6), then rank by what a neighbour forwarded of my chunks, ties by all it forwarded; the
 * best are served, as many as the uplink can serve at a rate worth having (three at first, and one by chance), and every two periods one
 * chosen by chance, so that a newcomer can show what it does.
 */
export class GiveToGet {
  #slots = UNCHOKE_BASE + 1;
  #periods = 0;
  #optimistic: PeerId | undefined;
  #nextPeriodMs = 0;
  #nextReviewMs = 0;

  /** Who is served from now on; undefined when nothing is due. */
  review(round: ChokeRound, random: Random): Set<PeerId> | undefined {
    const { nowMs, neighbours, unchoked } = round;
    if (nowMs < this.#nextReviewMs) return undefined;
    this.#nextReviewMs = nowMs + REVIEW_MS;
    // Nobody asks for anything, or nothing tells how fast it would go: one more may try.
    this.#slots = round.slots ?? Math.max(this.#slots, unchoked.size) + 1;
    if (nowMs < this.#nextPeriodMs) {
      if (unchoked.size >= this.#slots) return undefined;
      const served = new Set(unchoked);
      for (const n of rank(neighbours)) if (served.size < this.#slots) served.add(n.peer);
      return served;
    }
    this.#nextPeriodMs = nowMs + CHOKE_PERIOD_MS;
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
}

function rank(neighbours: readonly ChokeView[]): ChokeView[] {
  return [...neighbours].sort((a, b) => Number(b.isFriend) - Number(a.isFriend) || b.forwardedOurs - a.forwardedOurs || b.forwardedTotal - a.forwardedTotal || (a.peer < b.peer ? -1 : 1));
}
