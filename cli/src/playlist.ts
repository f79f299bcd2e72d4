import { type Fragment, M3U8Parser, type MediaFragment } from "hls.js";
import { type FileRange, pathOf } from "../../sdk/src/hls/identity.js";
import { CliError } from "./cli-error.js";

/** A segment or initialization segment that a media playlist lists. */
export interface ListedFile {
  readonly sequence: number | "init";
  /** As viewers' players resolve it, given the playlist's address. */
  readonly file: FileRange;
  /** The playlist gives a whole address, or a path from the root: where that is on disk only `--base` can tell. */
  readonly isAbsolute: boolean;
}

export interface MediaPlaylist {
  readonly files: readonly ListedFile[];
  readonly ended: boolean;
}

export interface MasterPlaylist {
  /** Addresses of its video, audio and subtitle playlists. */
  readonly media: readonly string[];
  /** Trick play, which hls.js does not load. */
  readonly others: readonly string[];
}

export type PlaylistKind = "master" | "media" | "none";

export function playlistKind(text: string): PlaylistKind {
  if (!text.trimStart().startsWith("#EXTM3U")) return "none";
  if (/^#EXT-X-(STREAM-INF|MEDIA):/m.test(text)) return "master";
  return M3U8Parser.isMediaPlaylist(text) ? "media" : "none";
}

/*
 * The parser is hls.js's own, so that a publisher numbers and cuts segments exactly as its viewers' players do.
 */

export function parseMaster(text: string, url: string): MasterPlaylist {
  const master = M3U8Parser.parseMasterPlaylist(text, url);
  const renditions = M3U8Parser.parseMasterPlaylistMedia(text, url, master);
  const addresses = (list: readonly { readonly url: string }[] | undefined): string[] => (list ?? []).map((item) => item.url).filter((address) => address !== "");
  const iFrames = [...text.matchAll(/^#EXT-X-I-FRAME-STREAM-INF:.*URI="([^"]+)"/gm)].map((match) => M3U8Parser.resolve(match[1], url));
  return { media: [...new Set([...addresses(master.levels), ...addresses(renditions.AUDIO), ...addresses(renditions.SUBTITLES)])], others: iFrames };
}

/** @throws CliError when a line makes no sense. */
export function parseMedia(text: string, url: string): MediaPlaylist {
  const details = M3U8Parser.parseLevelPlaylist(text, url, 0, "main" as Parameters<typeof M3U8Parser.parseLevelPlaylist>[3], 0, null);
  if (details.playlistParsingError) throw new CliError("playlist", `${pathOf(url)} cannot be read as a playlist: ${details.playlistParsingError.message}.`);
  const files = new Map<string, ListedFile>();
  const list = (sequence: number | "init", fragment: Fragment | MediaFragment): void => {
    const file = { url: fragment.url, rangeStart: fragment.byteRangeStartOffset ?? 0, rangeEnd: fragment.byteRangeEndOffset ?? 0 };
    files.set(`${sequence} ${file.url} ${file.rangeStart}`, { sequence, file, isAbsolute: /^([a-z][a-z0-9+.-]*:|\/)/i.test(fragment.relurl ?? "") });
  };
  for (const fragment of details.fragments) {
    if (fragment.initSegment) list("init", fragment.initSegment);
    if (!fragment.gap && typeof fragment.sn === "number") list(fragment.sn, fragment);
  }
  return { files: [...files.values()], ended: !details.live };
}
