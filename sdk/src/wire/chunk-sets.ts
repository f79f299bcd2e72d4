import { hasBit, setBit } from "../protocol/bitfield.js";
import { MAX_RUNS, type ChunkRun } from "../protocol/message.js";
import { MAX_CHUNKS, type SegmentRef } from "../protocol/segment.js";
import { SEGMENT_BYTES, type Reader } from "./reader.js";
import { demand, type Writer } from "./writer.js";

/**
 * Chunks of a few segments that lie scattered over them, to the end of the message: segment, bytes (u16), then a bitfield that ends with its
 * last set bit's byte. What came rarest first has a dozen runs a segment, which take four times as much.
 */
export function writeChunkSets(writer: Writer, runs: readonly ChunkRun[]): void {
  demand(runs.length <= MAX_RUNS);
  for (const [segment, group] of groups(runs)) {
    const field = new Uint8Array(fieldBytes(group));
    for (const { first, count } of group) for (let chunk = first; chunk < first + count; chunk++) setBit(field, chunk);
    writer.segment(segment);
    writer.u16(field.length);
    writer.raw(field);
  }
}

export function readChunkSets(reader: Reader): ChunkRun[] {
  const runs: { segment: SegmentRef; first: number; count: number }[] = [];
  let before: SegmentRef | undefined;
  while (reader.more) {
    const segment = reader.segment();
    const field = reader.copy(reader.u16());
    if (segment.id === before?.id) reader.fail("chunks of one segment in two groups");
    if ((field.at(-1) ?? 0) === 0 || field.length * 8 > MAX_CHUNKS + 1) reader.fail("chunks out of bounds");
    before = segment;
    for (let chunk = 0; chunk < field.length * 8 && reader.failure === undefined; chunk++) {
      if (!hasBit(field, chunk)) continue;
      const last = runs.at(-1);
      if (last?.segment === segment && last.first + last.count === chunk) last.count++;
      else if (runs.length === MAX_RUNS || chunk >= MAX_CHUNKS) reader.fail("chunks out of bounds");
      else runs.push({ segment, first: chunk, count: 1 });
    }
  }
  return runs;
}

export function chunkSetsLength(runs: readonly ChunkRun[]): number {
  let length = 0;
  for (const [, group] of groups(runs)) length += SEGMENT_BYTES + 2 + fieldBytes(group);
  return length;
}

const fieldBytes = (group: readonly ChunkRun[]): number => {
  const { first = 0, count = 0 } = group.at(-1) ?? {};
  return ((first + count - 1) >> 3) + 1;
};

/** By segment, and ascending without touching within one: there is one encoding only. */
function* groups(runs: readonly ChunkRun[]): Generator<readonly [SegmentRef, readonly ChunkRun[]]> {
  for (let at = 0, end = 0; at < runs.length; at = end) {
    const { segment } = runs[at] as ChunkRun;
    end = at;
    let from = 0;
    while (runs[end]?.segment.id === segment.id) {
      const { first, count } = runs[end] as ChunkRun;
      demand(first >= from && count >= 1 && first + count <= MAX_CHUNKS);
      from = first + count + 1;
      end++;
    }
    yield [segment, runs.slice(at, end)];
  }
}
