/**
 * Where `bufferedAmount` has to fall before more is asked for. simple-peer sets the same as the channel's threshold. Measured:
 * 64-128 KiB in flight fills the line; 1 MiB stalled a fresh channel for seconds.
 */
export const LOW_WATER_BYTES = 64 * 1024;
/** What is handed to the browser at most; the rest waits here, since a full channel throws. */
const CHANNEL_BYTES = 256 * 1024;
/** What waits here at most: a peer that does not read costs no more memory than this. */
export const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

/** What a {@link SendQueue} needs of a data channel. */
export interface SendChannel {
  readonly bufferedAmount: number;
  /** May throw when the channel is closing. */
  send(bytes: Uint8Array): void;
}

/** Sends in order to one data channel, holds back what it cannot take, and says when it can take more. */
export class SendQueue {
  readonly #channel: SendChannel;
  readonly #report: (bufferedBytes: number) => void;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #unreportedBytes = 0;
  #reportDue = false;

  /** `report` is never called from inside {@link push}. */
  constructor(channel: SendChannel, report: (bufferedBytes: number) => void) {
    this.#channel = channel;
    this.#report = report;
  }

  get bufferedBytes(): number {
    return this.#channel.bufferedAmount + this.#waitingBytes;
  }

  /** False when {@link MAX_QUEUED_BYTES} would be passed: the peer does not read. `bytes` may be used again afterwards. */
  push(bytes: Uint8Array): boolean {
    if (this.#waiting.length === 0 && this.#channel.bufferedAmount + bytes.byteLength <= CHANNEL_BYTES) {
      this.#channel.send(bytes);
      this.#unreportedBytes += bytes.byteLength;
      this.#reportIfQuick();
      return true;
    }
    if (this.#waitingBytes + bytes.byteLength > MAX_QUEUED_BYTES) return false;
    this.#waiting.push(bytes.slice());
    this.#waitingBytes += bytes.byteLength;
    return true;
  }

  /** To be called when the channel's `bufferedAmount` has fallen to {@link LOW_WATER_BYTES}. */
  onLow(): void {
    let sent = 0;
    for (const bytes of this.#waiting) {
      if (this.#channel.bufferedAmount + bytes.byteLength > CHANNEL_BYTES) break;
      this.#channel.send(bytes);
      this.#waitingBytes -= bytes.byteLength;
      sent += 1;
    }
    if (sent > 0) this.#waiting = this.#waiting.slice(sent);
    if (this.bufferedBytes <= LOW_WATER_BYTES) this.#reportNow();
  }

  /**
   * The browser's event needs a fall from above the mark. A line that drains as fast as it is filled never gets there, and
   * whoever counts what it sent would wait for ever: so say it after each {@link LOW_WATER_BYTES} that went straight through.
   */
  #reportIfQuick(): void {
    if (this.#reportDue || this.#unreportedBytes < LOW_WATER_BYTES || this.#channel.bufferedAmount > LOW_WATER_BYTES) return;
    this.#reportDue = true;
    queueMicrotask(() => {
      this.#reportDue = false;
      if (this.bufferedBytes <= LOW_WATER_BYTES) this.#reportNow();
    });
  }

  #reportNow(): void {
    this.#unreportedBytes = 0;
    this.#report(this.bufferedBytes);
  }
}
