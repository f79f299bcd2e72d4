import type { ChunkHash } from "../protocol/ids.js";
import { MAX_SEGMENT_BYTES } from "../protocol/segment.js";
import { Reader } from "../wire/reader.js";
import { Writer, demand } from "../wire/writer.js";

/** What a publisher vouches for: one segment or initialization segment. */
export interface ManifestEntry {
  /** Media sequence number, or `INIT_SEQUENCE`. */
  readonly sequence: number;
  /** {@link segmentName} of the file and byte range. */
  readonly name: number;
  readonly sizeBytes: number;
  /** When the segment was complete at the publisher's, ms since 1970. */
  readonly completedMs: number;
  /** 32 hex digits: {@link segmentRoot} over its chunk hashes. */
  readonly root: ChunkHash;
}

/** A manifest before it is signed, or after its signature was found good. */
export interface ManifestContent {
  /** The playlist is complete: nothing will be added. */
  readonly ended: boolean;
  /** When it was signed, ms since 1970: of two manifests of a playlist the later one counts. */
  readonly signedMs: number;
  /** 32 hex digits: {@link playlistId} of the playlist it belongs to. */
  readonly playlist: string;
  /** By sequence, then by name, each pair once. */
  readonly entries: readonly ManifestEntry[];
}

export interface MalformedManifest {
  readonly type: "malformed";
  readonly reason: string;
}

export const SIGNATURE_BYTES = 64;
/** Six days of 4 s segments, and a bound on what a viewer takes in before the signature is checked. */
export const MAX_MANIFEST_SEGMENTS = 131_072;
const HEADER_BYTES = 39;
const ENTRY_BYTES = 34;
export const MAX_MANIFEST_BYTES = HEADER_BYTES + MAX_MANIFEST_SEGMENTS * ENTRY_BYTES + SIGNATURE_BYTES;

/** It comes first in what is signed, so that no signature made for anything else with the same key passes for a manifest's. */
const MAGIC = "shoal manifest\0";
const VERSION = 1;
const ID_BYTES = 16;
const TWO_32 = 2 ** 32;

/**
 * The bytes to sign; the signature is appended to them. ARCHITECTURE.md has the format.
 * @throws {EncodeError} when a field is out of its bounds or the entries are not in order.
 */
export function encodeManifest(content: ManifestContent): Uint8Array<ArrayBuffer> {
  demand(content.entries.length <= MAX_MANIFEST_SEGMENTS, "too many segments");
  const bytes = new Uint8Array(HEADER_BYTES + content.entries.length * ENTRY_BYTES);
  const writer = new Writer(bytes);
  writer.raw(new TextEncoder().encode(MAGIC));
  writer.u8(VERSION);
  writer.u8(content.ended ? 1 : 0);
  writeTime(writer, content.signedMs);
  writer.id(content.playlist as ChunkHash, ID_BYTES);
  let before: ManifestEntry | undefined;
  for (const entry of content.entries) {
    demand(isAfter(before, entry), "entries out of order");
    demand(isSize(entry.sizeBytes), "segment size out of bounds");
    writer.u32(entry.sequence);
    writer.u32(entry.name);
    writer.u32(entry.sizeBytes);
    writeTime(writer, entry.completedMs);
    writer.id(entry.root, ID_BYTES);
    before = entry;
  }
  return bytes;
}

/** Reads the bytes before the signature, which says nothing of who wrote them. Never throws, and takes only what {@link encodeManifest} can produce. */
export function decodeManifest(bytes: Uint8Array): ManifestContent | MalformedManifest {
  if (bytes.length > MAX_MANIFEST_BYTES - SIGNATURE_BYTES) return malformed("too long");
  const reader = new Reader(bytes, 0);
  for (let i = 0; i < MAGIC.length; i++) if (reader.u8() !== MAGIC.charCodeAt(i)) reader.fail("no content manifest");
  if (reader.u8() !== VERSION) reader.fail("unknown version");
  const flag = reader.u8();
  if (flag > 1) reader.fail("unknown flag");
  const signedMs = readTime(reader);
  const playlist = reader.hash();
  const entries: ManifestEntry[] = [];
  while (reader.more) {
    const entry = { sequence: reader.u32(), name: reader.u32(), sizeBytes: reader.u32(), completedMs: readTime(reader), root: reader.hash() };
    if (!isSize(entry.sizeBytes)) reader.fail("segment size out of bounds");
    if (!isAfter(entries.at(-1), entry)) reader.fail("entries out of order");
    entries.push(entry);
  }
  return reader.failure === undefined ? { ended: flag === 1, signedMs, playlist, entries } : malformed(reader.failure);
}

const malformed = (reason: string): MalformedManifest => ({ type: "malformed", reason });

const isSize = (sizeBytes: number): boolean => sizeBytes > 0 && sizeBytes <= MAX_SEGMENT_BYTES;

const isAfter = (before: ManifestEntry | undefined, entry: ManifestEntry): boolean =>
  before === undefined || entry.sequence > before.sequence || (entry.sequence === before.sequence && entry.name > before.name);

function writeTime(writer: Writer, timeMs: number): void {
  writer.u16(Math.floor(timeMs / TWO_32));
  writer.u32(timeMs % TWO_32);
}

const readTime = (reader: Reader): number => reader.u16() * TWO_32 + reader.u32();
