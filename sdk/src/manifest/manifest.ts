import { INIT_SEQUENCE } from "../protocol/segment.js";
import { MAX_MANIFEST_BYTES, type ManifestEntry, SIGNATURE_BYTES, decodeManifest } from "./layout.js";
import { decodedPath, playlistId, relativePath } from "./names.js";

export { isChunkList } from "./chunk-list.js";
export { manifestUrl, segmentName } from "./names.js";

export type SignedSegment = Pick<ManifestEntry, "sizeBytes" | "root" | "completedMs">;

/** Whose manifest is awaited. */
export interface ExpectedManifest {
  /** The publisher's public key as `shoal keygen` prints it: 32 bytes, base64url. */
  readonly contentKey: string;
  /** Absolute address of the stream: its master playlist, or its only one. */
  readonly streamUrl: string;
  /** Absolute address of the media playlist. */
  readonly playlistUrl: string;
}

/**
 * Why a manifest is not believed. unsupported: this browser has no Ed25519 (Chromium before 137, Firefox before 129, Safari
 * before 17). bad-key: the page's `contentKey` is none. malformed: no manifest at all. bad-signature: somebody else's, or
 * changed on its way. other-playlist: the publisher's, but of another stream or playlist.
 */
export type RefusalCode = "unsupported" | "bad-key" | "malformed" | "bad-signature" | "other-playlist";

/** What a publisher vouches for in one media playlist. */
export class ContentManifest {
  readonly type = "manifest";
  readonly #segments: ReadonlyMap<string, SignedSegment>;
  readonly #entries: readonly ManifestEntry[];

  /** `signedMs`: ms since 1970; an earlier one never replaces a later one. `ended`: nothing will be added. */
  constructor(readonly signedMs: number, readonly ended: boolean, entries: readonly ManifestEntry[]) {
    this.#entries = entries;
    this.#segments = new Map(entries.map((entry) => [`${entry.sequence}.${entry.name}`, entry]));
  }

  get size(): number {
    return this.#segments.size;
  }

  /** `sequence`: media sequence number or `INIT_SEQUENCE`, as in `SegmentRef`. `name`: {@link segmentName}. */
  find(sequence: number | "init", name: number): SignedSegment | undefined {
    return this.#segments.get(`${sequence === "init" ? INIT_SEQUENCE : sequence >>> 0}.${name}`);
  }

  /** Segments with a higher media sequence number, where that alone says which is meant. */
  after(sequence: number): readonly ManifestEntry[] {
    const isOther = (i: number, entry: ManifestEntry): boolean => this.#entries[i]?.sequence !== entry.sequence;
    return this.#entries.filter((entry, i) => entry.sequence > sequence && entry.sequence !== INIT_SEQUENCE && isOther(i - 1, entry) && isOther(i + 1, entry));
  }
}

export interface RefusedManifest {
  readonly type: "refused";
  readonly code: RefusalCode;
  /** One sentence for a log; nothing of the manifest's own gets into it. */
  readonly reason: string;
}

/** Checks the bytes of a `.shoal` file, wherever they come from. Never throws. The signature is checked before anything is read. */
export async function openManifest(bytes: Uint8Array, expected: ExpectedManifest): Promise<ContentManifest | RefusedManifest> {
  const rawKey = keyBytes(expected.contentKey);
  if (rawKey === undefined) return refused("bad-key", "The content key is not the 43 characters that shoal keygen prints.");
  const end = bytes.length - SIGNATURE_BYTES;
  if (end < 0 || bytes.length > MAX_MANIFEST_BYTES) return refused("malformed", "The manifest is too short or too long.");
  const body = new Uint8Array(bytes.subarray(0, end));
  let isSigned: boolean;
  try {
    const key = await crypto.subtle.importKey("raw", rawKey, "Ed25519", false, ["verify"]);
    isSigned = await crypto.subtle.verify("Ed25519", key, new Uint8Array(bytes.subarray(end)), body);
  } catch {
    return refused("unsupported", "This browser cannot check Ed25519 signatures, or the content key is none.");
  }
  if (!isSigned) return refused("bad-signature", "The manifest is not signed with the content key.");
  const content = decodeManifest(body);
  if ("type" in content) return refused("malformed", `The manifest cannot be read: ${content.reason}.`);
  // The publisher may have known the playlist's address, or only where it lies in the stream's folder.
  const { streamUrl, playlistUrl } = expected;
  const texts = [decodedPath(playlistUrl), relativePath(streamUrl, playlistUrl)];
  const ids = await Promise.all(texts.map(playlistId));
  if (!ids.includes(content.playlist)) return refused("other-playlist", "The manifest belongs to another stream or playlist.");
  return new ContentManifest(content.signedMs, content.ended, content.entries);
}

const refused = (code: RefusalCode, reason: string): RefusedManifest => ({ type: "refused", code, reason });

function keyBytes(contentKey: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]{43}$/.test(contentKey)) return undefined;
  const binary = atob(contentKey.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
