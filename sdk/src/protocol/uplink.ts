import { SEND_HIGH_WATER_BYTES } from "./config.js";
import { Rate } from "./estimator.js";
import { CHUNK_BYTES } from "./segment.js";

/**
 * Chunks go out at this share of what the line carries, so that nothing queues there and the viewer's own requests and acknowledgements find it empty.
 */
const SHARE = 0.985;
/** A pause may be made up for so far. */
const BURST_MS = 50;
/** Headers of SCTP, DTLS, UDP and IPv4 around a chunk. */
const OVERHEAD = 1.085;
/** The transport holds no more than the line sends in this time, or one chunk: what is there can neither be taken back nor be overtaken, and a busy tab is late to refill it. */
const TRANSPORT_MS = 40;
const REVIEW_MS = 1_000;
/** Above the threshold the estimate grows by so much of that a second. */
const STEP = 1 / 4;

/**
 * What the viewer's uplink carries, and when the next chunk may go (SYSTEMS ZA5). The first 128 KiB are a probe: how fast they drain is the first estimate. It
 * falls only when the transport drains more slowly than that: a channel that loses nothing for good shows loss so. It doubles each second up to a
 * threshold, what it fell to last, and grows linearly above that, never beyond what the transport has been seen to take. The user's cap bounds it.
 */
export class Uplink {
  /** When a chunk may go for which there is room, but not yet; Infinity where none waits for time. */
  dueMs = Infinity;
  readonly #rate = new Rate();
  readonly #capBps: number;
  #estimateBps = 0;
  #thresholdBps = Infinity;
  #drainedMs = 0;
  #reviewMs = 0;
  /** When the next chunk may go. */
  #nextMs = 0;

  /** `capBps`: the user's, with headers. */
  constructor(capBps = Infinity) {
    this.#capBps = capBps / OVERHEAD;
  }

  /** bit/s of payload; 0 before something was sent. */
  get bps(): number {
    return Math.min(this.#capBps, this.#estimateBps);
  }

  /** So much of what the transport held has left. */
  drained(bytes: number, nowMs: number): void {
    if (bytes > 0) this.#rate.sample(bytes, nowMs - this.#drainedMs);
    this.#drainedMs = nowMs;
    this.#estimateBps ||= this.#rate.bps();
  }

  /** Whether another chunk may go, with so much in the transport. */
  hasRoom(heldBytes: number, nowMs: number): boolean {
    if (heldBytes === 0) this.#drainedMs = nowMs;
    if (nowMs >= this.#reviewMs) this.#review(nowMs);
    const hasRoom = heldBytes < (this.#estimateBps === 0 ? SEND_HIGH_WATER_BYTES : Math.max(CHUNK_BYTES, (this.#estimateBps * TRANSPORT_MS) / 8_000));
    this.dueMs = hasRoom && nowMs < this.#nextMs ? this.#nextMs : Infinity;
    return hasRoom && this.dueMs === Infinity;
  }

  sent(bytes: number, nowMs: number): void {
    this.#nextMs = Math.max(this.#nextMs, nowMs - BURST_MS) + (8_000 * bytes) / (SHARE * (this.bps || this.#capBps));
  }

  #review(nowMs: number): void {
    const rateBps = this.#rate.bps();
    if (this.#estimateBps > rateBps) this.#thresholdBps = rateBps;
    this.#estimateBps = Math.min(rateBps, this.#estimateBps + (this.#estimateBps < this.#thresholdBps ? this.#estimateBps : STEP * this.#thresholdBps));
    this.#reviewMs = nowMs + REVIEW_MS;
  }
}
