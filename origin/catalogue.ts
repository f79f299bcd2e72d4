import type { LiveClock } from "./live-clock.js";
import { liveWindow, masterPlaylist, mediaPlaylist, type PlaylistSegment } from "./playlist.js";
import { encrypt, SAMPLE_KEY } from "./sample-key.js";
import type { SampleLevel, SampleMedia } from "./sample-media.js";
import { stuff } from "./stuffing.js";

/** Built segments kept: 64 of the top level are 48 MB. */
const KEPT_SEGMENTS = 64;
/** Segments that stay available after they left the playlist (RFC 8216, 6.2.2 asks for at least one window). */
const KEPT_BEHIND_WINDOW = 10;

/** What {@link createCatalogue} needs. */
export interface CatalogueConfig {
  readonly media: SampleMedia;
  readonly clock: LiveClock;
  readonly segmentS: number;
  /** Playlist length of `/live`; `/live-w4` names its own. */
  readonly liveWindowSegments: number;
}

/** The generated streams, by path. */
export interface Catalogue {
  /**
   * Bytes of a path such as `/vod/master.m3u8`, `/vod-320/level2.m3u8`, `/live-w8/level0/seg31.ts`, or undefined.
   * Streams: `vod` (one loop), `vod-320` (so many segments), `vod-5min`, `vod-byterange`, `vod-aes`, `live`,
   * `live-w4` (playlist length). `top.m3u8` is a master playlist with the top level only.
   */
  content(path: string): Buffer | undefined;
}

type Stream =
  | { readonly type: "vod"; readonly name: string; readonly segments: number; readonly form: "plain" | "byterange" | "aes" }
  | { readonly type: "live"; readonly name: string; readonly windowSegments: number };

/** Every sample stream, made on demand out of the looping media. */
export function createCatalogue(config: CatalogueConfig): Catalogue {
  const { media, clock, segmentS } = config;
  const loop = media.segmentsPerLoop(segmentS);
  const built = new Map<string, Buffer>();

  function streamNamed(name: string): Stream | undefined {
    if (name === "live") return { type: "live", name, windowSegments: config.liveWindowSegments };
    const liveWindowText = /^live-w(\d{1,3})$/.exec(name)?.[1];
    if (liveWindowText !== undefined) return { type: "live", name, windowSegments: Number(liveWindowText) };
    if (name === "vod") return { type: "vod", name, segments: loop, form: "plain" };
    if (name === "vod-byterange") return { type: "vod", name, segments: loop, form: "byterange" };
    if (name === "vod-aes") return { type: "vod", name, segments: loop, form: "aes" };
    const [, countText, unit] = /^vod-(\d{1,5})(min)?$/.exec(name) ?? [];
    if (countText === undefined) return undefined;
    const segments = unit === undefined ? Number(countText) : Math.round((Number(countText) * 60) / segmentS);
    return { type: "vod", name, segments, form: "plain" };
  }

  function kept(key: string, build: () => Buffer): Buffer {
    const bytes = built.get(key) ?? build();
    built.delete(key);
    built.set(key, bytes);
    for (const oldest of built.keys()) {
      if (built.size <= KEPT_SEGMENTS) break;
      built.delete(oldest);
    }
    return bytes;
  }

  function segment(stream: Stream, level: SampleLevel, position: number): Buffer {
    const label = `${stream.name}/${level.name}/seg${position}`;
    return kept(label, () => {
      const clear = stuff({
        media: media.segment(level, position, segmentS),
        targetBytes: (level.announcedBps / 8) * segmentS,
        label,
      });
      return stream.type === "vod" && stream.form === "aes" ? encrypt(clear, position) : clear;
    });
  }

  function wholeFile(stream: Stream & { type: "vod" }, level: SampleLevel): Buffer {
    return kept(`${stream.name}/${level.name}`, () =>
      Buffer.concat(range(0, stream.segments - 1).map((position) => segment(stream, level, position))),
    );
  }

  function levelPlaylist(stream: Stream, level: SampleLevel): string {
    const common = { segmentS, segmentsPerLoop: loop, type: stream.type };
    if (stream.type === "live") {
      const { first, last } = liveWindow(clock, stream.windowSegments);
      const segments = range(first, last).map((sequence): PlaylistSegment => ({
        uri: `${level.name}/seg${sequence}.ts`,
        programDate: clock.programDate(sequence),
      }));
      return mediaPlaylist({ ...common, mediaSequence: first, segments, ended: clock.ended });
    }
    let offset = 0;
    const segments = range(0, stream.segments - 1).map((position): PlaylistSegment => {
      if (stream.form !== "byterange") return { uri: `${level.name}/seg${position}.ts` };
      const bytes = segment(stream, level, position).length;
      offset += bytes;
      return { uri: `${level.name}.ts`, byteRange: { offset: offset - bytes, bytes } };
    });
    return mediaPlaylist({ ...common, mediaSequence: 0, segments, ended: true, ...(stream.form === "aes" && { keyUri: "key.key" }) });
  }

  function exists(stream: Stream, position: number): boolean {
    if (stream.type === "vod") return stream.form !== "byterange" && position < stream.segments;
    const { first, last } = liveWindow(clock, stream.windowSegments);
    return position <= last && position >= first - KEPT_BEHIND_WINDOW;
  }

  function content(path: string): Buffer | undefined {
    const [, name = "", file = "", segmentFile] = path.split("/");
    const stream = streamNamed(name);
    if (stream === undefined) return undefined;
    if (file === "master.m3u8") return Buffer.from(masterPlaylist(media.levels, media.frameRate));
    if (file === "top.m3u8") return Buffer.from(masterPlaylist(media.levels.slice(-1), media.frameRate));
    if (file === "key.key" && stream.type === "vod" && stream.form === "aes") return SAMPLE_KEY;
    const level = media.levels.find((candidate) => file.split(".")[0] === candidate.name);
    if (level === undefined) return undefined;
    if (file === `${level.name}.m3u8`) return Buffer.from(levelPlaylist(stream, level));
    if (file === `${level.name}.ts`) return stream.type === "vod" && stream.form === "byterange" ? wholeFile(stream, level) : undefined;
    const position = /^seg(\d{1,9})\.ts$/.exec(segmentFile ?? "")?.[1];
    if (file !== level.name || position === undefined || !exists(stream, Number(position))) return undefined;
    return segment(stream, level, Number(position));
  }

  return { content };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
