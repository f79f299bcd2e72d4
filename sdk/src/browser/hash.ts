import type { ChunkHash, SwarmId } from "../protocol/ids.js";
import { toHex } from "../wire/hex.js";

/** 128 bits: enough against a second preimage, half the bytes on the wire. */
const HASH_BYTES = 16;

/** `crypto.subtle` exists in secure contexts only: https, or localhost. */
export const isHashSupported = (): boolean => typeof crypto !== "undefined" && crypto.subtle !== undefined;

/** SHA-256 of one chunk, cut to 128 bits. 15-18 us for 16 KiB, off the main thread. */
export const hashChunk = async (payload: Uint8Array): Promise<ChunkHash> => (await sha256Hex32(payload)) as ChunkHash;

/** The id of the swarm called `name`. */
export const swarmIdOf = async (name: string): Promise<SwarmId> => (await sha256Hex32(name)) as SwarmId;

/** The first 128 bits of SHA-256 as 32 lowercase hex digits; a string counts as UTF-8. */
export async function sha256Hex32(content: Uint8Array | string): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return toHex(new Uint8Array(digest, 0, HASH_BYTES));
}
