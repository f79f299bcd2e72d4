import { createPublicKey, type KeyObject } from "node:crypto";

/** What site's tickets are checked with. */
export interface TicketKey {
  /** The only ones taken: a public key must never pass for a shared secret. */
  readonly algorithms: string[];
  readonly key: KeyObject | Uint8Array;
}

/** RFC 7518 section 3.2: a key at least as long as the hash. */
const MIN_SECRET_BYTES = 32;

const TAKES = "takes hs256: and a secret of at least 32 bytes, or ed25519: and a public key (32 bytes as base64url, or PEM).";

/** What is wrong with the setting, to follow its name; undefined when it can be used. Never repeats the secret. */
export const ticketKeyProblem = (text: string): string | undefined => (readTicketKey(text) === undefined ? TAKES : undefined);

export function readTicketKey(text: string): TicketKey | undefined {
  const [, kind, value = ""] = /^(hs256|ed25519):([\s\S]*)$/.exec(text) ?? [];
  if (kind === undefined) return undefined;
  if (kind === "hs256") {
    const secret = new TextEncoder().encode(value);
    return secret.length >= MIN_SECRET_BYTES ? { algorithms: ["HS256"], key: secret } : undefined;
  }
  try {
    const key = value.includes("BEGIN PUBLIC KEY") ? createPublicKey(value) : createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x: value } });
    // RFC 9864 names the curve; before that it was EdDSA.
    return key.asymmetricKeyType === "ed25519" ? { algorithms: ["EdDSA", "Ed25519"], key } : undefined;
  } catch {
    return undefined;
  }
}
