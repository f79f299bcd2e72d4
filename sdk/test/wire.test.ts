import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fullBitfield } from "../src/protocol/bitfield.js";
import type { ChunkHash, PeerId, SwarmId, TrackId } from "../src/protocol/ids.js";
import { MAX_ENTRIES, MAX_HASHES, MAX_MESSAGE_BYTES, MAX_RUNS, type BufferMapEntry, type Message } from "../src/protocol/message.js";
import { CHUNK_BYTES, INIT_SEQUENCE, MAX_CHUNKS } from "../src/protocol/segment.js";
import { decode, encode, encodedLength } from "../src/wire/codec.js";
import { EncodeError } from "../src/wire/writer.js";
import { weightBytes } from "./message-problem.js";
import { messageArb, someSegment } from "./wire-message.js";

const segment = someSegment();
const NAME = "deadbeef0000002acafef00d";
const peer = "0123456789abcdef" as PeerId;
const swarm = "00112233445566778899aabbccddeeff" as SwarmId;
const hash = "ffeeddccbbaa99887766554433221100" as ChunkHash;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
const have = (...entries: BufferMapEntry[]): Message => ({ type: "HAVE", entries });
const request = (first: number, count: number): Message => ({ type: "REQUEST", runs: [{ segment, first, count }], urgent: false });
const data = (payload: Uint8Array, chunk = 3): Message => ({ type: "DATA", segment, chunk, payload });
const integrity = (first: number, hashes: number): Message => ({ type: "INTEGRITY", segment, first, fromOrigin: true, hashes: Array<ChunkHash>(hashes).fill(hash) });

const expectRoundTrip = (message: Message): void => {
  expect(decode(encode(message))).toEqual(message);
};
const expectRefused = (bytes: Uint8Array, reason: string): void => expect(decode(bytes)).toEqual({ type: "malformed", reason });
const expectProgrammerError = (message: Message): void => expect(() => encode(message)).toThrow(EncodeError);

describe("any message", () => {
  test("arrives as it was sent", () => {
    fc.assert(fc.property(messageArb, expectRoundTrip), { numRuns: 1000 });
  });

  test("is as long as encodedLength says, and takes memory in proportion", () => {
    fc.assert(
      fc.property(messageArb, (message) => {
        const bytes = encode(message);
        expect(encodedLength(message)).toBe(bytes.length);
        const parsed = decode(bytes);
        expect(parsed.type).toBe(message.type);
        if (parsed.type !== "malformed") expect(weightBytes(parsed)).toBeLessThanOrEqual(4 * bytes.length + 128);
      }),
      { numRuns: 500 },
    );
  });

  test("is refused when a byte is missing or too much, unless what is left is a shorter list", () => {
    const fixed: Message[] = [{ type: "HANDSHAKE", version: 1, swarm, peer, serves: true }, { type: "CHOKE" }, { type: "UNCHOKE" }, request(1, 2), integrity(0, 2)];
    for (const message of fixed) {
      const bytes = encode(message);
      expect(decode(bytes.subarray(0, -1)).type).toBe("malformed");
      expect(decode(Uint8Array.of(...bytes, 0)).type).toBe("malformed");
    }
  });

  test("does not depend on where in a buffer it lies", () => {
    const bytes = encode(request(7, 9));
    const large = new Uint8Array(bytes.length + 20).fill(0xff);
    large.set(bytes, 11);
    expect(decode(large.subarray(11, 11 + bytes.length))).toEqual(request(7, 9));
  });

  test("may be up to 64 KiB long and no longer", () => {
    // Eight fields of 8,190 bytes, 16 bytes before each, one byte of type: 65,649 is too much, seven of them are not.
    const entry = { segment, sizeBytes: 8190 * 8 * CHUNK_BYTES, chunks: fullBitfield(8190 * 8) };
    expectRoundTrip(have(...Array<BufferMapEntry>(7).fill(entry)));
    expectProgrammerError(have(...Array<BufferMapEntry>(8).fill(entry)));
    expectRefused(new Uint8Array(MAX_MESSAGE_BYTES + 1).fill(2), "message too long");
  });

  test("has a type that exists, and a flag only where the type has one", () => {
    expectRefused(new Uint8Array(0), "empty message");
    for (const tag of [0, 15, 0x7f, 0x80, 0x88, 0xff]) expectRefused(Uint8Array.of(tag), "unknown message type");
    expectRefused(Uint8Array.of(0x80 | 9), "unknown flag");
  });
});

