import type { TrackId } from "../protocol/ids.js";
import { MAX_PATH, MAX_SUBSTREAMS, type Message, type SubStream } from "../protocol/message.js";
import type { Reader } from "./reader.js";
import { demand, type Writer } from "./writer.js";

type SubStreams = Extract<Message, { type: "SUBSTREAMS" }>;

/** Body of a SUBSTREAMS; the script tag's build has `without-sub-streams.ts` in its place. */
export function readSubStreams(reader: Reader, refused: boolean): SubStreams {
  const track = reader.u32() as TrackId;
  const bits = reader.u16();
  const slots = reader.u8();
  const spare = reader.u8();
  const streams: SubStream[] = [];
  while (reader.more) {
    const sequence = reader.u32();
    const chunks = reader.u16();
    const path: number[] = [];
    for (let left = reader.u8(); left > 0 && reader.failure === undefined; left--) path.push(reader.u32());
    streams.push({ sequence, chunks, path });
    if (path.length > MAX_PATH || streams.length > MAX_SUBSTREAMS) reader.fail("sub-streams out of bounds");
  }
  if (!areSubStreams(bits, streams.length)) reader.fail("sub-streams out of bounds");
  return { type: "SUBSTREAMS", refused, track, bits, slots, spare, streams };
}

export function writeSubStreams(writer: Writer, message: SubStreams): void {
  demand(areSubStreams(message.bits, message.streams.length));
  writer.u32(message.track);
  writer.u16(message.bits);
  writer.u8(message.slots);
  writer.u8(message.spare);
  for (const { sequence, chunks, path } of message.streams) {
    demand(path.length <= MAX_PATH);
    writer.u32(sequence);
    writer.u16(chunks);
    writer.u8(path.length);
    for (const node of path) writer.u32(node);
  }
}

export const subStreamsLength = ({ streams }: SubStreams): number => streams.reduce((sum, { path }) => sum + 7 + 4 * path.length, 8);

const areSubStreams = (bits: number, count: number): boolean => count <= MAX_SUBSTREAMS && bits >>> count === 0;
