import { KEY_BYTES, type Message, SIGNATURE_BYTES } from "../protocol/message.js";
import { chunkSetsLength, readChunkSets, writeChunkSets } from "./chunk-sets.js";
import { PEER_BYTES, type Reader } from "./reader.js";
import { demand, type Writer } from "./writer.js";

type Receipt = Extract<Message, { type: "RECEIPT" }>;

/** The script tag's build has `without-receipt.ts` in place of this file. */
export const readReceipt = (reader: Reader): Receipt => ({
  type: "RECEIPT", giver: reader.peer(), receiver: reader.peer(), key: reader.copy(KEY_BYTES), signature: reader.copy(SIGNATURE_BYTES), runs: readChunkSets(reader),
});

export function writeReceipt(writer: Writer, { giver, receiver, key, signature, runs }: Receipt): void {
  demand(key.length === KEY_BYTES && signature.length === SIGNATURE_BYTES);
  writer.id(giver, PEER_BYTES);
  writer.id(receiver, PEER_BYTES);
  writer.raw(key);
  writer.raw(signature);
  writeChunkSets(writer, runs);
}

export const receiptLength = ({ runs }: Receipt): number => 2 * PEER_BYTES + KEY_BYTES + SIGNATURE_BYTES + chunkSetsLength(runs);
