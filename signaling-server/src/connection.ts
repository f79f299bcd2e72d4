import type { AddressRates } from "./address-book.js";
import { TokenBucket } from "./bucket.js";
import type { ConnectionId } from "./contract.js";
import type { TrackerLimits } from "./limits.js";
import type { Member } from "./member.js";

/** What the tracker knows of one client. */
export class Connection {
  /** By swarm: at most one peer id in each. */
  readonly memberships = new Map<string, Member>();
  /** A ticket of its is being checked: one at a time. */
  isChecking = false;
  readonly #events: TokenBucket;
  readonly #signals: TokenBucket;
  readonly #offences: TokenBucket;

  constructor(
    readonly id: ConnectionId,
    readonly network: string,
    private readonly address: AddressRates | undefined,
    limits: TrackerLimits,
    nowMs: number,
  ) {
    this.#events = new TokenBucket(limits.events, nowMs);
    this.#signals = new TokenBucket(limits.signals, nowMs);
    this.#offences = new TokenBucket(limits.offences, nowMs);
  }

  /** Whether it may send this event now. */
  admits(event: string, nowMs: number): boolean {
    return (event === "signal" ? this.#signals : this.#events).take(nowMs) && (this.address?.admits(event, nowMs) ?? true);
  }

  /** Counts an offence; false when its patience with this connection is at an end. */
  forgives(nowMs: number): boolean {
    return this.#offences.take(nowMs);
  }
}
