/**
 * `writable` is reported when this much, or half of what was handed over if that is less, is left in the channel. Measured: 64-128 KiB
 * in flight fills a fast line, 1 MiB stalled a fresh channel for seconds; on a slow line every KiB is delay.
 */
export const LOW_WATER_BYTES = 64 * 1024;
/** What is handed to the browser at most; the rest waits here, since a full channel throws. */
const CHANNEL_BYTES = 256 * 1024;
/** What waits here at most: a peer that does not read costs no more memory than this. */
export const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

/** Frames without a chunk in them are not reported: nobody waits for their end. */
const SMALL_BYTES = 1024;

/** What a {@link SendQueue} needs of a data channel. */
export interface SendChannel {
  readonly bufferedAmount: number;
  bufferedAmountLowThreshold: number;
  /** May throw when the channel is closing. */
  send(bytes: Uint8Array<ArrayBuffer>): void;
}

/** Sends in order to one data channel, holds back what it cannot take, and says when it can take more. */
export class SendQueue {
  readonly #channel: SendChannel;
  readonly #report: (bufferedBytes: number) => void;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Something worth a report has been handed over since the channel was last empty. */
  #owes = false;

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
    this.#owes ||= bytes.length >= SMALL_BYTES;
    if (this.#waiting.length === 0 && this.#channel.bufferedAmount + bytes.byteLength <= CHANNEL_BYTES) {
      this.#send(bytes);
      return true;
    }
    if (this.#waitingBytes + bytes.byteLength > MAX_QUEUED_BYTES) return false;
    this.#waiting.push(bytes.slice());
    this.#waitingBytes += bytes.byteLength;
    return true;
  }

  /** To be called when the channel's `bufferedAmount` has fallen to its threshold. */
  onLow(): void {
    let sent = 0;
    for (const bytes of this.#waiting) {
      if (this.#channel.bufferedAmount + bytes.byteLength > CHANNEL_BYTES) break;
      this.#send(bytes);
      this.#waitingBytes -= bytes.byteLength;
      sent += 1;
    }
    if (sent > 0) this.#waiting = this.#waiting.slice(sent);
    const { bufferedBytes } = this;
    if (this.#owes && bufferedBytes <= this.#channel.bufferedAmountLowThreshold) {
      this.#owes = bufferedBytes > 0;
      // More may be pushed from inside.
      this.#report(bufferedBytes);
    }
    // And again at half of that, down to nothing: what is left must not count as under way for ever.
    this.#mark();
  }

  /** The threshold lies below what was handed over, so that the browser's event, which needs a fall past it, always comes. */
  #send(bytes: Uint8Array): void {
    this.#channel.send(bytes as Uint8Array<ArrayBuffer>);
    this.#mark();
  }

  #mark(): void {
    this.#channel.bufferedAmountLowThreshold = Math.min(LOW_WATER_BYTES, Math.floor(this.#channel.bufferedAmount / 2));
  }
}
