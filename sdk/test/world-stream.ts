import { createHash } from "node:crypto";
import type { ChunkHash, TrackId } from "../src/protocol/ids.js";
import { Random } from "../src/protocol/random.js";
import { segmentRef, type SegmentInfo, type TrackKind } from "../src/protocol/segment.js";

export const hashOf = (payload: Uint8Array): ChunkHash => createHash("sha256").update(payload).digest("hex").slice(0, 32) as ChunkHash;

/** A rendition: which segments there are, and what is in them. */
export class Stream {
  readonly track: TrackId;
  readonly kind: TrackKind;
  readonly bandwidthBps: number;
  readonly durationS: number;
  readonly live: boolean;
  /** VoD: how many segments. Live: how many the playlist shows. */
  readonly count: number;
  readonly #sizeBytes: (sequence: number) => number;
  readonly #bodies = new Map<string, Uint8Array>();

  constructor(setting: Partial<Pick<Stream, "kind" | "bandwidthBps" | "durationS" | "live" | "count">> & { track?: number; sizeBytes?: (sequence: number) => number } = {}) {
    this.track = (setting.track ?? 1) as TrackId;
    this.kind = setting.kind ?? "main";
    this.bandwidthBps = setting.bandwidthBps ?? 1_500_000;
    this.durationS = setting.durationS ?? 4;
    this.live = setting.live ?? false;
    this.count = setting.count ?? 15;
    // Segments differ in size, and none is a multiple of a chunk.
    this.#sizeBytes = setting.sizeBytes ?? ((sequence) => Math.round((this.bandwidthBps / 8) * this.durationS * (0.8 + ((sequence * 7) % 5) / 20)) + 123);
  }

  info(sequence: number): SegmentInfo {
    return { ref: segmentRef(this.track, sequence, 9), startS: sequence * this.durationS, durationS: this.durationS };
  }

  /** What the playlist shows at `nowMs`: a live one has begun long ago. */
  playlist(nowMs: number): SegmentInfo[] {
    const newest = this.live ? this.edge(nowMs) : this.count - 1;
    return Array.from({ length: this.count }, (_, i) => this.info(newest - this.count + 1 + i));
  }

  /** Newest complete segment of a live stream. */
  edge(nowMs: number): number {
    return 100 + Math.floor(nowMs / 1000 / this.durationS);
  }

  body(sequence: number): Uint8Array {
    const key = String(sequence);
    let body = this.#bodies.get(key);
    if (body === undefined) {
      const random = new Random(this.track * 100_003 + sequence);
      const words = new Uint32Array(Math.ceil(this.#sizeBytes(sequence) / 4));
      for (let i = 0; i < words.length; i++) words[i] = random.next() * 4294967296;
      body = new Uint8Array(words.buffer, 0, this.#sizeBytes(sequence));
      this.#bodies.set(key, body);
    }
    return body;
  }
}
