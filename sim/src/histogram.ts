/** Counts in buckets of equal width; what is too large falls into the last one. */
export class Histogram {
  readonly #counts: Float64Array;
  #total = 0;

  constructor(
    readonly width: number,
    max: number,
  ) {
    this.#counts = new Float64Array(Math.ceil(max / width) + 1);
  }

  add(value: number): void {
    const i = Math.min(this.#counts.length - 1, Math.max(0, Math.floor(value / this.width)));
    this.#counts[i] = (this.#counts[i] ?? 0) + 1;
    this.#total++;
  }

  /** Upper edge of the bucket in which the quantile lies; 0 without values. */
  quantile(q: number): number {
    let left = q * this.#total;
    if (this.#total === 0) return 0;
    for (let i = 0; i < this.#counts.length; i++) {
      left -= this.#counts[i] ?? 0;
      if (left <= 0) return (i + 1) * this.width;
    }
    return this.#counts.length * this.width;
  }
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}
