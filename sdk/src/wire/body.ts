import { MAX_ENTRIES, MAX_HASHES, type Message, type MessageType } from "../protocol/message.js";
import { CHUNK_BYTES, MAX_CHUNKS, type SegmentRef } from "../protocol/segment.js";
import { bufferMapLength, readBufferMap, writeBufferMap } from "./buffer-map.js";
import { HASH_BYTES, PEER_BYTES, SEGMENT_BYTES, SWARM_BYTES, type Reader } from "./reader.js";
import { readReceipt, receiptLength, writeReceipt } from "./receipt.js";
import { readRuns, runsLength, writeRuns } from "./runs.js";
import { readSubStreams, subStreamsLength, writeSubStreams } from "./sub-streams.js";
import { demand, type Writer } from "./writer.js";

/** Reads what follows the first byte of any message but DATA, which has a path of its own. */
export function readBody(reader: Reader, { type, flag }: { type: Exclude<MessageType, "DATA">; flag: boolean }): Message {
  switch (type) {
    case "HANDSHAKE": return { type, version: reader.u8(), swarm: reader.swarm(), peer: reader.peer(), serves: flag };
    case "HAVE": return { type, entries: readBufferMap(reader) };
    case "WANT": return { type, segments: readSegments(reader) };
    case "PROMISE": return { type, runs: readRuns(reader), withdrawn: flag };
    case "REQUEST": return { type, runs: readRuns(reader), urgent: flag };
    case "CANCEL":
    case "REJECT":
    case "INTEGRITY_REQ": return { type, runs: readRuns(reader) };
    case "CHOKE":
    case "UNCHOKE": return { type };
    case "INTEGRITY": return readIntegrity(reader, flag);
    case "RECEIPT": return readReceipt(reader);
    case "SUBSTREAMS": return readSubStreams(reader, flag);
  }
}

/** Writes what follows the first byte, and checks the bounds that the receiver will check. */
export function writeBody(writer: Writer, message: Message): void {
  switch (message.type) {
    case "DATA":
      demand(message.chunk < MAX_CHUNKS);
      demand(message.payload.length >= 1 && message.payload.length <= CHUNK_BYTES);
      writer.segment(message.segment);
      writer.u16(message.chunk);
      return writer.raw(message.payload);
    case "HANDSHAKE":
      writer.u8(message.version);
      writer.id(message.swarm, SWARM_BYTES);
      return writer.id(message.peer, PEER_BYTES);
    case "HAVE": return writeBufferMap(writer, message.entries);
    case "WANT":
      demand(message.segments.length <= MAX_ENTRIES);
      for (const segment of message.segments) writer.segment(segment);
      return;
    case "PROMISE":
    case "REQUEST":
    case "CANCEL":
    case "REJECT":
    case "INTEGRITY_REQ": return writeRuns(writer, message.runs);
    case "CHOKE":
    case "UNCHOKE": return;
    case "INTEGRITY":
      demand(areHashes(message.first, message.hashes.length));
      writer.segment(message.segment);
      writer.u16(message.first);
      for (const hash of message.hashes) writer.id(hash, HASH_BYTES);
      return;
    case "RECEIPT": return writeReceipt(writer, message);
    case "SUBSTREAMS": return writeSubStreams(writer, message);
  }
}

/** Bytes that {@link writeBody} will write. */
export function bodyLength(message: Message): number {
  switch (message.type) {
    case "DATA": return SEGMENT_BYTES + 2 + message.payload.length;
    case "HANDSHAKE": return 1 + SWARM_BYTES + PEER_BYTES;
    case "HAVE": return bufferMapLength(message.entries);
    case "WANT": return message.segments.length * SEGMENT_BYTES;
    case "PROMISE":
    case "REQUEST":
    case "CANCEL":
    case "REJECT":
    case "INTEGRITY_REQ": return runsLength(message.runs);
    case "CHOKE":
    case "UNCHOKE": return 0;
    case "INTEGRITY": return SEGMENT_BYTES + 2 + message.hashes.length * HASH_BYTES;
    case "RECEIPT": return receiptLength(message);
    case "SUBSTREAMS": return subStreamsLength(message);
  }
}

function readSegments(reader: Reader): SegmentRef[] {
  const segments: SegmentRef[] = [];
  while (reader.more) {
    if (segments.length === MAX_ENTRIES) reader.fail("too many entries");
    segments.push(reader.segment());
  }
  return segments;
}

function readIntegrity(reader: Reader, fromOrigin: boolean): Message {
  const segment = reader.segment();
  const first = reader.u16();
  const count = Math.ceil(reader.remaining / HASH_BYTES);
  if (!areHashes(first, count)) reader.fail("hashes out of bounds");
  const hashes = [];
  while (reader.more) hashes.push(reader.hash());
  return { type: "INTEGRITY", segment, first, fromOrigin, hashes };
}

const areHashes = (first: number, count: number): boolean => first < MAX_CHUNKS && count <= MAX_HASHES && first + count <= MAX_CHUNKS;
