import type { Chance } from "./chance.js";

/** Log-normal, median 300 s, mean 1,200 s (BENCHMARKS, Simulator model). */
const MEDIAN_S = 300;
const MEAN_S = 1_200;
const SIGMA = Math.sqrt(2 * Math.log(MEAN_S / MEDIAN_S));

/** When viewers come, and how long each stays. */
export interface Arrivals {
  /** The first ones come evenly over this time... */
  readonly rampS: number;
  readonly first: number;
  /** ...or exactly at these times, s... */
  readonly atS?: readonly number[];
  /** ...as part of a swarm that has run for long: what is left of their sessions is that of viewers met at any moment. */
  readonly settled: boolean;
  /** Poisson arrivals from then on, a second; 0: none. */
  readonly perSecond: number;
  /** Until then, s. */
  readonly untilS: number;
  /** Nobody leaves before the end. */
  readonly stay: boolean;
}

export interface Arrival {
  readonly atMs: number;
  readonly stayMs: number;
  readonly silent: boolean;
}

/** A whole swarm's comings and goings, worked out beforehand. */
export function arrivals(setting: Arrivals, chance: Chance): Arrival[] {
  const list: Arrival[] = [];
  for (let i = 0; i < setting.first; i++) {
    const atMs = 1000 * (setting.atS?.[i] ?? (setting.rampS * (i + chance.next())) / setting.first);
    list.push(arrival(atMs, setting.settled ? residualS(chance) : sessionS(chance), setting, chance));
  }
  if (setting.perSecond > 0)
    for (let atS = setting.rampS + chance.exponential(1 / setting.perSecond); atS < setting.untilS; atS += chance.exponential(1 / setting.perSecond))
      list.push(arrival(atS * 1000, sessionS(chance), setting, chance));
  return list;
}

export const MEAN_SESSION_S = MEAN_S;

const sessionS = (chance: Chance): number => chance.logNormal({ median: MEDIAN_S, sigma: SIGMA });

/** Long sessions are met more often, in proportion to their length, and anywhere within them. */
const residualS = (chance: Chance): number => chance.next() * chance.logNormal({ median: MEDIAN_S * Math.exp(SIGMA * SIGMA), sigma: SIGMA });

function arrival(atMs: number, stayS: number, { stay }: Arrivals, chance: Chance): Arrival {
  return { atMs, stayMs: stay ? Infinity : stayS * 1000, silent: chance.next() < 0.5 };
}
