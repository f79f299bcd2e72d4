import type { ByteRange, ResponseHead } from "./response-head.js";

/**
 * Cuts a segment that is a byte range of a larger file out of what the origin sends, which is the whole file where the
 * origin ignores ranges. All it gives is counted from the segment's own start.
 */
export class Clip {
  readonly #within: ByteRange;
  #position = 0;

  constructor(within: ByteRange) {
    this.#within = within;
  }

  head(head: ResponseHead): Pick<ResponseHead, "startByte" | "sizeBytes"> {
    this.#position = head.startByte;
    const { start, end } = this.#within;
    return { startByte: Math.max(head.startByte - start, 0), sizeBytes: end - start };
  }

  /** The part of the next `bytes` that belongs to the segment; possibly none. */
  bytes(bytes: Uint8Array): Uint8Array {
    const from = this.#position;
    this.#position += bytes.byteLength;
    const { start, end } = this.#within;
    return bytes.subarray(Math.max(start - from, 0), Math.max(end - from, 0));
  }

  /** Whether all of the segment has passed. */
  get isComplete(): boolean {
    return this.#position >= this.#within.end;
  }
}
