import type { LoaderStats } from "hls.js";
import type { Delivery } from "../protocol/contract.js";

/** hls.js's own guess of a time to first byte while it has measured none (ewma-bandwidth-estimator.ts). */
const DEFAULT_TTFB_MS = 100;

/** The state of a running request, as of `nowMs` (the clock of `performance.now()`). */
export interface Observation {
  readonly nowMs: number;
  readonly loadedBytes: number;
  /** 0 while unknown. */
  readonly totalBytes: number;
  /**
   * The line is what the request waits for: an origin request runs for it, or the player's buffer is low. Otherwise Shoal
   * waits for neighbours on purpose, which says nothing about the line.
   */
  readonly lineBound: boolean;
}

/**
 * Tells hls.js about a request as if a plain download had taken place at the throughput the viewer really has.
 *
 * hls.js reads two things from the statistics. While loading, its abandon rule compares loaded / (now - first) with the
 * buffer: here the download's clock runs only while the line is what is waited for, so that patience is not taken for a
 * slow line, and a slow line is seen. Once loaded, its sample is 8 * loaded / (end - start - min(first - start, TTFB)): here
 * `start` and `first` are placed so that it equals the measured throughput, neither the instant of a store hit nor the wait.
 */
export class Throughput {
  readonly #stats: LoaderStats;
  #lastMs: number;
  #lineBound = false;
  #waitMs = 0;
  #streamMs = 0;
  #streamBytes = 0;

  constructor(stats: LoaderStats, nowMs: number) {
    this.#stats = stats;
    this.#lastMs = nowMs;
    stats.loading.start = nowMs;
  }

  observe(now: Observation): void {
    const stats = this.#stats;
    if (this.#lineBound) this.#advance(now.nowMs - this.#lastMs, Math.max(0, now.loadedBytes - stats.loaded));
    this.#lastMs = now.nowMs;
    this.#lineBound = now.lineBound;
    stats.loaded = now.loadedBytes;
    // loaded === total tells hls.js that the request is over; that is for complete() to say.
    stats.total = now.totalBytes > now.loadedBytes ? now.totalBytes : 0;
    const streamMs = this.#streamBytes > 0 ? (this.#streamMs * stats.loaded) / this.#streamBytes : 0;
    stats.loading.start = Math.max(1, now.nowMs - this.#waitMs - streamMs);
    stats.loading.first = this.#streamBytes > 0 ? Math.max(stats.loading.start, now.nowMs - streamMs) : 0;
  }

  /** `presentBps`: hls.js's estimate as it is. */
  complete(delivery: Delivery, { loadedBytes, nowMs, presentBps }: { readonly loadedBytes: number; readonly nowMs: number; readonly presentBps: number }): void {
    const stats = this.#stats;
    const transferMs = (loadedBytes * 8000) / rateBps(delivery, loadedBytes, presentBps);
    const ttfbMs = delivery.originTtfbMs || Math.min(DEFAULT_TTFB_MS, Math.max(0, delivery.firstByteMs - delivery.wantedMs));
    stats.loaded = stats.total = loadedBytes;
    stats.loading.end = nowMs;
    // Early in a page's life a slow line's download would have begun before the clock did; hls.js only takes differences.
    stats.loading.first = nowMs - transferMs;
    stats.loading.start = stats.loading.first - ttfbMs;
    stats.bwEstimate = (loadedBytes * 8000) / transferMs;
  }

  #advance(elapsedMs: number, bytes: number): void {
    if (this.#streamBytes === 0 && bytes === 0) this.#waitMs += elapsedMs;
    else {
      this.#streamMs += elapsedMs;
      this.#streamBytes += bytes;
    }
  }
}

/** While nothing was measured, only a download that came whole from the origin may raise the estimate, as it would in plain hls.js. */
function rateBps({ throughputBps, originBytes, storeBytes, firstByteMs, completeMs }: Delivery, loadedBytes: number, presentBps: number): number {
  if (throughputBps > 0) return throughputBps;
  const ownBps = ((loadedBytes - storeBytes) * 8000) / Math.max(1, completeMs - firstByteMs);
  if (originBytes >= loadedBytes && storeBytes === 0) return ownBps;
  return ownBps > 0 ? Math.min(ownBps, presentBps) : presentBps;
}
