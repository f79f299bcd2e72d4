import type { ChunkHash, PeerId, SwarmId } from "../protocol/ids.js";
import type { SegmentRef } from "../protocol/segment.js";

/** A message broke a bound of the protocol before it was sent: a mistake of this program, never of a peer. */
export class EncodeError extends Error {
  readonly code = "ENCODE";
  override readonly name = "EncodeError";
}

/** Throws {@link EncodeError} unless `holds`. */
export function demand(holds: boolean, what = "out of bounds"): void {
  if (!holds) throw new EncodeError(`cannot be encoded: ${what}`);
}

/** Writes big-endian fields into bytes of a length known beforehand. */
export class Writer {
  private offset = 0;

  constructor(readonly bytes: Uint8Array) {}

  u8(value: number): void {
    demand((value & 0xff) === value);
    this.bytes[this.offset++] = value;
  }

  u16(value: number): void {
    demand((value & 0xffff) === value);
    this.bytes[this.offset++] = value >>> 8;
    this.bytes[this.offset++] = value;
  }

  u32(value: number): void {
    demand(value >>> 0 === value);
    this.u16(value >>> 16);
    this.u16(value & 0xffff);
  }

  segment(segment: SegmentRef): void {
    this.u32(segment.track);
    this.u32(segment.sequence);
    this.u32(segment.variant);
  }

  /** An id: two lowercase hex digits a byte. */
  id(id: PeerId | SwarmId | ChunkHash, length: number): void {
    demand(id.length === 2 * length);
    for (let i = 0; i < id.length; i += 2) this.u8((digit(id.charCodeAt(i)) << 4) | digit(id.charCodeAt(i + 1)));
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.offset);
    this.offset += bytes.length;
  }
}

function digit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  demand(code >= 0x61 && code <= 0x66);
  return code - 0x61 + 10;
}
