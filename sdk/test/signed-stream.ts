import { segmentRoot } from "../src/manifest/chunk-list.js";
import { encodeManifest, type ManifestEntry } from "../src/manifest/layout.js";
import { playlistId, segmentName } from "../src/manifest/names.js";
import { hashChunk } from "../src/browser/hash.js";
import { CHUNK_BYTES } from "../src/protocol/segment.js";

/** A publisher's key, and what its page gives viewers. */
export interface TestKey {
  readonly contentKey: string;
  readonly sign: (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;
}

export async function testKey(): Promise<TestKey> {
  const { privateKey, publicKey } = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const raw = await crypto.subtle.exportKey("raw", publicKey);
  return {
    contentKey: Buffer.from(raw).toString("base64url"),
    sign: async (bytes) => Buffer.concat([bytes, Buffer.from(await crypto.subtle.sign("Ed25519", privateKey, bytes))]),
  };
}

export interface SignedFile {
  readonly sequence: number;
  /** Absolute. */
  readonly url: string;
  readonly bytes: Uint8Array;
}

export async function chunkHashesOf(bytes: Uint8Array) {
  return Promise.all(Array.from({ length: Math.ceil(bytes.length / CHUNK_BYTES) }, (_, i) => hashChunk(bytes.slice(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES))));
}

/** The manifest of a playlist, as it stands beside it. */
export async function signedManifest(key: TestKey, { playlistUrl, path, files, ended = false, signedMs = 1 }: { playlistUrl: string; path: string; files: readonly SignedFile[]; ended?: boolean; signedMs?: number }): Promise<Uint8Array> {
  const entries = await Promise.all(files.map(async ({ sequence, url, bytes }): Promise<ManifestEntry> => ({
    sequence, name: segmentName(playlistUrl, { url, rangeStart: 0, rangeEnd: 0 }), sizeBytes: bytes.length, completedMs: 0, root: await segmentRoot(bytes.length, await chunkHashesOf(bytes)),
  })));
  entries.sort((a, b) => a.sequence - b.sequence || a.name - b.name);
  return key.sign(encodeManifest({ ended, signedMs, playlist: await playlistId(path), entries }));
}