describe("bytes that ARCHITECTURE.md promises", () => {
  const golden: readonly (readonly [string, Message, string])[] = [
    ["HANDSHAKE that serves", { type: "HANDSHAKE", version: 1, swarm, peer, serves: true }, `8101${swarm}${peer}`],
    ["HANDSHAKE that does not", { type: "HANDSHAKE", version: 1, swarm, peer, serves: false }, `0101${swarm}${peer}`],
    ["HAVE of all", have({ segment, sizeBytes: 0x1_2345, chunks: "all" }), `02${NAME}00012345`],
    ["HAVE of none", have({ segment, sizeBytes: 0x1_2345, chunks: "none" }), `02${NAME}40012345`],
    ["HAVE of chunks 0 and 4", have({ segment, sizeBytes: 0x1_2345, chunks: Uint8Array.of(0x88) }), `02${NAME}8001234588`],
    ["WANT", { type: "WANT", segments: [segment, segment] }, `03${NAME}${NAME}`],
    ["PROMISE", { type: "PROMISE", withdrawn: false, runs: [{ segment, first: 1, count: 2 }] }, `04${NAME}0000010002`],
    ["PROMISE withdrawn", { type: "PROMISE", withdrawn: true, runs: [] }, "84"],
    ["REQUEST", request(0x102, 0x304), `05${NAME}0001020304`],
    ["CANCEL", { type: "CANCEL", runs: [{ segment, first: 1, count: 1 }] }, `06${NAME}0000010001`],
    ["REJECT", { type: "REJECT", runs: [{ segment, first: 1, count: 1 }] }, `07${NAME}0000010001`],
    ["DATA", data(Uint8Array.of(1, 2)), `08${NAME}00030102`],
    ["CHOKE", { type: "CHOKE" }, "09"],
    ["UNCHOKE", { type: "UNCHOKE" }, "0a"],
    ["INTEGRITY_REQ", { type: "INTEGRITY_REQ", runs: [{ segment, first: 1, count: 1 }] }, `0b${NAME}0000010001`],
    ["INTEGRITY", integrity(5, 1), `8c${NAME}0005${hash}`],
    ["RECEIPT", { type: "RECEIPT", giver: peer, receiver: "ffffffffffffffff" as PeerId, key: new Uint8Array(65).fill(4), signature: new Uint8Array(64).fill(5), runs: [{ segment, first: 1, count: 2 }, { segment, first: 8, count: 1 }] }, `0d${peer}ffffffffffffffff${"04".repeat(65)}${"05".repeat(64)}${NAME}00026080`],
    ["SUBSTREAMS", { type: "SUBSTREAMS", refused: true, track: 7 as TrackId, bits: 2, slots: 9, spare: 3, streams: [{ sequence: 5, chunks: 6, path: [8] }, { sequence: 0, chunks: 0, path: [] }] }, "8e0000000700020903000000050006010000000800000000000000"],
  ];
  test.each(golden)("%s", (_, message, bytes) => {
    expect(hex(encode(message))).toBe(bytes);
    expect(decode(fromHex(bytes))).toEqual(message);
  });

  test("runs of one segment in a row name it once", () => {
    const other = someSegment(43);
    const runs = [{ segment, first: 1, count: 1 }, { segment, first: 3, count: 2 }, { segment: other, first: 0, count: 1 }, { segment, first: 9, count: 1 }];
    expect(hex(encode({ type: "REQUEST", runs, urgent: false }))).toBe(`05${NAME}010001000100030002deadbeef0000002bcafef00d0000000001${NAME}0000090001`);
    expectRefused(fromHex(`05${NAME}0000010001${NAME}0000030002`), "runs of one segment in two groups");
  });

  test("a complete VoD of 320 segments, and one of exactly 256, is one HAVE of 16 bytes a segment", () => {
    for (const count of [256, 320]) {
      const message = have(...Array.from({ length: count }, (_, i): BufferMapEntry => ({ segment: someSegment(i), sizeBytes: 1_000_000, chunks: "all" })));
      expect(encodedLength(message)).toBe(1 + 16 * count);
      expectRoundTrip(message);
    }
  });
});

