import type { PeerId } from "../../sdk/src/protocol/ids.js";
import type { Message } from "../../sdk/src/protocol/message.js";
import { Parcel } from "./link.js";
import type { Viewer } from "./viewer.js";

/** As sdk/src/browser/send-queue.ts has it. */
const LOW_WATER_BYTES = 64 * 1024;
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

/** One end of a data channel, with the send queue of the SDK's transport: what is buffered, and when more is asked for. */
export class Connection {
  open = false;
  /** The other end; undefined once this side has gone. */
  remote: Connection | undefined;
  /** The other side is gone without a word: nothing drains any more. */
  dead = false;
  bufferedBytes = 0;
  #unreportedBytes = 0;
  #reportDue = false;

  constructor(
    readonly local: Viewer,
    readonly peer: PeerId,
    readonly initiator: boolean,
    readonly roundTripMs: number,
  ) {}

  get canSend(): boolean {
    return this.open && !this.dead;
  }

  /** False when the peer does not read and the bound is passed. */
  send(message: Message, bytes: number): boolean {
    if (this.bufferedBytes + bytes > MAX_QUEUED_BYTES) return false;
    this.bufferedBytes += bytes;
    if (this.dead) return true;
    this.#unreportedBytes += bytes;
    this.local.uplink.push(new Parcel(this, message, bytes));
    if (this.#unreportedBytes >= LOW_WATER_BYTES && this.bufferedBytes <= LOW_WATER_BYTES && !this.#reportDue) {
      this.#reportDue = true;
      this.local.later(() => {
        this.#reportDue = false;
        if (this.bufferedBytes <= LOW_WATER_BYTES) this.#report();
      });
    }
    return true;
  }

  /** The parcel has left the uplink. */
  departed(parcel: Parcel, nowMs: number): void {
    const { world } = this.local;
    const before = this.bufferedBytes;
    this.bufferedBytes -= parcel.bytes;
    if (this.remote !== undefined && this.remote.open)
      world.clock.at(nowMs + this.roundTripMs / 2 + parcel.lossMs(world.setting.path, this.roundTripMs), parcel);
    if (this.open && before > LOW_WATER_BYTES && this.bufferedBytes <= LOW_WATER_BYTES) this.#report();
  }

  arrived(parcel: Parcel, nowMs: number): void {
    this.local.received(this.peer, parcel, nowMs);
  }

  #report(): void {
    this.#unreportedBytes = 0;
    if (this.open) this.local.handle({ type: "writable", peer: this.peer, bufferedBytes: this.bufferedBytes });
  }
}
