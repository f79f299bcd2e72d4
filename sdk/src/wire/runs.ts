import { MAX_RUNS, type ChunkRun } from "../protocol/message.js";
import { MAX_CHUNKS, type SegmentRef } from "../protocol/segment.js";
import { SEGMENT_BYTES, type Reader } from "./reader.js";
import { demand, type Writer } from "./writer.js";

/**
 * A list of runs, to the end of the message, in groups: segment, number of runs less one (u8), then first and count
 * (u16 each) a run. Neighbouring runs of one segment share a group, always, so that a list has one encoding only.
 */
export function writeRuns(writer: Writer, runs: readonly ChunkRun[]): void {
  demand(runs.length <= MAX_RUNS);
  for (let at = 0, end = 0; at < runs.length; at = end) {
    end = groupEnd(runs, at);
    const segment = runs[at]?.segment;
    if (segment === undefined) return;
    writer.segment(segment);
    writer.u8(end - at - 1);
    for (let i = at; i < end; i++) {
      const { first, count } = runs[i] ?? EMPTY;
      demand(isRun(first, count));
      writer.u16(first);
      writer.u16(count);
    }
  }
}

export function readRuns(reader: Reader): ChunkRun[] {
  const runs: ChunkRun[] = [];
  let last: SegmentRef | undefined;
  while (reader.more) {
    const segment = reader.segment();
    const size = reader.u8() + 1;
    if (segment.id === last?.id) reader.fail("runs of one segment in two groups");
    if (runs.length + size > MAX_RUNS) reader.fail("too many runs");
    if (size * RUN_BYTES > reader.remaining) reader.fail("ends too early");
    for (let i = 0; i < size && reader.failure === undefined; i++) {
      const first = reader.u16();
      const count = reader.u16();
      if (!isRun(first, count)) reader.fail("run out of bounds");
      runs.push({ segment, first, count });
    }
    last = segment;
  }
  return runs;
}

export function runsLength(runs: readonly ChunkRun[]): number {
  let length = runs.length * RUN_BYTES;
  for (let at = 0; at < runs.length; at = groupEnd(runs, at)) length += SEGMENT_BYTES + 1;
  return length;
}

const RUN_BYTES = 4;
const EMPTY = { first: 0, count: 0 };

const isRun = (first: number, count: number): boolean => count >= 1 && first + count <= MAX_CHUNKS;

/** The index after the last of the runs from `at` on that are of one segment. */
function groupEnd(runs: readonly ChunkRun[], at: number): number {
  const id = runs[at]?.segment.id;
  let end = at + 1;
  while (end < runs.length && runs[end]?.segment.id === id) end++;
  return end;
}
