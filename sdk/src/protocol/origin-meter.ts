import { Rate } from "./estimator.js";

/** Shorter transfers say more about the round trip than about the line. */
const MIN_SAMPLE_BYTES = 48 * 1024;

/** How fast the origin answers and delivers, over all requests that run at once. */
export class OriginMeter {
  readonly #rate = new Rate();
  #ttfbMs = 0;
  #totalBytes = 0;

  /** Call with the first byte of a request; gives what {@link finished} needs. */
  started(sentMs: number, nowMs: number): { readonly atMs: number; readonly bytes: number } {
    const ttfb = nowMs - sentMs;
    this.#ttfbMs = this.#ttfbMs === 0 ? ttfb : this.#ttfbMs + (ttfb - this.#ttfbMs) / 4;
    return { atMs: nowMs, bytes: this.#totalBytes };
  }

  received(bytes: number): void {
    this.#totalBytes += bytes;
  }

  /** All that came while the request ran counts, so that parallel requests do not make the line look slower. */
  finished(start: { readonly atMs: number; readonly bytes: number }, nowMs: number): void {
    const bytes = this.#totalBytes - start.bytes;
    if (bytes >= MIN_SAMPLE_BYTES) this.#rate.sample(bytes, Math.max(1, nowMs - start.atMs));
  }

  /** bit/s; 0 before the first sample. */
  get bps(): number {
    return this.#rate.bps();
  }

  get ttfbMs(): number {
    return this.#ttfbMs;
  }
}
