import type { Effect, Input, SignedSegment } from "../../sdk/src/protocol/contract.js";
import type { ChunkHash } from "../../sdk/src/protocol/ids.js";
import { HASH_BYTES } from "../../sdk/src/wire/reader.js";
import type { Media, Stream } from "./stream.js";
import type { World } from "./world.js";

/** From a segment's appearance to its place in the manifest, ms: what `shoal publish --watch` takes in the median. */
const PUBLISH_MS = 20;
/** Bytes of a manifest: without segments, and one segment. */
const MANIFEST_BYTES = 103;
const ENTRY_BYTES = 34;

/** By stream and newest segment: the same for everybody. */
const manifests = new WeakMap<Stream, { readonly edge: number; readonly segments: readonly SignedSegment[] }>();

/** One viewer's way to what the publisher has signed: manifests and lists of chunk hashes are a request to the origin each. */
export class PublisherLine {
  readonly #asking = new Set<Stream>();

  constructor(
    readonly viewer: { readonly world: World; readonly gone: boolean; handle(input: Input): void },
  ) {}

  /** A playlist has been read. */
  lookUp(stream: Stream): void {
    if (this.#asking.has(stream)) return;
    this.#asking.add(stream);
    this.#request(MANIFEST_BYTES + ENTRY_BYTES * stream.setting.count, () => {
      this.#asking.delete(stream);
      this.viewer.handle({ type: "signed", track: stream.track, segments: manifestOf(stream, this.viewer.world.clock.nowMs) });
    });
  }

  execute(effect: Extract<Effect, { type: "find-signed" | "fetch-list" | "check-list" }>): void {
    const { world } = this.viewer;
    switch (effect.type) {
      case "find-signed": {
        const stream = world.levels[effect.segment.track - 1];
        return stream && this.lookUp(stream);
      }
      case "fetch-list": {
        const { segment } = effect;
        const media = world.media(segment);
        return this.#request(HASH_BYTES * (media?.chunks ?? 0), () => this.viewer.handle({ type: "list-fetched", segment, hashes: media?.hashes }));
      }
      case "check-list": {
        const { token, hashes, root } = effect;
        const truth = signedMedia.get(root);
        const isTrue = truth !== undefined && truth.chunks === hashes.length && truth.hashes.every((hash, i) => hash === hashes[i]);
        return this.viewer.handle({ type: "list-checked", token, isTrue });
      }
    }
  }

  /** Small answers take a round trip. */
  #request(bytes: number, answer: () => void): void {
    const { clock, origin, meter } = this.viewer.world;
    meter.signatureSent(bytes);
    clock.in(origin.setting.roundTripMs + origin.setting.latencyMs, () => {
      if (!this.viewer.gone) answer();
    });
  }
}

const signedMedia = new Map<ChunkHash, Media>();

function manifestOf(stream: Stream, nowMs: number): readonly SignedSegment[] {
  const edge = stream.edge(stream.setting.live ? Math.max(0, nowMs - PUBLISH_MS) : nowMs);
  const known = manifests.get(stream);
  if (known?.edge === edge) return known.segments;
  const segments = stream.playlist(edge).flatMap(({ ref: { sequence, variant } }) => {
    const media = stream.media(sequence);
    const root = `c${media.hashes[0]?.slice(1)}` as ChunkHash;
    signedMedia.set(root, media);
    const signed = { sequence, sizeBytes: media.sizeBytes, root };
    // A viewer's own playlist may be older than the manifest.
    return [{ ...signed, variant }, { ...signed, variant: undefined }];
  });
  manifests.set(stream, { edge, segments });
  return segments;
}
