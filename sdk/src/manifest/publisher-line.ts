import type { FragmentLoaderContext } from "hls.js";
import type { OriginConfig } from "../browser/origin.js";
import type { FileRange } from "../hls/identity.js";
import type { Effect, Input, SignedSegment } from "../protocol/contract.js";
import type { TrackId } from "../protocol/ids.js";
import { INIT_SEQUENCE, MAX_CHUNKS, type SegmentRef } from "../protocol/segment.js";
import type { SessionParts } from "../session-parts.js";
import { HASH_BYTES } from "../wire/reader.js";
import { ByteLoader } from "./byte-loader.js";
import { isChunkList, readChunkList } from "./chunk-list.js";
import type { SignedSegment as Vouched } from "./manifest.js";
import { ManifestShelf } from "./manifest-shelf.js";
import { listUrl, segmentName } from "./names.js";
import { isRefusalCode, type Refusal, refusal } from "./refusal.js";
import { WholeSegments } from "./whole-segments.js";

/** What a playlist lists, as a viewer knows it. */
export interface ListedTrack {
  /** What its lines were resolved against. */
  readonly playlistUrl: string;
  readonly files: readonly { readonly ref: SegmentRef; readonly file: FileRange }[];
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

/** The publisher's side of a session: manifests, lists of chunk hashes, and what hls.js's own loader brings past the engine. */
export class PublisherLine {
  readonly #setting: PublisherLineSetting;
  readonly #host: PublisherLineHost;
  readonly #loader: ByteLoader;
  readonly #shelf: ManifestShelf;
  readonly #whole: WholeSegments;
  #isDestroyed = false;

  constructor(setting: PublisherLineSetting, host: PublisherLineHost) {
    this.#setting = setting;
    this.#host = host;
    this.#loader = new ByteLoader(setting.origin, setting.hls);
    this.#shelf = new ManifestShelf(setting, this.#loader);
    this.#whole = new WholeSegments(this.#shelf, host.onRefused);
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

  /** As {@link WholeSegments.check}. */
  check(context: FragmentLoaderContext, data: ArrayBuffer): Promise<number | undefined> {
    return this.#whole.check(context, data);
  }

  destroy(): void {
    this.#isDestroyed = true;
    this.#whole.destroy();
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
    if (!this.#isDestroyed) this.#host.dispatch({ type: "list-fetched", segment, hashes: bytes && readChunkList(bytes) });
  }

  async #checkList({ token, hashes, sizeBytes, root }: Extract<Effect, { type: "check-list" }>): Promise<void> {
    const isTrue = await isChunkList(hashes, { sizeBytes, root }).catch(() => false);
    if (!this.#isDestroyed) this.#host.dispatch({ type: "list-checked", token, isTrue });
  }

  #refuse({ segment, code: what, isFinal, reason }: Extract<Effect, { type: "refused" }>): void {
    const code = what === "altered" ? what : isRefusalCode(reason) ? reason : "not-in-manifest";
    const url = this.#file(segment)?.url ?? this.#host.listed(segment.track)?.playlistUrl ?? this.#setting.streamUrl();
    this.#host.onRefused(refusal(code, url, isFinal));
  }

  #find({ playlistUrl }: ListedTrack, { ref, file }: ListedTrack["files"][number]): Vouched | undefined {
    return this.#shelf.find(playlistUrl, ref.sequence, segmentName(playlistUrl, file));
  }

  #file({ track, id }: SegmentRef): FileRange | undefined {
    return this.#host.listed(track)?.files.find(({ ref }) => ref.id === id)?.file;
  }
}
