export interface BucketRate {
  /** Most tokens saved up: the largest burst. */
  readonly burst: number;
  readonly perSecond: number;
}

/** Token bucket in virtual time: one token an event. */
export class TokenBucket {
  #tokens: number;
  #filledMs: number;

  constructor(
    readonly rate: BucketRate,
    nowMs: number,
  ) {
    this.#tokens = rate.burst;
    this.#filledMs = nowMs;
  }

  /** Takes one token, or returns false and takes none. */
  take(nowMs: number): boolean {
    const elapsedMs = Math.max(0, nowMs - this.#filledMs);
    this.#filledMs = Math.max(this.#filledMs, nowMs);
    this.#tokens = Math.min(this.rate.burst, this.#tokens + (elapsedMs * this.rate.perSecond) / 1000);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
