import type { ShoalEvents } from "shoal";
import { STORE_SLOT } from "./palette.js";

const CHUNK_BYTES = 16 * 1024;
/** Some twenty minutes of 4 s segments: the strip shows one minute, seeking back finds the rest. */
const MAX_SEGMENTS = 300;

/** `main`: whichever quality level plays. */
export type TrackKind = "main" | "audio" | "subtitle";

export interface SegmentChunks {
  readonly track: number;
  startS: number;
  durationS: number;
  /** A palette slot a chunk; 0: not here yet. */
  slots: Uint8Array;
  /** Handed to the player at least once. */
  handed: boolean;
}

/** Where each chunk came from, segment by segment. */
export class ChunkMap {
  private readonly segments = new Map<string, SegmentChunks>();
  private readonly kinds = new Map<number, TrackKind>();

  constructor(private readonly slotOf: (source: string) => number) {}

  /** Oldest arrival first. */
  values(): Iterable<SegmentChunks> {
    return this.segments.values();
  }

  kindOf(segment: SegmentChunks): TrackKind {
    return this.kinds.get(segment.track) ?? "main";
  }

  addChunk(event: ShoalEvents["chunk"]): void {
    const segment = this.segmentOf(event, event.chunks);
    if (segment === undefined) return;
    // Another file under the same number: a live stream that started again, or another CDN's cut.
    if (segment.slots.length !== event.chunks) segment.slots = new Uint8Array(event.chunks);
    segment.slots[event.chunk] = this.slotOf(event.source);
  }

  /** A segment that comes a second time comes from the own store, whoever sent its chunks at first. */
  addSegment(event: ShoalEvents["segment"], kind: TrackKind): void {
    this.kinds.set(event.track, kind);
    const segment = this.segmentOf(event, Math.ceil((event.originBytes + event.peerBytes + event.storeBytes) / CHUNK_BYTES));
    if (segment === undefined) return;
    const unseen = !segment.slots.some((slot) => slot !== 0);
    if (unseen || (segment.handed && event.originBytes + event.peerBytes === 0)) segment.slots.fill(STORE_SLOT);
    segment.handed = true;
  }

  /** Chunks by slot among the segments that touch the span. */
  countBySlot(fromS: number, toS: number): Map<number, number> {
    const counts = new Map<number, number>();
    for (const segment of this.segments.values()) {
      if (segment.startS > toS || segment.startS + segment.durationS < fromS) continue;
      for (const slot of segment.slots) if (slot !== 0) counts.set(slot, (counts.get(slot) ?? 0) + 1);
    }
    return counts;
  }

  /** `undefined` for initialization segments, which take no time. */
  private segmentOf(event: Pick<ShoalEvents["segment"], "track" | "sequence" | "startS" | "durationS">, chunks: number): SegmentChunks | undefined {
    if (event.durationS <= 0 || chunks <= 0) return undefined;
    const key = `${event.track}.${event.sequence}`;
    const known = this.segments.get(key);
    if (known !== undefined) {
      known.startS = event.startS;
      known.durationS = event.durationS;
      return known;
    }
    const segment = { track: event.track, startS: event.startS, durationS: event.durationS, slots: new Uint8Array(chunks), handed: false };
    this.segments.set(key, segment);
    const oldest = this.segments.size > MAX_SEGMENTS ? this.segments.keys().next().value : undefined;
    if (oldest !== undefined) this.segments.delete(oldest);
    return segment;
  }
}
