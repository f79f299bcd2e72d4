import { sha256Hex32 } from "../browser/hash.js";
import type { ChunkHash } from "../protocol/ids.js";
import { chunkCount } from "../protocol/segment.js";
import { toHex } from "../wire/hex.js";
import { HASH_BYTES } from "../wire/reader.js";
import { Writer } from "../wire/writer.js";

/**
 * The one hash that stands for all chunk hashes of a segment, and for its size. A flat list, no Merkle tree: a segment has some
 * dozens to hundreds of chunks, whose list is one or two kilobytes in a message that exists already (INTEGRITY), and once it is
 * checked every chunk is, with no proof beside it.
 * @throws {EncodeError} when a hash is not 32 lowercase hex digits
 */
export function segmentRoot(sizeBytes: number, hashes: readonly ChunkHash[]): Promise<ChunkHash> {
  const writer = new Writer(new Uint8Array(TAG.length + 4 + hashes.length * HASH_BYTES));
  writer.raw(TAG);
  writer.u32(sizeBytes);
  for (const hash of hashes) writer.id(hash, HASH_BYTES);
  return sha256Hex32(writer.bytes) as Promise<ChunkHash>;
}

/** Whether these are the chunk hashes, all of them and in order, that the publisher vouched for. They may come from anybody. Never throws. */
export async function isChunkList(hashes: readonly ChunkHash[], signed: { readonly sizeBytes: number; readonly root: ChunkHash }): Promise<boolean> {
  if (hashes.length !== chunkCount(signed.sizeBytes) || !hashes.every((hash) => /^[0-9a-f]{32}$/.test(hash))) return false;
  return (await segmentRoot(signed.sizeBytes, hashes)) === signed.root;
}

/** The file beside a segment, which may be anybody's; `undefined` where it is no list at all. */
export function readChunkList(bytes: Uint8Array): ChunkHash[] | undefined {
  if (bytes.length === 0 || bytes.length % HASH_BYTES !== 0) return undefined;
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, i) => toHex(bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)) as ChunkHash);
}

const TAG = new TextEncoder().encode("shoal segment\0");
