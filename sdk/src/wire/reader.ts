import type { ChunkHash, PeerId, SwarmId, TrackId } from "../protocol/ids.js";
import { segmentRef, type SegmentRef } from "../protocol/segment.js";
import { toHex } from "./hex.js";

/**
 * Reads big-endian fields off bytes that a stranger sent. It never throws: the first failure sticks in `failure`,
 * every read after it gives zeros, and loops end because `more` turns false. What is read counts only when
 * `failure` is still undefined at the end.
 */
export class Reader {
  failure: string | undefined;
  private offset: number;

  constructor(
    private readonly bytes: Uint8Array,
    offset: number,
  ) {
    this.offset = offset;
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  /** Whether to read another element of a list that ends with the message. */
  get more(): boolean {
    return this.failure === undefined && this.remaining > 0;
  }

  fail(reason: string): void {
    this.failure ??= reason;
  }

  u8(): number {
    return this.has(1) ? (this.bytes[this.offset++] ?? 0) : 0;
  }

  u16(): number {
    if (!this.has(2)) return 0;
    this.offset += 2;
    return u16At(this.bytes, this.offset - 2);
  }

  u32(): number {
    if (!this.has(4)) return 0;
    this.offset += 4;
    return u32At(this.bytes, this.offset - 4);
  }

  segment(): SegmentRef {
    if (!this.has(SEGMENT_BYTES)) return segmentRef(0 as TrackId, 0, 0);
    this.offset += SEGMENT_BYTES;
    return segmentAt(this.bytes, this.offset - SEGMENT_BYTES);
  }

  peer(): PeerId {
    return this.hex(PEER_BYTES) as PeerId;
  }

  swarm(): SwarmId {
    return this.hex(SWARM_BYTES) as SwarmId;
  }

  hash(): ChunkHash {
    return this.hex(HASH_BYTES) as ChunkHash;
  }

  /** `length` bytes as a copy: a view would keep the whole message alive for as long as its reader keeps the field. */
  copy(length: number): Uint8Array {
    if (!this.has(length)) return new Uint8Array(0);
    this.offset += length;
    return new Uint8Array(this.bytes.subarray(this.offset - length, this.offset));
  }

  private hex(length: number): string {
    if (!this.has(length)) return "";
    this.offset += length;
    return toHex(this.bytes.subarray(this.offset - length, this.offset));
  }

  private has(length: number): boolean {
    if (this.remaining < length) this.fail("ends too early");
    return this.failure === undefined;
  }
}

export const SEGMENT_BYTES = 12;
export const PEER_BYTES = 8;
export const SWARM_BYTES = 16;
export const HASH_BYTES = 16;

/** The segment named at `at`; the caller has checked that it is all there. */
export const segmentAt = (bytes: Uint8Array, at: number): SegmentRef =>
  segmentRef(u32At(bytes, at) as TrackId, u32At(bytes, at + 4), u32At(bytes, at + 8));

export const u16At = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const u32At = (bytes: Uint8Array, at: number): number => u16At(bytes, at) * 0x1_0000 + u16At(bytes, at + 2);
