import type { TrackId } from "../protocol/ids.js";
import type { Message } from "../protocol/message.js";
import type { Reader } from "./reader.js";

/** For a build that does not push: passed over, since others tell of theirs, and never written. */
export function readSubStreams(reader: Reader): Extract<Message, { type: "SUBSTREAMS" }> {
  reader.copy(reader.remaining);
  return { type: "SUBSTREAMS", refused: false, track: 0 as TrackId, bits: 0, slots: 0, spare: 0, streams: [] };
}

export const writeSubStreams = (): void => {};

export const subStreamsLength = (): number => 0;
