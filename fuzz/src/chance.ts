/** Whole numbers from 0 to below a bound, the same ones for the same seed. */
export type Chance = (below: number) => number;

/** mulberry32 of one case of one run: any case can be had without those before it. */
export function chanceOf(seed: number, index: number): Chance {
  let state = (seed ^ Math.imul(index + 1, 0x9e37_79b1)) >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, below);
  };
}

export function pick<T>(list: readonly T[], chance: Chance): T {
  const item = list[chance(list.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}
