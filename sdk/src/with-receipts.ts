import { swarmIdOf } from "./browser/hash.js";
import { ReceiptKey } from "./browser/receipt-key.js";

/** Makes a session's key, and with it what signs and counts receipts; the script tag's build has `without-receipts.ts` in its place. */
export const receiptKey: ((swarmName: string) => Promise<ReceiptKey>) | undefined = async (swarmName) => ReceiptKey.make(await swarmIdOf(swarmName));
