import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TrackId } from "../src/protocol/ids.js";
import { CHUNK_BYTES, MAX_CHUNKS, segmentRef } from "../src/protocol/segment.js";
import { mergeSlices, slicesOf } from "../src/protocol/slices.js";
import { StoredSegment } from "../src/protocol/stored-segment.js";

/** Of 4 s, with so many chunks by its playlist, and so many where its size is known. */
function segmentOf(expected: number, chunks?: number): StoredSegment {
  const segment = new StoredSegment({ ref: segmentRef(1 as TrackId, 1, 0), startS: 0, durationS: 4, ...(chunks === undefined ? {} : { sizeBytes: chunks * CHUNK_BYTES }) }, "main");
  segment.bandwidthBps = (expected * CHUNK_BYTES * 8) / segment.durationS;
  return segment;
}

describe("Slices", () => {
  test("four a segment, each of sixteen chunks at least", () => {
    expect(slicesOf(segmentOf(100, 100))).toEqual([{ first: 0, end: 25 }, { first: 25, end: 50 }, { first: 50, end: 75 }, { first: 75, end: 100 }]);
    expect(slicesOf(segmentOf(40, 40))).toEqual([{ first: 0, end: 16 }, { first: 16, end: 32 }, { first: 32, end: 40 }]);
    expect(slicesOf(segmentOf(5, 5))).toEqual([{ first: 0, end: 5 }]);
  });

  test("borders do not depend on the size, so that peers agree before they know it", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 0, max: 2_000 }), (chunks, expected) => {
      const known = slicesOf(segmentOf(expected, chunks));
      const unknown = slicesOf(segmentOf(expected));
      expect(known.map((s) => s.first)).toEqual(unknown.map((s) => s.first).slice(0, known.length));
      expect(unknown.at(-1)?.end).toBe(MAX_CHUNKS);
    }));
  });

  test("slices cover the segment once, without a gap", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 0, max: 3_000 }), (chunks, expected) => {
      const slices = slicesOf(segmentOf(expected, chunks));
      expect(mergeSlices(slices)).toEqual([{ first: 0, end: chunks }]);
      expect(slices.reduce((sum, s) => sum + s.end - s.first, 0)).toBe(chunks);
      expect(slices.length).toBeLessThanOrEqual(4);
    }));
  });

  test("merging joins neighbours and closes gaps up to the one given", () => {
    expect(mergeSlices([{ first: 5, end: 6 }, { first: 0, end: 2 }, { first: 2, end: 3 }])).toEqual([{ first: 0, end: 3 }, { first: 5, end: 6 }]);
    expect(mergeSlices([{ first: 0, end: 3 }, { first: 5, end: 6 }], 2)).toEqual([{ first: 0, end: 6 }]);
    expect(mergeSlices([{ first: 0, end: 9 }, { first: 3, end: 5 }])).toEqual([{ first: 0, end: 9 }]);
  });
});
