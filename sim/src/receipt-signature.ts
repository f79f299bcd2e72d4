import type { Input } from "../../sdk/src/protocol/contract.js";
import type { Effect } from "../../sdk/src/protocol/contract.js";
import type { PeerId } from "../../sdk/src/protocol/ids.js";
import { KEY_BYTES, SIGNATURE_BYTES } from "../../sdk/src/protocol/message.js";

type Receipt = Extract<Effect, { type: "check-receipt" }>["receipt"];
type ReceiptWork = Extract<Effect, { type: "sign-receipt" | "check-receipt" }>;

/** WebCrypto, P-256, with the way to its thread and back: sign and verify; measured in Node, 0.05 and 0.1 ms, and three times that in a busy tab. */
export const WORK_MS = { "sign-receipt": 0.2, "check-receipt": 0.3 } as const;

/**
 * Stands in for ECDSA: as many bytes, made and checked at once. It cannot be computed without {@link signReceipt}, whom nobody here calls in
 * another's name: that is all that a signature is for.
 */
export function answerReceipt(work: ReceiptWork): Input {
  const { token } = work;
  if (work.type === "sign-receipt") return { type: "receipt-signed", token, ...signReceipt(work.receipt) };
  return { type: "receipt-checked", token, isTrue: isTrue(work.receipt) };
}

/** What was found of each: those who pass one on hand over the same object. */
const verdicts = new WeakMap<Receipt, boolean>();

function isTrue(receipt: Receipt): boolean {
  let verdict = verdicts.get(receipt);
  if (verdict === undefined) {
    const { key, signature } = signReceipt(receipt);
    verdict = isSame(key, receipt.key) && isSame(signature, receipt.signature);
    verdicts.set(receipt, verdict);
  }
  return verdict;
}

/** As its receiver does. */
export function signReceipt({ giver, receiver, runs }: Omit<Receipt, "key" | "signature">): Pick<Receipt, "key" | "signature"> {
  const text = runs.map(({ segment, first, count }) => `${segment.id}/${first}+${count}`).join();
  return { key: bytesOf(receiver, KEY_BYTES), signature: bytesOf(`${receiver} signs ${giver} ${text}`, SIGNATURE_BYTES) };
}

/** What somebody puts there who has not the key. */
export const forgeReceipt = (receiver: PeerId): Pick<Receipt, "key" | "signature"> => ({ key: bytesOf(receiver, KEY_BYTES), signature: bytesOf("forged", SIGNATURE_BYTES) });

function bytesOf(text: string, length: number): Uint8Array {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + i;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** An id that belongs to a key of somebody's making, and to no viewer. */
export const ghostPeer = (name: string): PeerId => Array.from(bytesOf(name, 8), (byte) => byte.toString(16).padStart(2, "0")).join("") as PeerId;
