import { sha256Hex32 } from "../browser/hash.js";
import { type FileRange, pathOf } from "../hls/identity.js";
import { hash32 } from "../protocol/rendezvous.js";

/*
 * Viewers know addresses, a publisher knows files. What both know is where a segment lies as seen from its playlist:
 * `720p/seg4.ts`, `../audio/1.aac`. Hosts, tokens in queries, tokens in front of the path and CDNs with other prefixes do not
 * change it, and it is the same whether the playlist gives its segments in short or as whole addresses.
 */

/** Names a segment within its playlist's manifest, unsigned 32 bit. `playlistUrl`: absolute, what the playlist's lines were resolved against. */
export const segmentName = (playlistUrl: string, file: FileRange): number =>
  hash32(`${relativePath(playlistUrl, file.url)}\n${file.rangeStart}-${file.rangeEnd}`);

/** `url` as seen from the folder of `fromUrl`, percent-decoded. Both are absolute; hosts do not count. */
export function relativePath(fromUrl: string, url: string): string {
  const folder = decodedPath(fromUrl).split("/").slice(0, -1);
  const parts = decodedPath(url).split("/");
  let common = 0;
  while (common < folder.length && common < parts.length - 1 && folder[common] === parts[common]) common++;
  return [...folder.slice(common).map(() => ".."), ...parts.slice(common)].join("/");
}

/** Path of an absolute URL, percent-decoded; one that cannot be decoded stays as it is. */
export function decodedPath(url: string): string {
  const path = pathOf(url);
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * What a manifest calls its playlist, 32 hex digits. `text`: {@link decodedPath} of the playlist's address, where the publisher
 * knew it; else {@link relativePath} from the stream's address. The first begins with a slash, the second never does.
 */
export const playlistId = (text: string): Promise<string> => sha256Hex32(text);

/** Where the manifest of a playlist is: beside it, `.shoal` added to the path, the query (tokens) kept. */
export const manifestUrl = (playlistUrl: string): string => besides(playlistUrl, SUFFIX);

/** Where a segment's chunk hashes are: beside it in the same way, for a byte range with the range before the `.shoal`. */
export const listUrl = ({ url, rangeStart, rangeEnd }: FileRange): string => besides(url, listSuffix(rangeEnd > rangeStart ? { start: rangeStart, end: rangeEnd } : undefined));

/** What is added to the name of a segment's file for its chunk hashes, 16 bytes each. */
export const listSuffix = (range: { readonly start: number; readonly end: number } | undefined): string => (range === undefined ? SUFFIX : `.${range.start}-${range.end}${SUFFIX}`);

const SUFFIX = ".shoal";

function besides(url: string, suffix: string): string {
  const [, path = "", query = ""] = /^([^?#]*)(\?[^#]*)?/.exec(url) ?? [];
  return path + suffix + query;
}
