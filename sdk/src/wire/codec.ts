import { MAX_MESSAGE_BYTES, type Message } from "../protocol/message.js";
import { CHUNK_BYTES, MAX_CHUNKS } from "../protocol/segment.js";
import { bodyLength, readBody, writeBody } from "./body.js";
import { Reader, SEGMENT_BYTES, segmentAt, u16At } from "./reader.js";
import { FLAG, TAG, flagOf, typeOf } from "./tag.js";
import { Writer, demand } from "./writer.js";

/** What a peer sent is no message. `reason` is one of a few fixed sentences: nothing of the peer's own gets into a log. */
export interface Malformed {
  readonly type: "malformed";
  readonly reason: string;
}

/**
 * Parses one message of a peer; ARCHITECTURE.md has the format. Never throws, allocates no more than the length of
 * `bytes` justifies, and accepts exactly what {@link encode} can produce. The payload of a DATA message is a view of
 * `bytes`, which therefore must not be reused.
 */
export function decode(bytes: Uint8Array): Message | Malformed {
  const tag = bytes[0];
  if (tag === TAG.DATA) return decodeData(bytes);
  if (tag === undefined) return malformed("empty message");
  if (bytes.length > MAX_MESSAGE_BYTES) return malformed("message too long");
  const type = typeOf(tag & ~FLAG);
  if (type === undefined || type === "DATA") return malformed("unknown message type");
  const flag = (tag & FLAG) !== 0;
  const reader = new Reader(bytes, 1);
  const message = readBody(reader, { type, flag });
  if (flag && flagOf(message) === undefined) reader.fail("unknown flag");
  if (reader.remaining > 0) reader.fail("trailing bytes");
  return reader.failure === undefined ? message : malformed(reader.failure);
}

/**
 * The bytes of one message.
 * @throws {EncodeError} when the message breaks a bound that the receiver enforces.
 */
export function encode(message: Message): Uint8Array {
  const length = encodedLength(message);
  demand(length <= MAX_MESSAGE_BYTES);
  const bytes = new Uint8Array(length);
  encodeInto(bytes, message);
  return bytes;
}

/** As {@link encode}, into `bytes`, which has the right length. */
export function encodeInto(bytes: Uint8Array, message: Message): void {
  const writer = new Writer(bytes);
  writer.u8(TAG[message.type] | (flagOf(message) === true ? FLAG : 0));
  writeBody(writer, message);
}

/** Length of {@link encode}'s result, bytes, without making it. */
export const encodedLength = (message: Message): number => 1 + bodyLength(message);

const DATA_HEADER_BYTES = 1 + SEGMENT_BYTES + 2;

const malformed = (reason: string): Malformed => ({ type: "malformed", reason });

/** Nearly all bytes come through here: no reader, no copy. */
function decodeData(bytes: Uint8Array): Message | Malformed {
  const length = bytes.length - DATA_HEADER_BYTES;
  if (length < 1 || length > CHUNK_BYTES) return malformed("payload out of bounds");
  const chunk = u16At(bytes, 1 + SEGMENT_BYTES);
  if (chunk >= MAX_CHUNKS) return malformed("chunk out of bounds");
  return { type: "DATA", segment: segmentAt(bytes, 1), chunk, payload: bytes.subarray(DATA_HEADER_BYTES) };
}
