import { hash32 } from "../protocol/rendezvous.js";
import type { SegmentRef, TrackKind } from "../protocol/segment.js";
import { INIT_SEQUENCE, segmentRef } from "../protocol/segment.js";
import type { TrackId } from "../protocol/ids.js";

/** What names a rendition for every viewer alike. Level indices and group ids are left out: filters and pathways change them. */
const STABLE_ATTRIBUTES = ["BANDWIDTH", "RESOLUTION", "CODECS", "FRAME-RATE", "VIDEO-RANGE", "NAME", "LANGUAGE", "CHANNELS"] as const;

export interface TrackDescription {
  readonly kind: TrackKind;
  /** The media playlist's URL. */
  readonly url: string;
  /** Attributes of its EXT-X-STREAM-INF or EXT-X-MEDIA tag. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface FileRange {
  readonly url: string;
  /** Byte range, `end` exclusive; both 0 for a whole file. */
  readonly rangeStart: number;
  readonly rangeEnd: number;
}

/** Name of the swarm: the page's own, or the stream's URL without query and fragment, where viewers' tokens are. */
export const swarmName = (streamUrl: string, override: string | undefined): string => override ?? streamUrl.replace(/[?#].*$/s, "");

/** Path of an absolute URL: no host (several CDNs carry the same files), no query (tokens, CMCD), no fragment. */
export function pathOf(url: string): string {
  const afterHost = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url)?.[0].length ?? 0;
  const end = url.slice(afterHost).search(/[?#]/);
  return end === -1 ? url.slice(afterHost) : url.slice(afterHost, afterHost + end);
}

export function trackId(track: TrackDescription): TrackId {
  const attributes = STABLE_ATTRIBUTES.map((name) => String(track.attributes[name] ?? ""));
  return hash32([track.kind, pathOf(track.url), ...attributes].join("\n")) as TrackId;
}

/** `sequence`: media sequence number, or `"init"` for an initialization segment. */
export function refOf(track: TrackId, sequence: number | "init", file: FileRange): SegmentRef {
  const variant = hash32(`${pathOf(file.url)}\n${file.rangeStart}-${file.rangeEnd}`);
  return segmentRef(track, sequence === "init" ? INIT_SEQUENCE : sequence >>> 0, variant);
}
