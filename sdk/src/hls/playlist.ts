import type Hls from "hls.js";
import type { AudioTrackUpdatedData, Events, Fragment, FragmentLoaderContext, Level, LevelDetails, LevelPTSUpdatedData, LevelUpdatedData, ManifestLoadedData, MediaPlaylist } from "hls.js";
import type { Input } from "../protocol/contract.js";
import type { TrackId } from "../protocol/ids.js";
import { MAX_SEGMENT_BYTES, type SegmentInfo, type SegmentRef, type TrackKind } from "../protocol/segment.js";
import type { FileRange } from "./identity.js";
import { refOf, trackId } from "./identity.js";

type PlaylistInput = Extract<Input, { type: "playlist" }>;

/** Renditions remembered at a time; a stream has a few dozen at most. */
const MAX_TRACKS = 64;
/** Timeline shift that is worth telling, s: half of a short segment. */
const SHIFT_S = 0.25;

interface Track {
  readonly kind: TrackKind;
  readonly bandwidthBps: number;
  /** Fragments by segment id, of the newest playlist and of the one before: what just left the window may still be asked for. */
  newest: Map<string, Fragment>;
  before: Map<string, Fragment>;
}

/** A request of hls.js in the engine's words. */
export interface LocatedSegment {
  readonly kind: TrackKind;
  readonly segment: SegmentInfo;
}

/** Reads hls.js's playlists: what segments there are, who they are for every viewer alike, where this viewer gets them. */
export class PlaylistReader {
  readonly #hls: Hls;
  readonly #emit: (input: PlaylistInput) => void;
  readonly #tracks = new Map<TrackId, Track>();
  /** hls.js keeps a fragment's `level` up to date, but for audio it is an index that changes with the group. */
  readonly #trackOf = new WeakMap<LevelDetails, TrackId>();
  readonly #refs = new WeakMap<Fragment, SegmentRef>();
  /** Segments that one playlist gives two addresses under one name, or that are too long: they are never shared. */
  readonly #unshared = new Set<string>();

  /** Where the stream's own playlist came from, after redirects. */
  streamUrl: string | undefined;

