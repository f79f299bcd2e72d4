import type { Spread } from "./series.js";

/** One thing that is compared. */
export interface Figure {
  readonly name: string;
  readonly better: "more" | "less";
  /** Undefined where there is nothing to say. */
  readonly of: (spreads: ReadonlyMap<string, Spread>) => Spread | undefined;
  readonly unit: "percent" | "copies" | "seconds" | "times";
  /** Decimals, of percent where it is a ratio. */
  readonly digits: number;
}

const scaled = (spread: Spread | undefined, by: number): Spread | undefined => spread && { mean: spread.mean * by, least: spread.least * by, most: spread.most * by };
const key = (name: string, by = 1): Figure["of"] => (spreads) => scaled(spreads.get(name), by);

export const OFFLOAD: Figure = { name: "offload, of the bound", better: "more", of: (spreads) => scaled(spreads.get("offload"), 1 / (spreads.get("offloadBound")?.mean ?? 1)), unit: "percent", digits: 1 };
export const COPIES: Figure = { name: "steady origin copies", better: "less", of: key("originCopies: steady"), unit: "copies", digits: 2 };
export const ON_TIME: Figure = { name: "on time", better: "more", of: key("continuityIndex"), unit: "percent", digits: 2 };
export const DUPLICATES: Figure = { name: "duplicates", better: "less", of: key("duplicateRatio"), unit: "percent", digits: 2 };
export const CONTROL: Figure = { name: "control", better: "less", of: key("controlRatio"), unit: "percent", digits: 1 };
export const DELAY: Figure = { name: "chunk delay p50", better: "less", of: key("chunkDelayMsP50", 1 / 1000), unit: "seconds", digits: 2 };
export const LAST_DELAY: Figure = { name: "p99", better: "less", of: key("chunkDelayMsP99", 1 / 1000), unit: "seconds", digits: 1 };
/** The simulator says 0 where everybody gives. */
export const ADVANTAGE: Figure = { name: "advantage of who gives", better: "more", of: (spreads) => (spreads.get("cooperatorAdvantage")?.most === 0 ? undefined : spreads.get("cooperatorAdvantage")), unit: "times", digits: 1 };

/** A value without its unit, so that a row can have it once. */
export function numeral({ unit, digits }: Figure, value: number): string {
  return (unit === "percent" ? 100 * value : value).toFixed(digits);
}

export const SIGNS: Readonly<Record<Figure["unit"], string>> = { percent: " %", copies: "", seconds: " s", times: "x" };
