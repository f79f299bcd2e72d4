import type { ChunkHash, TrackId } from "../src/protocol/ids.js";
import { segmentRef, type SegmentInfo, type TrackKind } from "../src/protocol/segment.js";

/** Any flipped bit changes it, and it is five times as fast as SHA-256: nobody attacks the hash here. */
export function hashOf(payload: Uint8Array): ChunkHash {
  const aligned = payload.byteOffset % 4 === 0 ? payload : payload.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  let a = 0x811c9dc5 ^ payload.length;
  let b = 0x9e3779b9;
  for (const word of words) {
    a = Math.imul(a ^ word, 0x01000193);
    b = Math.imul((b << 5) ^ (b >>> 27) ^ word, 0x85ebca6b);
  }
  for (let i = words.length * 4; i < payload.length; i++) a = Math.imul(a ^ (payload[i] ?? 0), 0x01000193);
  const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, "0");
  return `${hex(a)}${hex(b)}${hex(a ^ (b >>> 7))}${hex(b ^ (a >>> 9))}` as ChunkHash;
}

/** Bodies by track, sequence and size: the same in every world. */
const bodies = new Map<string, Uint8Array>();

function bodyOf(seed: number, sizeBytes: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(sizeBytes / 4));
  let state = Math.imul(seed, 0x9e3779b9) | 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, sizeBytes);
}

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
    const sizeBytes = this.#sizeBytes(sequence);
    const key = `${this.track}.${sequence}.${sizeBytes}`;
    let body = bodies.get(key);
    if (body === undefined) bodies.set(key, (body = bodyOf(this.track * 100_003 + sequence, sizeBytes)));
    return body;
  }
}
