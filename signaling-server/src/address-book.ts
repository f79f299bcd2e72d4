import { TokenBucket } from "./bucket.js";
import type { TrackerLimits } from "./limits.js";

/** What all connections of one address share. */
export class AddressRates {
  readonly #opens: TokenBucket;
  readonly #events: TokenBucket;
  readonly #signals: TokenBucket;
  usedMs: number;

  constructor(limits: TrackerLimits, nowMs: number) {
    this.#opens = new TokenBucket(limits.addressOpens, nowMs);
    this.#events = new TokenBucket(limits.addressEvents, nowMs);
    this.#signals = new TokenBucket(limits.addressSignals, nowMs);
    this.usedMs = nowMs;
  }

  admitsConnection(nowMs: number): boolean {
    this.usedMs = nowMs;
    return this.#opens.take(nowMs);
  }

  admits(event: string, nowMs: number): boolean {
    this.usedMs = nowMs;
    return (event === "signal" ? this.#signals : this.#events).take(nowMs);
  }
}

const SWEEP = 2;

/** Rates by address: who closes a connection and opens the next does not begin with full buckets. O(1) a step; what is full again is forgotten. */
export class AddressBook {
  readonly #rates = new Map<string, AddressRates>();
  readonly #refilledMs: number;

  constructor(private readonly limits: TrackerLimits) {
    const { addressOpens, addressEvents, addressSignals } = limits;
    this.#refilledMs = Math.max(...[addressOpens, addressEvents, addressSignals].map(({ burst, perSecond }) => (burst / perSecond) * 1000));
  }

  get size(): number {
    return this.#rates.size;
  }

  of(address: string, nowMs: number): AddressRates {
    const rates = this.#rates.get(address) ?? new AddressRates(this.limits, nowMs);
    let left = SWEEP;
    for (const [oldest, other] of this.#rates) {
      if (left-- === 0) break;
      this.#rates.delete(oldest);
      if (nowMs - other.usedMs < this.#refilledMs) this.#rates.set(oldest, other);
    }
    this.#rates.set(address, rates);
    return rates;
  }
}
