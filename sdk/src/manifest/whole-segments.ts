import type { FragmentLoaderContext } from "hls.js";
import { hashChunk } from "../browser/hash.js";
import { pathOf } from "../hls/identity.js";
import type { ChunkHash } from "../protocol/ids.js";
import { CHUNK_BYTES } from "../protocol/segment.js";
import { isChunkList } from "./chunk-list.js";
import type { SignedSegment } from "./manifest.js";
import type { ManifestShelf } from "./manifest-shelf.js";
import { segmentName } from "./names.js";
import { type Refusal, refusal } from "./refusal.js";

/** When a segment that hls.js has fetched by itself is looked up again, ms after the first time; packagers and caches are some seconds apart at most. */
const LOOK_UPS_MS = [0, 500, 1_500, 3_500, 7_500];
/** And where the playlist had something unsigned already. */
const FURTHER_LOOK_UPS = 2;

/** Segments as hls.js's own loader brings them past the engine, compared as a whole. */
export class WholeSegments {
  readonly #shelf: ManifestShelf;
  readonly #onRefused: (refusal: Refusal) => void;
  /** Paths of playlists that had something unsigned. */
  readonly #unsigned = new Set<string>();
  #isDestroyed = false;

  constructor(shelf: ManifestShelf, onRefused: (refusal: Refusal) => void) {
    this.#shelf = shelf;
    this.#onRefused = onRefused;
  }

  /**
   * Whether hls.js may play what its own loader has brought: `undefined`, or the HTTP status to fail with, one that hls.js tries again some
   * times where that may help. Never rejects.
   */
  async check({ frag, part, rangeStart = 0, rangeEnd = 0 }: FragmentLoaderContext, data: ArrayBuffer): Promise<number | undefined> {
    const file = { url: frag.url, rangeStart: frag.byteRangeStartOffset ?? 0, rangeEnd: frag.byteRangeEndOffset ?? 0 };
    const refuse = (code: Refusal["code"], status: number): number => {
      if (!this.#isDestroyed) this.#onRefused(refusal(code, file.url, true));
      return status;
    };
    if (part || rangeStart !== file.rangeStart || rangeEnd !== file.rangeEnd) return refuse("unsignable", 403);
    const playlistUrl = frag.baseurl;
    const sequence = frag.sn === "initSegment" ? "init" : frag.sn;
    let lastMs = 0;
    const place = pathOf(playlistUrl);
    for (const atMs of LOOK_UPS_MS.slice(0, this.#unsigned.has(place) ? FURTHER_LOOK_UPS : undefined)) {
      await new Promise((resolve) => setTimeout(resolve, atMs - lastMs));
      lastMs = atMs;
      let signed = this.#shelf.find(playlistUrl, sequence, segmentName(playlistUrl, file));
      if (!signed && !this.#isDestroyed) {
        await this.#shelf.load(playlistUrl);
        signed = this.#shelf.find(playlistUrl, sequence, segmentName(playlistUrl, file));
      }
      if (this.#isDestroyed) return 0;
      if (!signed) continue;
      this.#unsigned.delete(place);
      return (await isSigned(new Uint8Array(data), signed)) ? undefined : refuse("altered", 502);
    }
    this.#unsigned.add(place);
    const problem = this.#shelf.problem(playlistUrl);
    return problem ? refuse(problem, 403) : refuse("not-in-manifest", 0);
  }

  destroy(): void {
    this.#isDestroyed = true;
  }
}

async function isSigned(bytes: Uint8Array, signed: SignedSegment): Promise<boolean> {
  if (bytes.length !== signed.sizeBytes) return false;
  const chunks: Promise<ChunkHash>[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(hashChunk(bytes.subarray(at, at + CHUNK_BYTES)));
  return isChunkList(await Promise.all(chunks), signed);
}
