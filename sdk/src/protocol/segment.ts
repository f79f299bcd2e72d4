import type { TrackId } from "./ids.js";

/** Unit of request, verification and forwarding (DESIGN: 16 KiB; larger chunks halve control bytes but miss more deadlines). */
export const CHUNK_BYTES = 16 * 1024;
/** Largest segment the protocol can address: 65,535 chunks, just under 1 GiB. */
export const MAX_CHUNKS = 65_535;
export const MAX_SEGMENT_BYTES = MAX_CHUNKS * CHUNK_BYTES;
/** `sequence` of an initialization segment, which has no media sequence number of its own. */
export const INIT_SEQUENCE = 0xffff_ffff;

/** Names one HLS media file (or byte range of one) independently of who watches it. All three numbers are unsigned 32 bit. */
export interface SegmentRef {
  /** `track.sequence.variant` in hex: the key for every map in the engine. */
  readonly id: string;
  readonly track: TrackId;
  /** Media sequence number, or {@link INIT_SEQUENCE}. */
  readonly sequence: number;
  /** Short hash of URL path and byte range: two files under one sequence number never mix. */
  readonly variant: number;
}

/** What a playlist says about a segment. */
export interface SegmentInfo {
  readonly ref: SegmentRef;
  /** Start on the player's own timeline, seconds. */
  readonly startS: number;
  readonly durationS: number;
  /** Known beforehand only for byte ranges. */
  readonly sizeBytes?: number;
}

export type TrackKind = "main" | "audio" | "subtitle";

export function segmentRef(track: TrackId, sequence: number, variant: number): SegmentRef {
  return { id: `${track.toString(16)}.${sequence.toString(16)}.${variant.toString(16)}`, track, sequence, variant };
}

export const chunkCount = (sizeBytes: number): number => Math.ceil(sizeBytes / CHUNK_BYTES);

/** Length of chunk `index` of a segment of `sizeBytes`; the last one may be short. */
export const chunkLength = (sizeBytes: number, index: number): number =>
  Math.min(CHUNK_BYTES, sizeBytes - index * CHUNK_BYTES);
