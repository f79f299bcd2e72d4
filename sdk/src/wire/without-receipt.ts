import type { Message } from "../protocol/message.js";
import type { Reader } from "./reader.js";

/** For a build that has no use for receipts: passed over, since others send them, and never written. Nobody looks at what is in it. */
export function readReceipt(reader: Reader): Extract<Message, { type: "RECEIPT" }> {
  reader.copy(reader.remaining);
  return { type: "RECEIPT" } as Extract<Message, { type: "RECEIPT" }>;
}

export const writeReceipt = (): void => {};

export const receiptLength = (): number => 0;
