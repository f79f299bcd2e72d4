import { MIN_SLICE_CHUNKS, SLICES } from "./config.js";
import { CHUNK_BYTES, MAX_CHUNKS } from "./segment.js";
import type { StoredSegment } from "./stored-segment.js";

/** A contiguous part of a segment, in chunks; `end` is exclusive. */
export interface Slice {
  readonly first: number;
  readonly end: number;
}

/**
 * The slices that peers share out among themselves. Their borders follow from the playlist alone, so that peers who have not
 * seen the segment's size yet agree on them; the last slice is open, and what lies past the real end is empty.
 */
export function slicesOf({ bandwidthBps, chunks, durationS }: StoredSegment): Slice[] {
  const expected = bandwidthBps > 0 ? Math.ceil((bandwidthBps / 8) * durationS / CHUNK_BYTES) : 4 * MIN_SLICE_CHUNKS;
  const length = Math.max(MIN_SLICE_CHUNKS, Math.ceil(expected / SLICES));
  const count = Math.max(1, Math.min(SLICES, Math.ceil(expected / length)));
  const end = chunks > 0 ? chunks : MAX_CHUNKS;
  const slices: Slice[] = [];
  for (let i = 0; i < count; i++) {
    const first = i * length;
    if (first >= end) break;
    slices.push({ first, end: i === count - 1 ? end : Math.min(end, first + length) });
  }
  return slices;
}

/** Neighbouring slices become one, so that they cost one request. Gaps of up to `gap` chunks are closed. */
export function mergeSlices(slices: readonly Slice[], gap = 0): Slice[] {
  const merged: { first: number; end: number }[] = [];
  for (const slice of [...slices].sort((a, b) => a.first - b.first)) {
    const last = merged.at(-1);
    if (last !== undefined && slice.first <= last.end + gap) last.end = Math.max(last.end, slice.end);
    else merged.push({ ...slice });
  }
  return merged;
}

/** At most `most` slices that cover all of these: the narrowest gaps are closed. */
export function fewer(slices: readonly Slice[], most: number): readonly Slice[] {
  if (slices.length <= most) return slices;
  const gaps = slices.slice(1).map((s, i) => s.first - (slices[i] as Slice).end).sort((a, b) => a - b);
  return fewer(mergeSlices(slices, gaps[slices.length - most - 1]), most);
}
