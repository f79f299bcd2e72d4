import type { Message, MessageType } from "../protocol/message.js";

/** First byte of every message: its type in the low seven bits, its one yes-or-no in the high one. */
export const TAG: Readonly<Record<MessageType, number>> = {
  HANDSHAKE: 1,
  HAVE: 2,
  WANT: 3,
  PROMISE: 4,
  REQUEST: 5,
  CANCEL: 6,
  REJECT: 7,
  DATA: 8,
  CHOKE: 9,
  UNCHOKE: 10,
  INTEGRITY_REQ: 11,
  INTEGRITY: 12,
  RECEIPT: 13,
  SUBSTREAMS: 14,
};

/** Says `serves` of a HANDSHAKE, `withdrawn` of a PROMISE, `urgent` of a REQUEST, `fromOrigin` of an INTEGRITY, `refused` of SUBSTREAMS; zero in all others. */
export const FLAG = 0x80;

/** The type that a tag, with its flag taken off, stands for. */
export const typeOf = (tag: number): MessageType | undefined => TYPES.get(tag);

/** The yes-or-no of a message, undefined where it has none. */
export function flagOf(message: Message): boolean | undefined {
  if (message.type === "HANDSHAKE") return message.serves;
  if (message.type === "PROMISE") return message.withdrawn;
  if (message.type === "REQUEST") return message.urgent;
  if (message.type === "SUBSTREAMS") return message.refused;
  return message.type === "INTEGRITY" ? message.fromOrigin : undefined;
}

const TYPES: ReadonlyMap<number, MessageType> = new Map(Object.entries(TAG).map(([type, tag]) => [tag, type as MessageType]));
