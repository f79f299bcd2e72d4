/** What PermIDs, proofs, channel tickets and receipts are signed with: every browser that has data channels has it, unlike Ed25519. */
export const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** Whether the key's owner signed these bytes. False for what is no key, too. */
export async function isSigned(by: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  try {
    return await crypto.subtle.verify(ECDSA, await crypto.subtle.importKey("raw", by, ECDSA, false, ["verify"]), signature, bytes);
  } catch {
    return false;
  }
}