  constructor(hls: Hls, emit: (input: PlaylistInput) => void) {
    this.#hls = hls;
    this.#emit = emit;
    hls.on("hlsManifestLoaded" as Events.MANIFEST_LOADED, this.#onManifest, this);
    hls.on("hlsLevelUpdated" as Events.LEVEL_UPDATED, this.#onLevel, this);
    hls.on("hlsAudioTrackUpdated" as Events.AUDIO_TRACK_UPDATED, this.#onAudio, this);
    hls.on("hlsLevelPtsUpdated" as Events.LEVEL_PTS_UPDATED, this.#onShift, this);
  }

  /** For a reader that comes after the playlists. */
  readKnown(): void {
    for (const level of this.#hls.levels) if (level.details) this.#read("main", level, level.details);
    for (const track of this.#hls.audioTracks) if (track.details) this.#read("audio", track, track.details);
  }

  /**
   * Has hls.js load a live rendition's playlist now, if it is the one that plays. Its own rhythm stays: it takes the time of the next
   * request over from the playlist before.
   */
  reload(id: TrackId): void {
    const hls = this.#hls;
    const index = hls.loadLevel;
    const levelInfo = hls.levels[index];
    const details = levelInfo?.details;
    // Where the server holds a request back until there is something new, hls.js hears of it at once.
    if (levelInfo && details?.live && !details.canBlockReload && this.#trackOf.get(details) === id)
      hls.trigger("hlsLevelLoading" as Events.LEVEL_LOADING, { url: levelInfo.uri, level: index, levelInfo, pathwayId: levelInfo.attrs["PATHWAY-ID"], id: 0, deliveryDirectives: null });
  }

  destroy(): void {
    this.#hls.off("hlsManifestLoaded" as Events.MANIFEST_LOADED, this.#onManifest, this);
    this.#hls.off("hlsLevelUpdated" as Events.LEVEL_UPDATED, this.#onLevel, this);
    this.#hls.off("hlsAudioTrackUpdated" as Events.AUDIO_TRACK_UPDATED, this.#onAudio, this);
    this.#hls.off("hlsLevelPtsUpdated" as Events.LEVEL_PTS_UPDATED, this.#onShift, this);
    this.#tracks.clear();
  }

  /** `undefined`: leave the request to hls.js's own loader. */
  locate(context: FragmentLoaderContext): LocatedSegment | undefined {
    const { frag, part, rangeStart = 0, rangeEnd = 0 } = context;
    // Parts of a low-latency playlist are gone before a neighbour could have them. Subtitles are small and often per viewer.
    // `resetIV`: hls.js fetches 16 bytes in front of the range, so the same file would get a second name.
    if (part || context.resetIV || frag.type === "subtitle") return undefined;
    const ref = this.#refs.get(frag);
    if (!ref || this.#unshared.has(ref.id)) return undefined;
    if (rangeStart !== (frag.byteRangeStartOffset ?? 0) || rangeEnd !== (frag.byteRangeEndOffset ?? 0)) return undefined;
    return { kind: frag.type, segment: segmentInfo(frag, ref) };
  }

  /** Where this viewer gets a segment, with the viewer's own tokens. */
  address(id: string): FileRange | undefined {
    const fragment = this.#fragment(id);
    return fragment && fileRange(fragment);
  }

  get trackIds(): Iterable<TrackId> {
    return this.#tracks.keys();
  }

  /** All that a track's playlist lists or has just dropped, and the address that its lines were resolved against. */
  listed(id: TrackId): { readonly playlistUrl: string; readonly files: { readonly ref: SegmentRef; readonly file: FileRange }[] } | undefined {
    const track = this.#tracks.get(id);
    const files: { readonly ref: SegmentRef; readonly file: FileRange }[] = [];
    let playlistUrl: string | undefined;
    for (const fragment of new Set([...(track?.before.values() ?? []), ...(track?.newest.values() ?? [])])) {
      const ref = this.#refs.get(fragment);
      if (ref) files.push({ ref, file: fileRange(fragment) });
      playlistUrl = fragment.baseurl;
    }
    return playlistUrl === undefined ? undefined : { playlistUrl, files };
  }

  info(id: string): SegmentInfo | undefined {
    const fragment = this.#fragment(id);
    const ref = fragment && this.#refs.get(fragment);
    return ref && segmentInfo(fragment, ref);
  }

  #fragment(id: string): Fragment | undefined {
    for (const track of this.#tracks.values()) {
      const fragment = track.newest.get(id) ?? track.before.get(id);
      if (fragment) return fragment;
    }
    return undefined;
  }

  #onManifest(_event: Events.MANIFEST_LOADED, { url }: ManifestLoadedData): void {
    this.streamUrl = url;
  }

  #onLevel(_event: Events.LEVEL_UPDATED, data: LevelUpdatedData): void {
    const level = this.#hls.levels[data.level];
    if (level) this.#read("main", level, data.details);
  }

  #onAudio(_event: Events.AUDIO_TRACK_UPDATED, data: AudioTrackUpdatedData): void {
    const track = this.#hls.audioTracks[data.id];
    if (track) this.#read("audio", track, data.details);
  }

  #onShift(_event: Events.LEVEL_PTS_UPDATED, data: LevelPTSUpdatedData): void {
    if (Math.abs(data.drift) < SHIFT_S) return;
    const id = this.#trackOf.get(data.details);
    const track = id !== undefined && this.#tracks.get(id);
    if (track) this.#announce(id, track, data.details);
  }

  #read(kind: TrackKind, rendition: Level | MediaPlaylist, details: LevelDetails): void {
    const url = (Array.isArray(rendition.url) ? rendition.url[0] : rendition.url) || details.url;
    const id = trackId({ kind, url, attributes: rendition.attrs });
    const before = this.#tracks.get(id);
    const track: Track = { kind, bandwidthBps: rendition.bitrate, newest: new Map(), before: before?.newest ?? new Map<string, Fragment>() };
    this.#tracks.delete(id);
    this.#tracks.set(id, track);
    for (const oldest of this.#tracks.keys()) {
      if (this.#tracks.size <= MAX_TRACKS) break;
      this.#tracks.delete(oldest);
    }
    this.#trackOf.set(details, id);
    for (const fragment of details.fragments) {
      if (fragment.initSegment) this.#register(id, track, fragment.initSegment);
      this.#register(id, track, fragment);
    }
    this.#announce(id, track, details);
  }

  #register(id: TrackId, track: Track, fragment: Fragment): void {
    const file = fileRange(fragment);
    const ref = refOf(id, fragment.sn === "initSegment" ? "init" : fragment.sn, file);
    const other = track.newest.get(ref.id);
    if ((other && other.url !== file.url) || file.rangeEnd - file.rangeStart > MAX_SEGMENT_BYTES) this.#unshared.add(ref.id);
    track.newest.set(ref.id, fragment);
    this.#refs.set(fragment, ref);
  }

  #announce(id: TrackId, track: Track, details: LevelDetails): void {
    const segments: SegmentInfo[] = [];
    for (const fragment of details.fragments) {
      const ref = this.#refs.get(fragment);
      if (ref && !fragment.gap && !this.#unshared.has(ref.id)) segments.push(segmentInfo(fragment, ref));
    }
    this.#emit({ type: "playlist", track: id, kind: track.kind, live: details.live, bandwidthBps: track.bandwidthBps, segments });
  }
}

function fileRange(fragment: Fragment): FileRange {
  return { url: fragment.url, rangeStart: fragment.byteRangeStartOffset ?? 0, rangeEnd: fragment.byteRangeEndOffset ?? 0 };
}

function segmentInfo(fragment: Fragment, ref: SegmentRef): SegmentInfo {
  const { rangeStart, rangeEnd } = fileRange(fragment);
  const place = { ref, startS: fragment.start, durationS: fragment.duration };
  return rangeEnd > rangeStart ? { ...place, sizeBytes: rangeEnd - rangeStart } : place;
}
