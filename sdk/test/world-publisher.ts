import type { Effect, Input, SignedSegment } from "../src/protocol/contract.js";
import type { ChunkHash } from "../src/protocol/ids.js";
import { CHUNK_BYTES } from "../src/protocol/segment.js";
import type { Clock } from "./world-clock.js";
import { hashOf, type Stream } from "./world-stream.js";

/** What a publisher puts beside the stream; may be changed while the world runs. */
export interface PublisherSetting {
  /** Until a request for a manifest or a list is answered. */
  latencyMs: number;
  /** Whether the manifest has the segment by now. */
  covers: (sequence: number, nowMs: number) => boolean;
  /** Why no manifest can be believed; undefined: it can. */
  refuses: string | undefined;
  /** What stands beside a segment as its list; undefined: nothing. */
  list: (sequence: number, truth: readonly ChunkHash[]) => readonly ChunkHash[] | undefined;
}

type Asked = Extract<Effect, { type: "find-signed" | "fetch-list" | "check-list" }>;

export function chunkHashes(body: Uint8Array): ChunkHash[] {
  return Array.from({ length: Math.ceil(body.length / CHUNK_BYTES) }, (_, i) => hashOf(body.slice(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES)));
}

/** Hashing takes longest, and bodies are the same in every world. */
const lists = new WeakMap<Uint8Array, ChunkHash[]>();

function listOf(body: Uint8Array): ChunkHash[] {
  const list = lists.get(body) ?? chunkHashes(body);
  lists.set(body, list);
  return list;
}

export const rootOf = (sizeBytes: number, hashes: readonly ChunkHash[]): ChunkHash => hashOf(new TextEncoder().encode(`${sizeBytes} ${hashes.join("")}`));

/** One viewer's way to what the publisher has signed. */
export class PublisherLine {
  readonly asked: Asked[] = [];

  constructor(
    readonly clock: Clock,
    readonly setting: PublisherSetting,
    readonly streamOf: (track: number) => Stream | undefined,
    readonly answer: (input: Input) => void,
  ) {}

  execute(effect: Asked): void {
    this.asked.push(effect);
    const { clock, setting } = this;
    if (effect.type === "check-list") {
      const { token, hashes, sizeBytes, root } = effect;
      return clock.in(1, () => this.answer({ type: "list-checked", token, isTrue: rootOf(sizeBytes, hashes) === root }));
    }
    const { segment } = effect;
    clock.in(setting.latencyMs, () => {
      const stream = this.streamOf(segment.track);
      if (stream === undefined) return;
      if (effect.type === "fetch-list") return this.answer({ type: "list-fetched", segment, hashes: setting.list(segment.sequence, listOf(stream.body(segment.sequence))) });
      if (setting.refuses !== undefined) return this.answer({ type: "unsigned", track: segment.track, reason: setting.refuses });
      this.answer({ type: "signed", track: segment.track, segments: this.#manifest(stream) });
    });
  }

  #manifest(stream: Stream): SignedSegment[] {
    const { nowMs } = this.clock;
    const newest = stream.playlist(nowMs).filter(({ ref }) => this.setting.covers(ref.sequence, nowMs));
    return newest.flatMap(({ ref: { sequence, variant } }) => {
      const body = stream.body(sequence);
      const signed = { sequence, sizeBytes: body.length, root: rootOf(body.length, listOf(body)) };
      // A viewer's own playlist may be older than the manifest.
      return [{ ...signed, variant }, { ...signed, variant: undefined }];
    });
  }
}
