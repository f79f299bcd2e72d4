import type { ChunkHash, SwarmId, TrackId } from "../../sdk/src/protocol/ids.js";
import { CHUNK_BYTES, chunkCount, chunkLength, segmentRef, type SegmentInfo, type SegmentRef } from "../../sdk/src/protocol/segment.js";

/** All viewers of a world watch the same thing. */
export const SWARM = "5a".repeat(16) as SwarmId;

export interface StreamSetting {
  readonly rateBps: number;
  readonly segmentS: number;
  readonly live: boolean;
  /** VoD: segments in all. Live: segments that the playlist shows. */
  readonly count: number;
  /** All segments are of one size, and BANDWIDTH is that rate, as where an encoder stuffs. Default: neither. */
  readonly constant?: boolean;
}

/** A live stream has been running for this many segments when a world begins. */
const LIVE_AGE = 1_000;
/** A playlist's BANDWIDTH is the peak, not the mean. */
const PEAK = 1.1;

/** One segment as the origin has it. */
export interface Media {
  readonly info: SegmentInfo;
  readonly sizeBytes: number;
  readonly chunks: number;
  /** When the origin has it, ms. */
  readonly appearsMs: number;
  /** What peers send: one array a chunk, shared by everybody. */
  readonly payloads: readonly Uint8Array[];
  readonly hashes: readonly ChunkHash[];
}

/**
 * The content of every chunk is a place in one buffer: byteOffset says which chunk it is, the buffer whether it is genuine.
 * So a million stored chunks cost a pointer each, and can still be told apart.
 */
const SLOTS = 64;
const SLOT_CHUNKS = 1024;
const GENUINE = new Uint8Array(SLOTS * SLOT_CHUNKS + CHUNK_BYTES);
const POLLUTED = new Uint8Array(SLOTS * SLOT_CHUNKS + CHUNK_BYTES).fill(1);

/** One rendition: which segments there are, when, and what is in them. */
export class Stream {
  readonly #media = new Map<number, Media>();
  readonly #byId = new Map<string, Media>();
  readonly #playlists = new Map<number, readonly SegmentInfo[]>();

  constructor(
    readonly track: TrackId,
    readonly setting: StreamSetting,
  ) {}

  get bandwidthBps(): number {
    return this.setting.rateBps * (this.setting.constant === true ? 1 : PEAK);
  }

  /** Newest segment at that time. */
  edge(nowMs: number): number {
    const { live, count, segmentS } = this.setting;
    return live ? LIVE_AGE + Math.floor(nowMs / 1000 / segmentS) : count - 1;
  }

  /** Live: when the frame at this position was recorded, s; a segment appears with its last frame. */
  recordedS(positionS: number): number {
    return positionS - (LIVE_AGE + 1) * this.setting.segmentS;
  }

  first(edge: number): number {
    return edge - this.setting.count + 1;
  }

  playlist(edge: number): readonly SegmentInfo[] {
    let list = this.#playlists.get(edge);
    if (list === undefined) {
      list = Array.from({ length: this.setting.count }, (_, i) => this.media(this.first(edge) + i).info);
      this.#playlists.set(edge, list);
    }
    return list;
  }

  media(sequence: number): Media {
    let media = this.#media.get(sequence);
    if (media === undefined) {
      media = this.#make(sequence);
      this.#media.set(sequence, media);
      this.#byId.set(media.info.ref.id, media);
    }
    return media;
  }

  byId(id: string): Media | undefined {
    return this.#byId.get(id);
  }

  #make(sequence: number): Media {
    const { rateBps, segmentS, live, constant = false } = this.setting;
    const ref = segmentRef(this.track, sequence, 9);
    // Else segments differ in size; the mean is the stream's rate.
    const sizeBytes = constant ? Math.floor((rateBps / 8) * segmentS) : Math.round((rateBps / 8) * segmentS * (0.9 + ((sequence * 7) % 5) / 20)) + 123;
    const chunks = chunkCount(sizeBytes);
    const range = Array.from({ length: chunks }, (_, i) => i);
    return {
      info: { ref, startS: sequence * segmentS, durationS: segmentS },
      sizeBytes, chunks,
      appearsMs: live ? (sequence - LIVE_AGE) * segmentS * 1000 : 0,
      payloads: range.map((i) => slot(GENUINE, ref, i, chunkLength(sizeBytes, i))),
      hashes: range.map((i) => hashOf(ref, i, true)),
    };
  }
}

/** An array of its own for what the origin sends: one arrival is not another. */
export const originPayload = (media: Media, chunk: number): Uint8Array => slot(GENUINE, media.info.ref, chunk, chunkLength(media.sizeBytes, chunk));

export const pollutedPayload = (ref: SegmentRef, chunk: number, bytes: number): Uint8Array => slot(POLLUTED, ref, chunk, bytes);

/** What coding makes: genuine where all it is made of is. Parity has a chunk's number behind the segment's end. */
export const codedPayload = (ref: SegmentRef, chunk: number, setting: { readonly bytes: number; readonly genuine: boolean }): Uint8Array =>
  slot(setting.genuine ? GENUINE : POLLUTED, ref, chunk, setting.bytes);

export const isGenuine = (payload: Uint8Array, ref: SegmentRef, chunk: number): boolean =>
  payload.buffer === GENUINE.buffer && payload.byteOffset === place(ref, chunk);

export function hashOf(ref: SegmentRef, chunk: number, genuine: boolean): ChunkHash {
  const text = `${genuine ? "a" : "b"}${ref.track.toString(16)}${ref.sequence.toString(16).padStart(8, "0")}${chunk.toString(16).padStart(4, "0")}`;
  return text.padEnd(32, "0") as ChunkHash;
}

const place = (ref: SegmentRef, chunk: number): number => (ref.sequence % SLOTS) * SLOT_CHUNKS + chunk;

function slot(buffer: Uint8Array, ref: SegmentRef, chunk: number, bytes: number): Uint8Array {
  const at = place(ref, chunk);
  return buffer.subarray(at, at + bytes);
}
