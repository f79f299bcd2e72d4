import { isWellFormed } from "../src/protocol/bitfield.js";
import { isPeerId, isSwarmId } from "../src/protocol/ids.js";
import { MAX_ENTRIES, MAX_HASHES, MAX_PATH, MAX_SUBSTREAMS, MAX_MESSAGE_BYTES, MAX_RUNS, type BufferMapEntry, type ChunkRun, type Message } from "../src/protocol/message.js";
import { CHUNK_BYTES, MAX_CHUNKS, chunkCount, type SegmentRef } from "../src/protocol/segment.js";
import { encode, encodedLength } from "../src/wire/codec.js";

/** Memory that a parsed message takes, element by element: numbers 4 bytes, references 8, strings and arrays their length. */
export function weightBytes(message: Message): number {
  const segments = new Set<SegmentRef>();
  const runs = (list: readonly ChunkRun[]): number => {
    for (const run of list) segments.add(run.segment);
    return list.length * (8 + 4 + 4);
  };
  let weight = 64;
  switch (message.type) {
    case "HAVE":
      for (const entry of message.entries) {
        segments.add(entry.segment);
        weight += 8 + 4 + (typeof entry.chunks === "string" ? 8 : entry.chunks.buffer.byteLength);
      }
      break;
    case "WANT": for (const segment of message.segments) segments.add(segment); break;
    case "PROMISE": case "REQUEST": case "CANCEL": case "REJECT": case "INTEGRITY_REQ": case "RECEIPT": weight += runs(message.runs); break;
    case "INTEGRITY": segments.add(message.segment); weight += message.hashes.reduce((sum, hash) => sum + hash.length, 0); break;
    case "DATA": segments.add(message.segment); break; // the payload is the input itself
    case "SUBSTREAMS": for (const { path } of message.streams) weight += 16 + 8 * path.length; break;
    case "HANDSHAKE": case "CHOKE": case "UNCHOKE": break;
  }
  for (const segment of segments) weight += 3 * 4 + segment.id.length;
  return weight;
}

/** Which promise of the parser is broken by what it made of these bytes. */
export function messageProblem(input: Uint8Array, message: Message): string | undefined {
  if (input.length > MAX_MESSAGE_BYTES) return "longer than a message may be";
  if (weightBytes(message) > 4 * input.length + 128) return "takes more memory than its length justifies";
  if (encodedLength(message) !== input.length) return "encodedLength differs from the input's";
  if (Buffer.compare(encode(message), input) !== 0) return "encodes to other bytes than it was parsed from";
  if (!isInBounds(message)) return "out of bounds";
  return undefined;
}

function isInBounds(message: Message): boolean {
  switch (message.type) {
    case "HANDSHAKE": return isPeerId(message.peer) && isSwarmId(message.swarm) && message.version <= 255;
    case "HAVE": return message.entries.length <= MAX_ENTRIES && message.entries.every(isEntry);
    case "WANT": return message.segments.length <= MAX_ENTRIES && message.segments.every(isSegment);
    case "PROMISE": case "REQUEST": case "CANCEL": case "REJECT": case "INTEGRITY_REQ": return message.runs.length <= MAX_RUNS && message.runs.every(isRun);
    case "RECEIPT": return message.runs.length <= MAX_RUNS && message.runs.every(isRun) && isPeerId(message.giver) && isPeerId(message.receiver);
    case "DATA": return isSegment(message.segment) && message.chunk < MAX_CHUNKS && message.payload.length >= 1 && message.payload.length <= CHUNK_BYTES;
    case "CHOKE": case "UNCHOKE": return true;
    case "INTEGRITY": return message.hashes.length <= MAX_HASHES && message.first + message.hashes.length <= MAX_CHUNKS && message.hashes.every((hash) => /^[0-9a-f]{32}$/.test(hash));
    case "SUBSTREAMS": return isU32(message.track) && message.streams.length <= MAX_SUBSTREAMS && message.slots <= 255 && message.spare <= 255 && message.bits < 2 ** message.streams.length && message.streams.every((s) => isU32(s.sequence) && s.chunks <= 0xffff && s.path.length <= MAX_PATH && s.path.every(isU32));
  }
}

const isU32 = (value: number): boolean => value >>> 0 === value;
const isSegment = ({ id, track, sequence, variant }: SegmentRef): boolean =>
  isU32(track) && isU32(sequence) && isU32(variant) && id === `${track.toString(16)}.${sequence.toString(16)}.${variant.toString(16)}`;
const isRun = ({ segment, first, count }: ChunkRun): boolean => isSegment(segment) && first >= 0 && count >= 1 && first + count <= MAX_CHUNKS;
const isEntry = ({ segment, sizeBytes, chunks }: BufferMapEntry): boolean =>
  isSegment(segment) && sizeBytes > 0 && sizeBytes <= MAX_CHUNKS * CHUNK_BYTES && (typeof chunks === "string" || isWellFormed(chunks, chunkCount(sizeBytes)));
