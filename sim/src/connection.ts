import type { PeerId } from "../../sdk/src/protocol/ids.js";
import type { Message } from "../../sdk/src/protocol/message.js";
import type { Task } from "./clock.js";
import { Parcel } from "./link.js";
import type { Viewer } from "./viewer.js";
import { wireBytes } from "./wire-cost.js";

/** As sdk/src/browser/send-queue.ts has it. */
const LOW_WATER_BYTES = 64 * 1024;
const SMALL_BYTES = 1024;
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

/** One end of a data channel, with the send queue of the SDK's transport: what is buffered, and when more is asked for. */
export class Connection implements Task {
  open = false;
  /** The other end; undefined once that has gone. */
  remote: Connection | undefined;
  /** The other side is gone without a word: nothing drains any more. */
  dead = false;
  #bufferedBytes = 0;
  #markBytes = 0;
  #arrivesMs = 0;
  #watching = false;
  #owes = false;
  /** What has not left the uplink yet: the times at which it will have, and the bytes. Plain numbers, which lie together in memory. */
  readonly #leavesMs: number[] = [];
  readonly #bytes: number[] = [];
  #first = 0;

  constructor(
    readonly local: Viewer,
    readonly peer: PeerId,
    readonly initiator: boolean,
    readonly roundTripMs: number,
  ) {}

  /** False when the peer does not read and the bound is passed. */
  send(messages: readonly Message[], bytes: number): boolean {
    const { world } = this.local;
    const { nowMs } = world.clock;
    this.#drain(nowMs);
    if (this.#bufferedBytes + bytes > MAX_QUEUED_BYTES) return false;
    this.#bufferedBytes += bytes;
    if (this.dead) return true;
    const parcel = new Parcel(this, messages, bytes, wireBytes(bytes));
    const leavesMs = this.local.uplink.take(parcel.wireBytes, nowMs);
    this.#leavesMs.push(leavesMs);
    this.#bytes.push(bytes);
    // The channel is ordered: what overtakes a lost packet waits for it.
    this.#arrivesMs = Math.max(this.#arrivesMs, leavesMs + this.roundTripMs / 2 + parcel.lossMs(world.path, this.roundTripMs));
    world.clock.at(this.#arrivesMs, parcel);
    this.#markBytes = Math.min(LOW_WATER_BYTES, this.#bufferedBytes / 2);
    this.#owes ||= bytes >= SMALL_BYTES;
    if (this.#owes) this.#watch();
    return true;
  }

  /** The moment at which so much has left that the low-water mark would be reached, were nothing added since. */
  run(nowMs: number): void {
    this.#watching = false;
    if (!this.open || this.dead || this.local.gone) return;
    this.#drain(nowMs);
    if (this.#bufferedBytes > this.#markBytes) this.#watch();
    else {
      this.#report();
      this.#markBytes = Math.min(LOW_WATER_BYTES, Math.floor(this.#bufferedBytes / 2));
      if (this.#bufferedBytes > 0) this.#watch();
      else this.#owes = false;
    }
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    let left = this.#bufferedBytes;
    for (let i = this.#first; i < this.#bytes.length; i++) {
      left -= this.#bytes[i] as number;
      if (left <= this.#markBytes) return this.local.world.clock.at(this.#leavesMs[i] as number, this);
    }
  }

  #drain(nowMs: number): void {
    if (this.dead || this.#first === this.#bytes.length) return;
    while (this.#first < this.#bytes.length && (this.#leavesMs[this.#first] as number) <= nowMs) this.#bufferedBytes -= this.#bytes[this.#first++] as number;
    if (this.#first > 32 && this.#first * 2 > this.#bytes.length) {
      this.#leavesMs.splice(0, this.#first);
      this.#bytes.splice(0, this.#first);
      this.#first = 0;
    }
  }

  #report(): void {
    if (this.open) this.local.handle({ type: "writable", peer: this.peer, bufferedBytes: this.#bufferedBytes });
  }
}
