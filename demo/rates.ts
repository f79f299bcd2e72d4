const WINDOW_MS = 2_000;

/** Rates over the last two seconds, from totals that only grow: chunks arrive in bursts, the eye wants a steady line. */
export class Rates {
  private readonly samples = new Map<string, { atMs: number; bytes: number }[]>();

  /** Adds a total and returns the rate now, bit/s. */
  update(key: string, totalBytes: number, nowMs: number): number {
    const list = this.samples.get(key) ?? [];
    this.samples.set(key, list);
    list.push({ atMs: nowMs, bytes: totalBytes });
    while (list.length > 2 && (list[1]?.atMs ?? nowMs) <= nowMs - WINDOW_MS) list.shift();
    const first = list[0];
    if (first === undefined || nowMs <= first.atMs) return 0;
    // A first sample older than the window was taken while the page was hidden: the mean since then still holds.
    return Math.max(0, ((totalBytes - first.bytes) * 8_000) / Math.max(nowMs - first.atMs, WINDOW_MS / 2));
  }

  /** Forgets the keys that were not updated since `sinceMs`. */
  forget(sinceMs: number): void {
    for (const [key, list] of this.samples) if ((list.at(-1)?.atMs ?? 0) < sinceMs) this.samples.delete(key);
  }
}