describe("DATA", () => {
  test("spends 15 bytes on its header", () => {
    expect(encodedLength(data(new Uint8Array(CHUNK_BYTES)))).toBe(15 + CHUNK_BYTES);
  });

  test("hands its payload over without a copy", () => {
    const bytes = encode(data(Uint8Array.of(1, 2, 3)));
    const parsed = decode(bytes);
    expect(parsed.type === "DATA" && parsed.payload.buffer === bytes.buffer).toBe(true);
  });

  test("carries 1 byte to a whole chunk, of chunk 0 to 65,534", () => {
    expectRoundTrip(data(Uint8Array.of(1), 0));
    expectRoundTrip(data(new Uint8Array(CHUNK_BYTES).fill(7), MAX_CHUNKS - 1));
    for (const length of [0, CHUNK_BYTES + 1]) {
      expectProgrammerError(data(new Uint8Array(length)));
      expectRefused(Uint8Array.of(...fromHex(`08${NAME}0003`), ...new Uint8Array(length)), "payload out of bounds");
    }
    expectProgrammerError(data(Uint8Array.of(1), MAX_CHUNKS));
    expectRefused(fromHex(`08${NAME}ffff01`), "chunk out of bounds");
    expectRefused(fromHex(`08${NAME}`), "payload out of bounds");
  });
});

describe("a run", () => {
  test("has at least one chunk and ends at chunk 65,534 at the latest", () => {
    for (const [first, count] of [[0, MAX_CHUNKS], [MAX_CHUNKS - 1, 1]] as const) expectRoundTrip(request(first, count));
    for (const [first, count] of [[0, 0], [1, MAX_CHUNKS], [MAX_CHUNKS, 1], [-1, 2], [0.5, 1]] as const) expectProgrammerError(request(first, count));
    for (const run of ["00000000", "0001ffff", "ffff0001", "ffffffff"]) expectRefused(fromHex(`05${NAME}00${run}`), "run out of bounds");
  });

  test("comes with up to 255 others, of one segment or of as many", () => {
    const same = Array.from({ length: MAX_RUNS + 1 }, (_, i) => ({ segment, first: i, count: 1 }));
    const different = same.map((run, i) => ({ ...run, segment: someSegment(i) }));
    for (const runs of [same, different]) {
      expectRoundTrip({ type: "CANCEL", runs: runs.slice(1) });
      expectProgrammerError({ type: "CANCEL", runs });
    }
    const full = encode({ type: "CANCEL", runs: same.slice(1) });
    expectRefused(Uint8Array.of(...full, ...fromHex("000000000000000000000000" + "0000000001")), "too many runs");
  });

  test("that is promised by a count but absent is refused before anything is made of it", () => {
    expectRefused(fromHex(`05${NAME}ff00010001`), "ends too early");
  });
});

