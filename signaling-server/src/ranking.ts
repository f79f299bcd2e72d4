interface Ranked {
  readonly size: number;
}

/**
 * Swarms, largest first, kept in order at O(1) a step: sizes change by one, so a swarm only ever moves to the edge of the
 * run of equal sizes it stands in. A channel list then costs what it shows, not what there is.
 */
export class Ranking<T extends Ranked> {
  readonly #order: T[] = [];
  readonly #index = new Map<T, number>();
  /** For each size, where its run starts and how long it is. */
  readonly #runs = new Map<number, { start: number; count: number }>();

  get length(): number {
    return this.#order.length;
  }

  top(count: number): readonly T[] {
    return this.#order.slice(0, count);
  }

  /** `item` has just grown by one. */
  grown(item: T): void {
    if (item.size === 1) {
      this.#index.set(item, this.#order.push(item) - 1);
    } else {
      const run = this.#run(item.size - 1);
      this.#move(item, run.start);
      this.#shrinkRun(item.size - 1, run, run.start + 1);
    }
    const run = this.#runs.get(item.size);
    if (run === undefined) this.#runs.set(item.size, { start: this.#position(item), count: 1 });
    else run.count += 1;
  }

  /** `item` has just shrunk by one; at zero it is forgotten. */
  shrunk(item: T): void {
    const run = this.#run(item.size + 1);
    const last = run.start + run.count - 1;
    this.#move(item, last);
    this.#shrinkRun(item.size + 1, run, run.start);
    if (item.size === 0) {
      this.#order.pop();
      this.#index.delete(item);
      return;
    }
    const below = this.#runs.get(item.size);
    if (below === undefined) this.#runs.set(item.size, { start: last, count: 1 });
    else {
      below.start -= 1;
      below.count += 1;
    }
  }

  #shrinkRun(size: number, run: { start: number; count: number }, start: number): void {
    run.start = start;
    run.count -= 1;
    if (run.count === 0) this.#runs.delete(size);
  }

  #move(item: T, to: number): void {
    const from = this.#position(item);
    const other = this.#order[to];
    if (other === undefined) throw new RangeError("no such place in the ranking");
    this.#order[to] = item;
    this.#order[from] = other;
    this.#index.set(other, from);
    this.#index.set(item, to);
  }

  #position(item: T): number {
    const index = this.#index.get(item);
    if (index === undefined) throw new RangeError("not in the ranking");
    return index;
  }

  #run(size: number): { start: number; count: number } {
    const run = this.#runs.get(size);
    if (run === undefined) throw new RangeError("no run of that size");
    return run;
  }
}
