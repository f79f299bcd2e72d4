import { bitfieldBytes, isWellFormed } from "../protocol/bitfield.js";
import { MAX_ENTRIES, type BufferMapEntry } from "../protocol/message.js";
import { chunkCount, MAX_SEGMENT_BYTES } from "../protocol/segment.js";
import { SEGMENT_BYTES, type Reader } from "./reader.js";
import { demand, type Writer } from "./writer.js";

/**
 * A list of entries, to the end of the message: segment, then one u32 whose low 30 bits are the segment's size in
 * bytes and whose high two say which chunks: 0 all, 1 none, 2 the bitfield that follows. So the usual entry, a
 * complete segment, takes 16 bytes.
 */
export function writeBufferMap(writer: Writer, entries: readonly BufferMapEntry[]): void {
  demand(entries.length <= MAX_ENTRIES);
  for (const { segment, sizeBytes, chunks } of entries) {
    demand(Number.isInteger(sizeBytes) && isSize(sizeBytes));
    writer.segment(segment);
    writer.u32(kindOf(chunks) * KIND + sizeBytes);
    if (typeof chunks === "string") continue;
    demand(isWellFormed(chunks, chunkCount(sizeBytes)));
    writer.raw(chunks);
  }
}

export function readBufferMap(reader: Reader): BufferMapEntry[] {
  const entries: BufferMapEntry[] = [];
  while (reader.more) {
    if (entries.length === MAX_ENTRIES) reader.fail("too many entries");
    const segment = reader.segment();
    const word = reader.u32();
    const sizeBytes = word % KIND;
    if (!isSize(sizeBytes)) reader.fail("segment size out of bounds");
    entries.push({ segment, sizeBytes, chunks: readChunks(reader, { kind: Math.floor(word / KIND), sizeBytes }) });
  }
  return entries;
}

export function bufferMapLength(entries: readonly BufferMapEntry[]): number {
  let length = entries.length * (SEGMENT_BYTES + 4);
  for (const { chunks } of entries) if (typeof chunks !== "string") length += chunks.length;
  return length;
}

/** The largest size, 65,535 chunks of 16 KiB, is just below 2^30. */
const KIND = 2 ** 30;

const isSize = (sizeBytes: number): boolean => sizeBytes > 0 && sizeBytes <= MAX_SEGMENT_BYTES;

const kindOf = (chunks: BufferMapEntry["chunks"]): number => (chunks === "all" ? 0 : chunks === "none" ? 1 : 2);

function readChunks(reader: Reader, { kind, sizeBytes }: { kind: number; sizeBytes: number }): BufferMapEntry["chunks"] {
  if (kind === 0) return "all";
  if (kind === 1) return "none";
  if (kind !== 2) reader.fail("unknown entry");
  const bits = chunkCount(sizeBytes);
  const field = reader.copy(bitfieldBytes(bits));
  if (!isWellFormed(field, bits)) reader.fail("spare bits set");
  return field;
}
