import type { Message } from "../../sdk/src/protocol/message.js";
import type { Clock, Task } from "./clock.js";
import type { Connection } from "./connection.js";
import { packets, wireBytes } from "./wire-cost.js";

/** How packets fare on the way. */
export interface PathSetting {
  /** Probability that a packet is lost at first. */
  readonly packetLoss: number;
  /** Of those, how many wait for the time-out because nothing follows them. */
  readonly timeoutShare: number;
  readonly timeoutMs: number;
}

/** One message under way: through the sender's uplink, the path, the receiver's downlink. */
export class Parcel implements Task {
  next: Parcel | undefined;
  #stage: "uplink" | "path" | "downlink" = "uplink";
  readonly wireBytes: number;

  constructor(
    readonly connection: Connection,
    readonly message: Message,
    readonly bytes: number,
  ) {
    this.wireBytes = wireBytes(bytes);
  }

  run(nowMs: number): void {
    const { connection } = this;
    if (connection.local.gone && this.#stage === "uplink") return;
    if (this.#stage === "uplink") {
      this.#stage = "path";
      connection.local.uplink.finished();
      connection.departed(this, nowMs);
      return;
    }
    const { remote } = connection;
    if (remote === undefined || !remote.open) return;
    if (this.#stage === "path") {
      const untilMs = remote.local.downlink.arriving(this.wireBytes, nowMs);
      this.#stage = "downlink";
      if (untilMs > nowMs) return remote.local.world.clock.at(untilMs, this);
    }
    remote.arrived(this, nowMs);
  }

  /** Extra time that lost packets cost. */
  lossMs(setting: PathSetting, roundTripMs: number): number {
    const { random } = this.connection.local.world;
    const count = packets(this.bytes);
    if (random.next() >= 1 - (1 - setting.packetLoss) ** count) return 0;
    return random.next() < setting.timeoutShare ? setting.timeoutMs : roundTripMs + 10;
  }
}

/** An uplink: what is handed to it waits its turn, and holds it for its size. */
export class Uplink {
  readonly #clock: Clock;
  readonly #rateBps: number;
  #head: Parcel | undefined;
  #tail: Parcel | undefined;
  busyMs = 0;

  constructor(clock: Clock, rateBps: number) {
    this.#clock = clock;
    this.#rateBps = rateBps;
  }

  push(parcel: Parcel): void {
    if (this.#tail !== undefined) this.#tail.next = parcel;
    this.#tail = parcel;
    if (this.#head !== undefined) return;
    this.#head = parcel;
    this.#begin(parcel);
  }

  /** The head has gone; the next one that still has somewhere to go takes its place. */
  finished(): void {
    let next = this.#head?.next;
    while (next !== undefined && !next.connection.canSend) next = next.next;
    this.#head = next;
    if (next === undefined) this.#tail = undefined;
    else this.#begin(next);
  }

  #begin(parcel: Parcel): void {
    const ms = (parcel.wireBytes * 8_000) / this.#rateBps;
    this.busyMs += ms;
    this.#clock.at(this.#clock.nowMs + ms, parcel);
  }
}

/** A downlink: the same, shared by what peers and what the origin sends. */
export class Downlink {
  readonly #rateBps: number;
  #freeMs = 0;

  constructor(rateBps: number) {
    this.#rateBps = rateBps;
  }

  /** When `bytes` are all here whose last packet arrives now: the others came before it, as far as the line was free. */
  arriving(bytes: number, nowMs: number): number {
    return this.begin(bytes, nowMs - (bytes * 8_000) / this.#rateBps);
  }

  /** When `bytes` that begin to arrive now are all here. */
  begin(bytes: number, nowMs: number): number {
    this.#freeMs = Math.max(this.#freeMs, nowMs) + (bytes * 8_000) / this.#rateBps;
    return this.#freeMs;
  }
}
