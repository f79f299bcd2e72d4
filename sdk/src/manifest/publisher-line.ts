import type { FragmentLoaderContext } from "hls.js";
import { hashChunk } from "../browser/hash.js";
import type { OriginConfig } from "../browser/origin.js";
import { type FileRange, pathOf } from "../hls/identity.js";
import type { Effect, Input, SignedSegment } from "../protocol/contract.js";
import type { ChunkHash, TrackId } from "../protocol/ids.js";
import { CHUNK_BYTES, INIT_SEQUENCE, MAX_CHUNKS, type SegmentRef } from "../protocol/segment.js";
import type { SessionParts } from "../session-parts.js";
import { toHex } from "../wire/hex.js";
import { HASH_BYTES } from "../wire/reader.js";
import { ByteLoader } from "./byte-loader.js";
import { isChunkList } from "./chunk-list.js";
import type { SignedSegment as Vouched } from "./manifest.js";
import { ManifestShelf, type MissingCode } from "./manifest-shelf.js";
import { listUrl, segmentName } from "./names.js";

/** What a playlist lists, as a viewer knows it. */
export interface ListedTrack {
  /** What its lines were resolved against. */
  readonly playlistUrl: string;
  readonly files: readonly { readonly ref: SegmentRef; readonly file: FileRange }[];
}

/** Something that is not played. `url`: of the segment, or of the playlist where that is not known. */
export interface Refusal {
  readonly code: MissingCode | "not-in-manifest" | "altered" | "unsignable";
  readonly url: string;
  /** It is not waited for any longer. */
  readonly isFinal: boolean;
  /** One sentence: what is wrong and who can mend it. */
  readonly message: string;
}

export interface PublisherLineHost {
  readonly dispatch: (input: Input) => void;
  readonly listed: (track: TrackId) => ListedTrack | undefined;
  readonly onRefused: (refusal: Refusal) => void;
}

export interface PublisherLineSetting {
  readonly contentKey: string;
  /** Where the stream's playlist came from, after redirects: what the addresses in it were resolved against. */
  readonly streamUrl: () => string;
  readonly hls: OriginConfig;
  readonly origin: SessionParts["origin"];
}

type PublisherEffect = Extract<Effect, { type: "find-signed" | "fetch-list" | "check-list" | "refused" }>;

/** When a segment that hls.js has fetched by itself is looked up again, ms after the first time; packagers and caches are some seconds apart at most. */
const LOOK_UPS_MS = [0, 500, 1_500, 3_500, 7_500];
/** And where the playlist had something unsigned already. */
const FURTHER_LOOK_UPS = 2;

const MESSAGES: Readonly<Record<Refusal["code"], string>> = {
  "no-manifest": "There is no manifest beside the playlist; run shoal publish, and serve the .shoal files like the playlist.",
  "not-in-manifest": "The manifest does not have this segment; see that shoal publish --watch runs and that the manifest is cached no longer than the playlist.",
  "bad-signature": "The manifest beside the playlist is not signed with contentKey; sign with the key's private part, or correct contentKey.",
  "other-playlist": "The manifest beside the playlist belongs to another stream or playlist; publish this one.",
  malformed: "What lies beside the playlist as its manifest is none; publish again.",
  "bad-key": "contentKey is no key; set it to what shoal keygen has printed.",
  unsupported: "This browser or page cannot check Ed25519 signatures: they need https and Chromium 137, Firefox 129 or Safari 17.",
  altered: "What the origin sends is not what was signed; publish again if the segment was changed on purpose.",
  unsignable: "hls.js asked for less than a segment (low latency, or AES-128 with byte ranges), which cannot be checked; package it otherwise.",
};

/** The publisher's side of a session: manifests, lists of chunk hashes, and what hls.js's own loader brings past the engine. */
export class PublisherLine {
  readonly #setting: PublisherLineSetting;
  readonly #host: PublisherLineHost;
  readonly #loader: ByteLoader;
  readonly #shelf: ManifestShelf;
  /** Paths of playlists that had something unsigned. */
  readonly #unsigned = new Set<string>();
  #isDestroyed = false;

  constructor(setting: PublisherLineSetting, host: PublisherLineHost) {
    this.#setting = setting;
    this.#host = host;
    this.#loader = new ByteLoader(setting.origin, setting.hls);
    this.#shelf = new ManifestShelf(setting, this.#loader);
  }

