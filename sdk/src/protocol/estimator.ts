/** Round-trip estimate and request time-out after RFC 6298: srtt + 4 rttvar, doubled after each time-out in a row. */
export class RoundTrip {
  /** Smoothed request-to-data time, queueing at the other side included; 0 before the first sample. */
  srttMs = 0;
  #rttvarMs = 0;
  #backoff = 1;
  #minMs = Infinity;

  sample(rttMs: number): void {
    this.#minMs = Math.min(this.#minMs, rttMs);
    this.#backoff = 1;
    if (this.srttMs === 0) {
      this.srttMs = rttMs;
      this.#rttvarMs = rttMs / 2;
      return;
    }
    this.#rttvarMs += (Math.abs(rttMs - this.srttMs) - this.#rttvarMs) / 4;
    this.srttMs += (rttMs - this.srttMs) / 8;
  }

  timedOut(): void {
    this.#backoff = Math.min(8, this.#backoff * 2);
  }

  /** Smallest time seen, ms: the path without queues. */
  get minMs(): number {
    return this.#minMs === Infinity ? 0 : this.#minMs;
  }

  /** RFC 6298 section 2 with a floor of 1.5 s (simulated: of what was asked for again before that, most came twice) and a ceiling of 8 s (two segments are then lost anyway). */
  get timeoutMs(): number {
    const base = this.srttMs === 0 ? 2_000 : this.srttMs + 4 * this.#rttvarMs;
    return Math.min(8_000, Math.max(1_500, base) * this.#backoff);
  }
}

/** Throughput while something was in flight: an average weighted by time with a half-life of 3 s, as hls.js's fast one. */
export class Rate {
  #bytes = 0;
  #ms = 0;

  /** `bytes` came in `durationMs` of busy time. */
  sample(bytes: number, durationMs: number): void {
    const keep = Math.pow(0.5, durationMs / 3_000);
    this.#bytes = this.#bytes * keep + bytes;
    this.#ms = this.#ms * keep + durationMs;
  }

  /** bit/s; 0 before the first sample. `silentMs`: how long nothing has come although something was due. */
  bps(silentMs = 0): number {
    const ms = this.#ms + silentMs;
    return ms <= 0 ? 0 : (this.#bytes * 8_000) / ms;
  }
}
