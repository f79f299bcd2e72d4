import type { Chance } from "./chance.js";
import { PAYLOAD_OVERHEAD } from "./wire-cost.js";

/** A viewer's line. */
export interface Access {
  readonly downBps: number;
  /** On the wire, headers included. */
  readonly upBps: number;
  /** What is left of it for payload: what the resource index counts. */
  readonly upPayloadBps: number;
  /** Two peers behind hard NATs cannot connect. */
  readonly hardNat: boolean;
}

/** Mb/s down and used up, and how many of twenty viewers have it (BENCHMARKS, Simulator model). */
const CLASSES = [
  { down: 10, up: 1, of20: 2 },
  { down: 29, up: 5.7, of20: 5 },
  { down: 86, up: 11.9, of20: 7 },
  { down: 100, up: 20, of20: 4 },
  { down: 500, up: 20, of20: 2 },
] as const;
const DECK = CLASSES.flatMap(({ down, up, of20 }) => Array.from({ length: of20 }, () => ({ down, up })));

/** 85 % of pairs can connect: all but those where both sides are hard. */
const HARD_SHARE = Math.sqrt(0.15);

/** Deals lines to viewers: by the deck, so that a swarm of twenty has exactly the shares, then scaled so that the resource index is exact. */
export class AccessDealer {
  readonly #chance: Chance;
  readonly #scale: number;
  readonly #behindNats: boolean;
  readonly #first: { readonly down: number; readonly up: number }[] = [];
  #deck: { readonly down: number; readonly up: number }[] = [];

  /** `first`: viewers over whom the index is exact. `uniform`: all have the same line, and no NAT. */
  constructor(chance: Chance, setting: { readonly ri: number; readonly rateBps: number; readonly first: number; readonly uniform: { readonly down: number; readonly up: number } | undefined }) {
    this.#chance = chance;
    this.#behindNats = setting.uniform === undefined;
    if (setting.uniform !== undefined) {
      this.#deck = [];
      this.#scale = 1;
      const { uniform } = setting;
      this.#draw = () => uniform;
      return;
    }
    for (let i = 0; i < setting.first; i++) this.#first.push(this.#draw());
    const meanMbps = this.#first.reduce((sum, c) => sum + c.up, 0) / setting.first;
    this.#scale = (setting.ri * setting.rateBps) / (meanMbps * 1e6);
  }

  deal(): Access {
    const { down, up } = this.#first.shift() ?? this.#draw();
    const upPayloadBps = up * 1e6 * this.#scale;
    return { downBps: down * 1e6, upPayloadBps, upBps: upPayloadBps * PAYLOAD_OVERHEAD, hardNat: this.#behindNats && this.#chance.next() < HARD_SHARE };
  }

  #draw = (): { readonly down: number; readonly up: number } => {
    if (this.#deck.length === 0) this.#deck = this.#chance.shuffle([...DECK]);
    return this.#deck.pop() ?? CLASSES[0];
  };
}
