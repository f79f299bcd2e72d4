/** Where a {@link RankedPool} keeps an item; the pool alone writes these. */
export interface Pooled {
  rank: number;
  index: number;
}

/** Items by rank, lowest first, from which random ones can be drawn. Every operation is O(1) but sampling, which is O(what it is asked for). */
export class RankedPool<T extends Pooled> {
  readonly #ranks: readonly T[][];

  constructor(ranks: number) {
    this.#ranks = Array.from({ length: ranks }, () => []);
  }

  get size(): number {
    return this.#ranks.reduce((sum, list) => sum + list.length, 0);
  }

  sizeOf(rank: number): number {
    return this.#list(rank).length;
  }

  has(item: T): boolean {
    return this.#ranks[item.rank]?.[item.index] === item;
  }

  /** Puts an item in, or moves it to another rank. */
  place(item: T, rank: number): void {
    if (this.has(item)) {
      if (item.rank === rank) return;
      this.remove(item);
    }
    item.rank = rank;
    item.index = this.#list(rank).push(item) - 1;
  }

  remove(item: T): void {
    const list = this.#list(item.rank);
    swap(list, item.index, list.length - 1);
    list.pop();
    item.index = -1;
  }

  /**
   * Up to `count` random items that `accepts` takes, the lowest rank first. A Fisher-Yates shuffle of the lists in place that
   * stops when it has enough: at most count + refused items + ranks steps, whatever the pool's size.
   */
  sample(count: number, accepts: (item: T) => boolean, random: () => number): T[] {
    const found: T[] = [];
    for (const list of this.#ranks) {
      for (let drawn = 0; drawn < list.length && found.length < count; drawn += 1) {
        const item = swap(list, drawn, drawn + Math.floor(random() * (list.length - drawn)));
        if (accepts(item)) found.push(item);
      }
    }
    return found;
  }

  /** Every item, checked to be where it says it is. For tests and simulation. */
  *consistentItems(): Iterable<T> {
    for (const [rank, list] of this.#ranks.entries()) {
      for (const [index, item] of list.entries()) {
        if (item.rank !== rank || item.index !== index) throw new Error(`an item of rank ${item.rank} at ${item.index} is kept in rank ${rank} at ${index}`);
        yield item;
      }
    }
  }

  #list(rank: number): T[] {
    const list = this.#ranks[rank];
    if (list === undefined) throw new RangeError("no such rank");
    return list;
  }
}

/** Exchanges two items; returns the one now at `first`. */
function swap<T extends Pooled>(list: T[], first: number, second: number): T {
  const a = list[first];
  const b = list[second];
  if (a === undefined || b === undefined) throw new RangeError("no item at that index");
  list[first] = b;
  list[second] = a;
  b.index = first;
  a.index = second;
  return b;
}