describe("a buffer map entry", () => {
  test("is of a segment of 1 byte to 65,535 chunks", () => {
    for (const sizeBytes of [1, MAX_CHUNKS * CHUNK_BYTES]) expectRoundTrip(have({ segment, sizeBytes, chunks: "all" }));
    for (const sizeBytes of [0, -1, 1.5, Number.NaN, MAX_CHUNKS * CHUNK_BYTES + 1]) expectProgrammerError(have({ segment, sizeBytes, chunks: "all" }));
    for (const word of ["00000000", "3fffc001", "40000000", "bfffffff"]) expectRefused(fromHex(`02${NAME}${word}`), "segment size out of bounds");
    expectRefused(fromHex(`02${NAME}c0000001`), "unknown entry");
  });

  test("has a bitfield of just the bytes that the size needs, spare bits zero", () => {
    const sizeBytes = 8 * CHUNK_BYTES + 1;
    expectRoundTrip(have({ segment, sizeBytes, chunks: Uint8Array.of(0xff, 0x80) }));
    for (const chunks of [Uint8Array.of(0xff), Uint8Array.of(0xff, 0x80, 0), Uint8Array.of(0xff, 0x40)]) expectProgrammerError(have({ segment, sizeBytes, chunks }));
    expectRefused(fromHex(`02${NAME}80020001ff`), "ends too early");
    expectRefused(fromHex(`02${NAME}80020001ff40`), "spare bits set");
    expectRefused(fromHex(`02${NAME}80020001ff8000`), "ends too early");
  });

  test("owns its bitfield, even when the transport hands over a Node Buffer", () => {
    const bytes = Buffer.from(encode(have({ segment, sizeBytes: CHUNK_BYTES, chunks: Uint8Array.of(0x80) })));
    const parsed = decode(bytes);
    bytes.fill(0);
    expect(parsed).toEqual(have({ segment, sizeBytes: CHUNK_BYTES, chunks: Uint8Array.of(0x80) }));
  });

  test("comes with up to 1,023 others, as does a wanted segment", () => {
    const entries = Array.from({ length: MAX_ENTRIES + 1 }, (_, i): BufferMapEntry => ({ segment: someSegment(i), sizeBytes: 1, chunks: "all" }));
    const segments = entries.map((entry) => entry.segment);
    expectRoundTrip(have(...entries.slice(1)));
    expectRoundTrip({ type: "WANT", segments: segments.slice(1) });
    expectProgrammerError(have(...entries));
    expectProgrammerError({ type: "WANT", segments });
    expectRefused(Uint8Array.of(...encode(have(...entries.slice(1))), ...fromHex(`${NAME}00000001`)), "too many entries");
    expectRefused(Uint8Array.of(...encode({ type: "WANT", segments: segments.slice(1) }), ...fromHex(NAME)), "too many entries");
  });
});

describe("INTEGRITY", () => {
  test("speaks of up to 1,024 chunks, all of them below 65,535", () => {
    for (const [first, count] of [[0, 0], [0, MAX_HASHES], [MAX_CHUNKS - 1, 1], [MAX_CHUNKS - MAX_HASHES, MAX_HASHES]] as const) expectRoundTrip(integrity(first, count));
    for (const [first, count] of [[0, MAX_HASHES + 1], [MAX_CHUNKS - 1, 2], [MAX_CHUNKS, 0]] as const) expectProgrammerError(integrity(first, count));
    expectRefused(fromHex(`0c${NAME}fffe${hash}${hash}`), "hashes out of bounds");
    expectRefused(Uint8Array.of(...encode(integrity(0, MAX_HASHES)), ...fromHex(hash)), "hashes out of bounds");
  });

  test("has whole hashes", () => {
    expectRefused(fromHex(`0c${NAME}0000${hash}00`), "ends too early");
  });
});

describe("identities", () => {
  test("an initialization segment and the largest of all numbers pass", () => {
    expectRoundTrip({ type: "WANT", segments: [someSegment(INIT_SEQUENCE)] });
  });

  test("anything but lowercase hex of the right length is a programmer's mistake, as is a number of more than 32 bits", () => {
    for (const wrong of ["", "0123", "0123456789ABCDEF", "0123456789abcdeg", "0123456789abcde\u0131", "0123456789abcde`"])
      expectProgrammerError({ type: "RECEIPT", giver: wrong as PeerId, receiver: peer, key: new Uint8Array(65), signature: new Uint8Array(64), runs: [] });
    for (const sequence of [-1, 2 ** 32, 0.5]) expectProgrammerError({ type: "WANT", segments: [someSegment(sequence)] });
    expectProgrammerError({ type: "HANDSHAKE", version: 256, swarm, peer, serves: true });
  });
});
