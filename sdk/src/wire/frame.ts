import { MAX_FRAME_BYTES, type Message } from "../protocol/message.js";
import { decode, encodedLength, encodeInto, type Malformed } from "./codec.js";
import { u16At } from "./reader.js";
import { demand } from "./writer.js";

/** Before every message in a frame: its length. */
const LENGTH_BYTES = 2;

/** What a data channel carries at a time: messages, each after its length. One packet then pays for many small ones. */
export function frameLength(messages: readonly Message[]): number {
  let bytes = 0;
  for (const message of messages) bytes += framedLength(message);
  return bytes;
}

/** What one message adds to a frame. */
export const framedLength = (message: Message): number => LENGTH_BYTES + encodedLength(message);

/**
 * The frames for some messages to one peer, in order, nearly always one. Each lies in memory that the next one uses again: making
 * 16 KiB for every chunk cost as much as sending it.
 */
export function* encodeFrames(messages: readonly Message[]): Generator<Uint8Array> {
  let length = 0;
  for (const message of messages) {
    const bytes = encodedLength(message);
    demand(LENGTH_BYTES + bytes <= MAX_FRAME_BYTES);
    if (length + LENGTH_BYTES + bytes > MAX_FRAME_BYTES) {
      yield shared.subarray(0, length);
      length = 0;
    }
    shared[length] = bytes >>> 8;
    shared[length + 1] = bytes;
    length += LENGTH_BYTES;
    encodeInto(shared.subarray(length, length + bytes), message);
    length += bytes;
  }
  if (length > 0) yield shared.subarray(0, length);
}

/** Parses what a peer sent, all of it or nothing. Never throws; payloads are views of `bytes`, which must not be reused. */
export function decodeFrame(bytes: Uint8Array): readonly Message[] | Malformed {
  if (bytes.length > MAX_FRAME_BYTES) return { type: "malformed", reason: "frame too long" };
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length; ) {
    const begin = at + LENGTH_BYTES;
    const end = begin > bytes.length ? Infinity : begin + u16At(bytes, at);
    if (end > bytes.length) return { type: "malformed", reason: "frame cut short" };
    const message = decode(bytes.subarray(begin, end));
    if (message.type === "malformed") return message;
    messages.push(message);
    at = end;
  }
  return messages.length > 0 ? messages : { type: "malformed", reason: "empty frame" };
}

const shared = new Uint8Array(MAX_FRAME_BYTES);
