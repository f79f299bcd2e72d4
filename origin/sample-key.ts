import { createCipheriv, createHash } from "node:crypto";

/** The key of the encrypted sample; no secret. */
export const SAMPLE_KEY = createHash("sha256").update("shoal sample key").digest().subarray(0, 16);

/** AES-128-CBC with the media sequence number as IV (RFC 8216, 5.2). */
export function encrypt(clear: Buffer, mediaSequence: number): Buffer {
  const iv = Buffer.alloc(16);
  iv.writeUInt32BE(mediaSequence, 12);
  const cipher = createCipheriv("aes-128-cbc", SAMPLE_KEY, iv);
  return Buffer.concat([cipher.update(clear), cipher.final()]);
}
