import fc from "fast-check";
import { createBitfield, setBit } from "../src/protocol/bitfield.js";
import type { ChunkHash, PeerId, SwarmId, TrackId } from "../src/protocol/ids.js";
import { KEY_BYTES, MAX_HASHES, MAX_PATH, MAX_SUBSTREAMS, SIGNATURE_BYTES, type BufferMapEntry, type ChunkRun, type Message } from "../src/protocol/message.js";
import { CHUNK_BYTES, INIT_SEQUENCE, MAX_CHUNKS, chunkCount, segmentRef, type SegmentRef } from "../src/protocol/segment.js";

const hexArb = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((array) => Buffer.from(array).toString("hex"));
const peerArb = hexArb(8).map((hex) => hex as PeerId);
const swarmArb = hexArb(16).map((hex) => hex as SwarmId);
const hashArb = hexArb(16).map((hex) => hex as ChunkHash);

const u32Arb = fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 0xffff_ffff }), fc.constant(INIT_SEQUENCE));
const anySegmentArb = fc.tuple(u32Arb, u32Arb, u32Arb).map(([track, sequence, variant]) => segmentRef(track as TrackId, sequence, variant));
/** Few names, so that neighbours in a list often share one. */
const segmentArb = fc.oneof(anySegmentArb, fc.nat(2).map((sequence) => segmentRef(7 as TrackId, sequence, 9)));

const chunkArb = fc.oneof(fc.nat(200), fc.integer({ min: 0, max: MAX_CHUNKS - 1 }));
const runArb: fc.Arbitrary<ChunkRun> = fc
  .tuple(segmentArb, chunkArb)
  .chain(([segment, first]) => fc.integer({ min: 1, max: MAX_CHUNKS - first }).map((count) => ({ segment, first, count })));
const runsArb = fc.array(runArb, { maxLength: 40 });

const bytesArb = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
/** Ascending within a segment, and none touches the next. */
const chunkSetsArb: fc.Arbitrary<ChunkRun[]> = fc
  .uniqueArray(fc.record({ segment: segmentArb, steps: fc.array(fc.record({ gap: fc.nat(9), count: fc.integer({ min: 1, max: 9 }) }), { minLength: 1, maxLength: 8 }) }), { selector: ({ segment }) => segment.id, maxLength: 6 })
  .map((sets) =>
    sets.flatMap(({ segment, steps }) => {
      let next = 0;
      return steps.map(({ gap, count }) => {
        const first = next + gap;
        next = first + count + 1;
        return { segment, first, count };
      });
    }),
  );

const sizeArb = fc.oneof(fc.integer({ min: 1, max: 64 * CHUNK_BYTES }), fc.constantFrom(1, CHUNK_BYTES, CHUNK_BYTES + 1, 8 * CHUNK_BYTES, MAX_CHUNKS * CHUNK_BYTES));
const entryArb: fc.Arbitrary<BufferMapEntry> = fc
  .record({ segment: segmentArb, sizeBytes: sizeArb, set: fc.array(fc.nat(70)), kind: fc.constantFrom("all", "none", "some") })
  .map(({ segment, sizeBytes, set, kind }) => {
    const bits = chunkCount(sizeBytes);
    // A field of the largest segments takes 8 KiB, and forty of them more than a message: wire.test.ts has its own.
    if (kind !== "some" || bits > 4096) return { segment, sizeBytes, chunks: kind === "all" ? "all" : "none" };
    const chunks = createBitfield(bits);
    for (const index of set) if (index < bits) setBit(chunks, index);
    return { segment, sizeBytes, chunks };
  });

const integrityArb = fc
  .record({ segment: segmentArb, first: chunkArb, fromOrigin: fc.boolean(), hashes: fc.array(hashArb, { maxLength: 20 }) })
  .map(({ hashes, first, ...rest }): Message => ({ type: "INTEGRITY", ...rest, first, hashes: hashes.slice(0, Math.min(MAX_HASHES, MAX_CHUNKS - first)) }));

const subStreamsArb = fc
  .record({
    refused: fc.boolean(), track: fc.nat(9).map((track) => track as TrackId), bits: fc.nat(0xffff), slots: fc.nat(255), spare: fc.nat(255),
    streams: fc.array(fc.record({ sequence: u32Arb, chunks: fc.nat(0xffff), path: fc.array(u32Arb, { maxLength: MAX_PATH }) }), { maxLength: MAX_SUBSTREAMS }),
  })
  .map(({ bits, streams, ...rest }): Message => ({ type: "SUBSTREAMS", ...rest, bits: bits & (2 ** streams.length - 1), streams }));

/** Every message that may be sent. */
export const messageArb: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ type: fc.constant("HANDSHAKE" as const), version: fc.nat(255), swarm: swarmArb, peer: peerArb, serves: fc.boolean() }),
  fc.record({ type: fc.constant("HAVE" as const), entries: fc.array(entryArb, { maxLength: 40 }) }),
  fc.record({ type: fc.constant("WANT" as const), segments: fc.array(segmentArb, { maxLength: 40 }) }),
  fc.record({ type: fc.constant("PROMISE" as const), runs: runsArb, withdrawn: fc.boolean() }),
  fc.record({ type: fc.constant("REQUEST" as const), runs: runsArb, urgent: fc.boolean() }),
  fc.record({ type: fc.constantFrom("CANCEL" as const, "REJECT" as const, "INTEGRITY_REQ" as const), runs: runsArb }),
  fc.record({ type: fc.constant("DATA" as const), segment: segmentArb, chunk: chunkArb, payload: fc.uint8Array({ minLength: 1, maxLength: 64 }) }),
  fc.record({ type: fc.constantFrom("CHOKE" as const, "UNCHOKE" as const) }),
  integrityArb,
  fc.record({ type: fc.constant("RECEIPT" as const), giver: peerArb, receiver: peerArb, key: bytesArb(KEY_BYTES), signature: bytesArb(SIGNATURE_BYTES), runs: chunkSetsArb }),
  subStreamsArb,
);

/** A segment to name where it does not matter which. */
export const someSegment = (sequence = 42): SegmentRef => segmentRef(0xdead_beef as TrackId, sequence, 0xcafe_f00d);
