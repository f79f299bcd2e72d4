import { concat, ofHex } from "./bytes.js";

/** One end of a connection as both ends see it. */
export interface ConnectionEnd {
  readonly peer: string;
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  /** Of its DTLS certificate, as {@link fingerprintOf} gives it. */
  readonly fingerprint: string;
}

/**
 * What the signer proves with: that it holds its key now, for this swarm, towards this verifier, and over a connection that ends at
 * these two certificates. ISO/IEC 9798-3, two pass parallel authentication: both nonces and the verifier's name are in it, the signer's first,
 * so that it is of no use anywhere else, nor sent back. Each part has a fixed length, or its length in front.
 */
export function proofBytes(swarm: string, signer: ConnectionEnd, verifier: ConnectionEnd): Uint8Array<ArrayBuffer> {
  const parts = [signer, verifier].flatMap(({ peer, key, nonce, fingerprint }) => [ofHex(peer), key, nonce, Uint8Array.of(fingerprint.length), fingerprint]);
  return concat("shoal proof\0\u0001", ofHex(swarm), ...parts);
}

/**
 * The certificate's fingerprint in a description that the own peer connection gives, never one that came by the tracker. Undefined
 * unless there is exactly one: which of two the browser would take must not be guessed.
 */
export function fingerprintOf(sdp: string): string | undefined {
  const found = new Set(Array.from(sdp.matchAll(/^a=fingerprint:(\S+) ([0-9a-f:]+)\s*$/gim), ([, hash = "", hex = ""]) => `${hash.toLowerCase()} ${hex.toUpperCase()}`));
  const [fingerprint] = found;
  // Longer than any hash's: SHA-512 has 191 characters.
  return found.size === 1 && fingerprint !== undefined && fingerprint.length < 256 ? fingerprint : undefined;
}
