import fc from "fast-check";
import { isWellFormed } from "../src/protocol/bitfield.js";
import { isPeerId, isSwarmId } from "../src/protocol/ids.js";
import { MAX_ENTRIES, MAX_HASHES, MAX_PATH, MAX_SUBSTREAMS, MAX_MESSAGE_BYTES, MAX_RUNS, type BufferMapEntry, type ChunkRun, type Message } from "../src/protocol/message.js";
import { CHUNK_BYTES, MAX_CHUNKS, chunkCount, type SegmentRef } from "../src/protocol/segment.js";
import { decode, encode, encodedLength } from "../src/wire/codec.js";
import { messageArb } from "./wire-message.js";

/** How many of the inputs were messages, and how many were refused for which reason. */
export interface FuzzResult {
  readonly messages: number;
  readonly refused: ReadonlyMap<string, number>;
}

/**
 * Feeds `runs` inputs to the parser: random bytes, and valid messages after a few mutations.
 * Throws, naming the seed and the bytes, when one of them breaks a promise of the parser.
 */
export function fuzzDecode({ runs, seed }: { runs: number; seed: number }): FuzzResult {
  const random = generator(seed);
  const corpus = fc.sample(messageArb, { numRuns: 300, seed }).map(encode);
  const refused = new Map<string, number>();
  let messages = 0;
  for (let run = 0; run < runs; run++) {
    const input = nextInput(corpus, random);
    try {
      const result = decode(input);
      if (result.type === "malformed") refused.set(result.reason, (refused.get(result.reason) ?? 0) + 1);
      else checkMessage(input, result);
      if (result.type !== "malformed") messages++;
    } catch (error) {
      throw new Error(`SHOAL_FUZZ_SEED=${seed} SHOAL_FUZZ_RUNS=${run + 1}, input ${Buffer.from(input).toString("hex")}`, { cause: error });
    }
  }
  return { messages, refused };
}

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

function checkMessage(input: Uint8Array, message: Message): void {
  const problem = firstProblem(input, message);
  if (problem !== undefined) throw new Error(problem);
}

function firstProblem(input: Uint8Array, message: Message): string | undefined {
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

type Random = (below: number) => number;

function nextInput(corpus: readonly Uint8Array[], random: Random): Uint8Array {
  if (random(4) === 0) return withKnownTag(Uint8Array.from({ length: random(random(16) === 0 ? 2048 : 80) }, () => random(256)), random);
  let bytes = pick(corpus, random);
  for (let mutations = random(4); mutations > 0; mutations--) bytes = mutate(bytes, { other: pick(corpus, random), random });
  return bytes;
}

function withKnownTag(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length > 0 && random(4) > 0) bytes[0] = 1 + random(13) + (random(4) === 0 ? 0x80 : 0);
  return bytes;
}

function mutate(bytes: Uint8Array, { other, random }: { other: Uint8Array; random: Random }): Uint8Array {
  const at = random(bytes.length + 1);
  const until = Math.min(bytes.length, at + random(20));
  const copy = Uint8Array.from(bytes);
  switch (random(7)) {
    case 0: copy[at] = (copy[at] ?? 0) ^ (1 << random(8)); return copy;
    case 1: copy[at] = EDGES[random(EDGES.length)] ?? 0; return copy;
    case 2: return copy.fill(EDGES[random(EDGES.length)] ?? 0, at, until);
    case 3: return copy.subarray(0, at);
    case 4: return concat(bytes.subarray(0, at), bytes.subarray(until));
    case 5: return concat(bytes.subarray(0, until), bytes.subarray(at));
    default: return concat(bytes.subarray(0, at), other.subarray(random(other.length + 1)));
  }
}

const EDGES: readonly number[] = [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xfe, 0xff];

const pick = (corpus: readonly Uint8Array[], random: Random): Uint8Array => corpus[random(corpus.length)] ?? new Uint8Array(0);

const concat = (a: Uint8Array, b: Uint8Array): Uint8Array => Uint8Array.from([...a, ...b]);

/** mulberry32: whole numbers below a bound, the same ones for the same seed. */
function generator(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, below);
  };
}
