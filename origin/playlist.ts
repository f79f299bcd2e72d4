import type { LiveClock } from "./live-clock.js";
import type { SampleLevel } from "./sample-media.js";

/** A media playlist (RFC 8216, 4.3.3) before it is text. */
export interface MediaPlaylist {
  readonly segmentS: number;
  readonly mediaSequence: number;
  readonly segments: readonly PlaylistSegment[];
  /** Segments until the sample starts over: there the timeline is discontinuous. */
  readonly segmentsPerLoop: number;
  readonly type: "vod" | "live";
  readonly ended: boolean;
  readonly keyUri?: string;
}

/** One line of a media playlist. */
export interface PlaylistSegment {
  readonly uri: string;
  readonly byteRange?: { readonly offset: number; readonly bytes: number };
  readonly programDate?: Date;
}

/** A master playlist of these levels, lowest first, which is also the order hls.js starts from. */
export function masterPlaylist(levels: readonly SampleLevel[], frameRate: number): string {
  const lines = ["#EXTM3U", "#EXT-X-VERSION:4", "#EXT-X-INDEPENDENT-SEGMENTS"];
  for (const level of levels) {
    lines.push(
      `#EXT-X-STREAM-INF:BANDWIDTH=${level.announcedBps},AVERAGE-BANDWIDTH=${level.announcedBps},` +
        `RESOLUTION=${level.width}x${level.height},FRAME-RATE=${frameRate.toFixed(3)},CODECS="${level.codecs}"`,
      `${level.name}.m3u8`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** The playlist as text. The discontinuity before its first segment counts as already removed. */
export function mediaPlaylist(playlist: MediaPlaylist): string {
  const lines = [
    "#EXTM3U",
    "#EXT-X-VERSION:4",
    "#EXT-X-INDEPENDENT-SEGMENTS",
    `#EXT-X-TARGETDURATION:${Math.ceil(playlist.segmentS)}`,
    `#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${Math.floor(playlist.mediaSequence / playlist.segmentsPerLoop)}`,
  ];
  if (playlist.type === "vod") lines.push("#EXT-X-PLAYLIST-TYPE:VOD");
  if (playlist.keyUri !== undefined) lines.push(`#EXT-X-KEY:METHOD=AES-128,URI="${playlist.keyUri}"`);
  playlist.segments.forEach((segment, index) => {
    if (index > 0 && (playlist.mediaSequence + index) % playlist.segmentsPerLoop === 0) lines.push("#EXT-X-DISCONTINUITY");
    if (segment.programDate !== undefined) lines.push(`#EXT-X-PROGRAM-DATE-TIME:${segment.programDate.toISOString()}`);
    lines.push(`#EXTINF:${playlist.segmentS.toFixed(3)},`);
    if (segment.byteRange !== undefined) lines.push(`#EXT-X-BYTERANGE:${segment.byteRange.bytes}@${segment.byteRange.offset}`);
    lines.push(segment.uri);
  });
  if (playlist.ended) lines.push("#EXT-X-ENDLIST");
  return `${lines.join("\n")}\n`;
}

/** The window of a live stream that a playlist shows now. */
export function liveWindow(clock: LiveClock, windowSegments: number): { readonly first: number; readonly last: number } {
  const last = clock.newest();
  return { first: Math.max(0, last - windowSegments + 1), last };
}

/** Appends a query string (without `?`) to every URI of a playlist, as token-protected origins do. */
export function carryQuery(playlist: string, query: string): string {
  if (query === "") return playlist;
  const withQuery = (uri: string): string => `${uri}${uri.includes("?") ? "&" : "?"}${query}`;
  return playlist
    .split("\n")
    .map((line) => {
      if (line.startsWith("#")) return line.replace(/URI="([^"]*)"/, (_, uri: string) => `URI="${withQuery(uri)}"`);
      return line.trim() === "" ? line : withQuery(line.trimEnd());
    })
    .join("\n");
}
