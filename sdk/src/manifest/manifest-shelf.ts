import { pathOf } from "../hls/identity.js";
import type { ByteLoader } from "./byte-loader.js";
import { MAX_MANIFEST_BYTES } from "./layout.js";
import { type ContentManifest, manifestUrl, openManifest, type RefusalCode, type SignedSegment } from "./manifest.js";

/** Playlists whose manifests are kept; a stream has a few dozen at most. */
const MAX_PLAYLISTS = 64;
/** A manifest that was asked for so lately is not asked for again, ms: several segments want the same one. */
const FRESH_MS = 200;

export type MissingCode = RefusalCode | "no-manifest";

interface Place {
  manifest: ContentManifest | undefined;
  /** The one before: what has just left a live window may still be asked for. */
  before: ContentManifest | undefined;
  problem: MissingCode | undefined;
  loading: Promise<void> | undefined;
  loadedMs: number;
}

/** The manifests of a stream's playlists, the latest of each that its publisher has signed. */
export class ManifestShelf {
  readonly #places = new Map<string, Place>();

  constructor(readonly setting: { readonly contentKey: string; readonly streamUrl: () => string }, readonly loader: Pick<ByteLoader, "load">) {}

  get(playlistUrl: string): ContentManifest | undefined {
    return this.#places.get(pathOf(playlistUrl))?.manifest;
  }

  /** What the publisher vouches for, as {@link ContentManifest.find}. */
  find(playlistUrl: string, sequence: number | "init", name: number): SignedSegment | undefined {
    const place = this.#places.get(pathOf(playlistUrl));
    return place?.manifest?.find(sequence, name) ?? place?.before?.find(sequence, name);
  }

  /** Why there is none. */
  problem(playlistUrl: string): MissingCode | undefined {
    const place = this.#places.get(pathOf(playlistUrl));
    return place?.manifest ? undefined : place?.problem;
  }

  /** Loads it, again where it was loaded before. What cannot be believed replaces nothing. Never rejects. */
  async load(playlistUrl: string): Promise<void> {
    const place = this.#place(playlistUrl);
    if (place.manifest?.ended || performance.now() - place.loadedMs < FRESH_MS) return;
    place.loading ??= this.#load(place, playlistUrl).finally(() => (place.loading = undefined));
    return place.loading;
  }

  async #load(place: Place, playlistUrl: string): Promise<void> {
    const { contentKey, streamUrl } = this.setting;
    const bytes = await this.loader.load(manifestUrl(playlistUrl), MAX_MANIFEST_BYTES);
    const opened = bytes && (await openManifest(bytes, { contentKey, streamUrl: streamUrl(), playlistUrl }));
    place.loadedMs = performance.now();
    if (opened?.type !== "manifest") place.problem = opened?.code ?? "no-manifest";
    else if (opened.signedMs > (place.manifest?.signedMs ?? -1)) {
      place.before = place.manifest;
      place.manifest = opened;
    }
  }

  #place(playlistUrl: string): Place {
    const key = pathOf(playlistUrl);
    let place = this.#places.get(key);
    if (!place) {
      this.#places.set(key, (place = { manifest: undefined, before: undefined, problem: undefined, loading: undefined, loadedMs: -Infinity }));
      for (const oldest of this.#places.keys()) {
        if (this.#places.size <= MAX_PLAYLISTS) break;
        this.#places.delete(oldest);
      }
    }
    return place;
  }
}