  /** A playlist has been read: what it lists is looked up before anybody asks for it. */
  playlist(track: TrackId): void {
    const listed = this.#host.listed(track);
    const newest = listed?.files.at(-1);
    if (!listed || !newest) return;
    this.#tell(track, listed);
    if (!this.#find(listed, newest)) void this.#lookUp(track);
  }

  execute(effect: PublisherEffect): void {
    switch (effect.type) {
      case "find-signed": return void this.#lookUp(effect.segment.track);
      case "fetch-list": return void this.#fetchList(effect.segment);
      case "check-list": return void this.#checkList(effect);
      case "refused": return this.#refuse(effect);
    }
  }

  /**
   * Whether hls.js may play what its own loader has brought: `undefined`, or the HTTP status to fail with, one that hls.js tries again some
   * times where that may help. Never rejects.
   */
  async check({ frag, part, rangeStart = 0, rangeEnd = 0 }: FragmentLoaderContext, data: ArrayBuffer): Promise<number | undefined> {
    const file = { url: frag.url, rangeStart: frag.byteRangeStartOffset ?? 0, rangeEnd: frag.byteRangeEndOffset ?? 0 };
    const refuse = (code: Refusal["code"], status: number): number => {
      if (!this.#isDestroyed) this.#host.onRefused({ code, url: file.url, isFinal: true, message: MESSAGES[code] });
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
    this.#loader.destroy();
  }

  async #lookUp(track: TrackId): Promise<void> {
    const listed = this.#host.listed(track);
    if (!listed) return;
    await this.#shelf.load(listed.playlistUrl);
    // The playlist may have gone on meanwhile.
    const now = this.#host.listed(track) ?? listed;
    if (this.#isDestroyed || this.#tell(track, now)) return;
    this.#host.dispatch({ type: "unsigned", track, reason: this.#shelf.problem(now.playlistUrl) ?? "no-manifest" });
  }

  /** False where there is no manifest. */
  #tell(track: TrackId, listed: ListedTrack): boolean {
    const manifest = this.#shelf.get(listed.playlistUrl);
    if (!manifest) return false;
    const segments: SignedSegment[] = [];
    let newest = -1;
    for (const item of listed.files) {
      const signed = this.#find(listed, item);
      if (item.ref.sequence !== INIT_SEQUENCE) newest = Math.max(newest, item.ref.sequence);
      if (signed) segments.push({ sequence: item.ref.sequence, variant: item.ref.variant, sizeBytes: signed.sizeBytes, root: signed.root });
    }
    for (const { sequence, sizeBytes, root } of manifest.after(newest)) segments.push({ sequence, variant: undefined, sizeBytes, root });
    this.#host.dispatch({ type: "signed", track, segments });
    return true;
  }

  async #fetchList(segment: SegmentRef): Promise<void> {
    const file = this.#file(segment);
    const bytes = file && (await this.#loader.load(listUrl(file), MAX_CHUNKS * HASH_BYTES));
    if (!this.#isDestroyed) this.#host.dispatch({ type: "list-fetched", segment, hashes: bytes && readList(bytes) });
  }

  async #checkList({ token, hashes, sizeBytes, root }: Extract<Effect, { type: "check-list" }>): Promise<void> {
    const isTrue = await isChunkList(hashes, { sizeBytes, root }).catch(() => false);
    if (!this.#isDestroyed) this.#host.dispatch({ type: "list-checked", token, isTrue });
  }

  #refuse({ segment, code: what, isFinal, reason }: Extract<Effect, { type: "refused" }>): void {
    const code = what === "altered" ? what : reason in MESSAGES ? (reason as Refusal["code"]) : "not-in-manifest";
    const url = this.#file(segment)?.url ?? this.#host.listed(segment.track)?.playlistUrl ?? this.#setting.streamUrl();
    this.#host.onRefused({ code, url, isFinal, message: MESSAGES[code] });
  }

  #find({ playlistUrl }: ListedTrack, { ref, file }: ListedTrack["files"][number]): Vouched | undefined {
    return this.#shelf.find(playlistUrl, ref.sequence, segmentName(playlistUrl, file));
  }

  #file({ track, id }: SegmentRef): FileRange | undefined {
    return this.#host.listed(track)?.files.find(({ ref }) => ref.id === id)?.file;
  }
}

async function isSigned(bytes: Uint8Array, signed: Vouched): Promise<boolean> {
  if (bytes.length !== signed.sizeBytes) return false;
  const chunks: Promise<ChunkHash>[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(hashChunk(bytes.subarray(at, at + CHUNK_BYTES)));
  return isChunkList(await Promise.all(chunks), signed);
}

function readList(bytes: Uint8Array): ChunkHash[] | undefined {
  if (bytes.length === 0 || bytes.length % HASH_BYTES !== 0) return undefined;
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, i) => toHex(bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)) as ChunkHash);
}
