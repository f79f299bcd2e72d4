import type { Message } from "../protocol/message.js";
import type { Reader } from "./reader.js";

/** For a build that does not push: passed over, since others tell of theirs, and never written. Nobody looks at what is in it. */
export function readSubStreams(reader: Reader): Extract<Message, { type: "SUBSTREAMS" }> {
  reader.copy(reader.remaining);
  return { type: "SUBSTREAMS", refused: false } as Extract<Message, { type: "SUBSTREAMS" }>;
}

export const writeSubStreams = (): void => {};

export const subStreamsLength = (): number => 0;
