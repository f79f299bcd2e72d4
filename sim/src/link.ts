import type { Message } from "../../sdk/src/protocol/message.js";
import type { Task } from "./clock.js";
import type { Connection } from "./connection.js";
import { packets } from "./wire-cost.js";

/** How packets fare on the way. */
export interface PathSetting {
  /** Probability that a packet is lost at first. */
  readonly packetLoss: number;
  /** Of those, how many wait for the time-out because nothing follows them. */
  readonly timeoutShare: number;
  readonly timeoutMs: number;
}

/** A line in one direction: what is handed to it waits its turn, and holds it for its size. */
export class Line {
  #msPerByte = 0;
  #freeMs = 0;

  constructor(rateBps: number) {
    this.rateBps = rateBps;
  }

  /** May be changed at any time; what has been taken keeps its turn. */
  set rateBps(rateBps: number) {
    this.#msPerByte = 8_000 / rateBps;
  }

  /** When `bytes` that come to the line now have passed it. */
  take(bytes: number, nowMs: number): number {
    this.#freeMs = (this.#freeMs > nowMs ? this.#freeMs : nowMs) + bytes * this.#msPerByte;
    return this.#freeMs;
  }

  /** The same for a message whose last packet comes now: the others came before it, as far as the line was free. */
  takeArriving(bytes: number, nowMs: number): number {
    return this.take(bytes, nowMs - bytes * this.#msPerByte);
  }
}

/** One frame of messages under way: past the sender's uplink, on the path, then through the receiver's downlink. */
export class Parcel implements Task {
  #passedDownlink = false;

  constructor(
    readonly connection: Connection,
    readonly messages: readonly Message[],
    readonly bytes: number,
    readonly wireBytes: number,
  ) {}

  run(nowMs: number): void {
    const { remote } = this.connection;
    if (remote === undefined || !remote.open) return;
    if (!this.#passedDownlink) {
      this.#passedDownlink = true;
      const untilMs = remote.local.downlink.takeArriving(this.wireBytes, nowMs);
      if (untilMs > nowMs + 0.001) return remote.local.world.clock.at(untilMs, this);
    }
    remote.local.received(remote.peer, this, nowMs);
  }

  /** Extra time that lost packets cost. */
  lossMs(setting: PathSetting, roundTripMs: number): number {
    if (setting.packetLoss === 0) return 0;
    const { random } = this.connection.local.world;
    if (random.next() >= packets(this.bytes) * setting.packetLoss) return 0;
    return random.next() < setting.timeoutShare ? setting.timeoutMs : roundTripMs + 10;
  }
}
