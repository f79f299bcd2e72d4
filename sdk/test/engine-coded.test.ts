import { describe, expect, test } from "vitest";
import { reedSolomon } from "../src/browser/reed-solomon.js";
import type { PeerId } from "../src/protocol/ids.js";
import type { Message, SubStream } from "../src/protocol/message.js";
import { Bench } from "./bench.js";
import { SWARM } from "./world.js";
import { Stream } from "./world-stream.js";

const node = (index: number): PeerId => `${(0x1000 * index).toString(16).padStart(8, "0")}00000000` as PeerId;
const ROOT = 1;
const K = 4;
const rebuild = reedSolomon();

/** A viewer of a live stream that has begun to play, with a parent of all sub-streams, and a helper further down that holds all of 101. Hashes are known of a third. */
class Coded extends Bench {
  readonly parent = this.partner(1);
  readonly helper: PeerId;
  readonly witness: PeerId;

  constructor() {
    super({ stream: new Stream({ live: true, count: 6 }), delivery: "coded" });
    this.play();
    this.at(100 * this.stream.durationS + this.stream.durationS - 60, false);
    this.want(100);
    this.answer(this.of("fetch")[0]!);
    this.handle({ type: "tracker-peers", peers: [], swarmSize: 100 });
    this.handle({ type: "seats", track: this.stream.track, seats: [], of: 1 });
    this.connect(this.parent);
    this.advance(1_200);
    this.helper = this.connect(node(2), { streams: { path: [7, 8, ROOT] } });
    this.witness = this.connect(node(3), { spare: 0 });
    this.advance(3_000);
    // Who says nothing while others do is taken for gone.
    this.say(this.parent, { type: "HAVE", entries: [] });
    this.say(this.helper, { type: "HAVE", entries: [this.entry(101)] });
    this.vouch(this.witness, { segment: this.ref(101), first: 0, count: this.chunks(101) }, true);
    this.clear();
  }

  private partner(index: number): PeerId {
    return node(index);
  }

  connect(peer: PeerId, word: Parameters<Coded["word"]>[1] = {}): PeerId {
    this.handle({ type: "connected", peer });
    this.say(peer, { type: "HANDSHAKE", version: 1, swarm: SWARM, peer, serves: true });
    this.say(peer, { type: "HAVE", entries: [] });
    this.say(peer, { type: "UNCHOKE" });
    this.engine.inspect().neighbours.get(peer)!.checked = true;
    this.word(peer, word);
    return peer;
  }

  word(peer: PeerId, { bits = 0, spare = 9, refused = false, streams = {} }: { bits?: number; spare?: number; refused?: boolean; streams?: Partial<SubStream> } = {}): void {
    const stream = { sequence: 100, chunks: 8, path: [ROOT], ...streams };
    this.say(peer, { type: "SUBSTREAMS", refused, track: this.stream.track, bits, slots: 9, spare, streams: Array.from({ length: 8 }, () => stream) });
  }

  /** Parity sub-streams that `to` was last told to push. */
  asked(to: PeerId): number | undefined {
    const bits = this.sent("SUBSTREAMS", to).filter(({ message }) => !message.refused).at(-1)?.message.bits;
    return bits === undefined ? undefined : bits >>> K;
  }

  /** The row's chunks come from the parent but for some. */
  row(row: number, except: readonly number[]): void {
    for (let chunk = row * K; chunk < Math.min((row + 1) * K, this.chunks(101)); chunk++) if (!except.includes(chunk % K)) this.give(this.parent, 101, chunk);
  }

  parity(row: number, index: number): Uint8Array {
    const known = Array.from({ length: K }, (_, i) => ({ index: i, bytes: this.chunk(101, row * K + i) }));
    return rebuild({ known, wanted: [{ index: K + index, lengthBytes: Math.max(...known.map((s) => s.bytes.length)) }] })[0]!;
  }

  giveParity(from: PeerId, row: number, index: number, payload = this.parity(row, index)): void {
    this.say(from, { type: "DATA", segment: this.ref(101), chunk: this.chunks(101) + row * K + index, payload });
  }

  get stored(): number[] {
    return this.of("chunk-stored").map((e) => e.chunk);
  }

  data(to: PeerId): Extract<Message, { type: "DATA" }>[] {
    return this.sent("DATA", to).map(({ message }) => message).filter((m) => m.segment.sequence === 101);
  }
}

describe("A child", () => {
  test("subscribes to parity where a row has waited for a chunk, of a peer that holds the row and has uplink to spare, wherever that is in the trees (OC1, OC2, ZA3)", () => {
    const b = new Coded();
    b.row(0, []);
    b.row(1, [2]);
    b.advance(300);
    expect(b.asked(b.helper) ?? 0).toBe(0);
    b.advance(400);
    expect(b.asked(b.helper)).toBe(0b0001);
    expect(b.asked(b.witness) ?? 0).toBe(0);
  });

  test("asks for as many as a row lacks, and for none when no row has lacked any for a while", () => {
    const b = new Coded();
    b.row(0, [1, 2]);
    b.advance(700);
    expect(b.asked(b.helper)).toBe(0b0011);
    b.row(0, [0, 3]);
    b.advance(6_000);
    expect(b.asked(b.helper)).toBe(0);
  });

  test("asks another when the first has refused, or is lost (OC4)", () => {
    const b = new Coded();
    const other = b.connect(node(4), { streams: { path: [9, ROOT] } });
    b.say(other, { type: "HAVE", entries: [b.entry(101)] });
    b.row(0, [3]);
    b.advance(700);
    const [first, second] = (b.asked(b.helper) ?? 0) > 0 ? [b.helper, other] : [other, b.helper];
    b.word(first, { refused: true, bits: 0b0001_0000 });
    b.advance(300);
    expect(b.asked(second)).toBe(0b0001);
    b.handle({ type: "disconnected", peer: second });
    b.advance(300);
    expect(b.asked(first) ?? 0).toBe(0);
  });

  test("has a row when any four of its eight shards have come, in any order, and asks for nothing (ZA2)", () => {
    const b = new Coded();
    b.row(0, [1, 2]);
    b.advance(700);
    b.giveParity(b.helper, 0, 1);
    expect(b.stored).toEqual([0, 3]);
    b.giveParity(b.helper, 0, 3);
    expect(b.stored.toSorted((x, y) => x - y)).toEqual([0, 1, 2, 3]);
    for (const chunk of [1, 2]) expect(b.engine.inspect().store.get(b.ref(101))!.payloads[chunk]).toEqual(new Uint8Array(b.chunk(101, chunk)));
    expect(b.of("chunk-stored").find((e) => e.chunk === 1)!.source).toBe(b.helper);
    expect(b.sent("REQUEST").flatMap(({ message }) => message.runs).filter((r) => r.first < K)).toEqual([]);
  });

  test("rebuilds the last row of a segment, which is short in both ways", () => {
    const b = new Coded();
    const last = Math.floor((b.chunks(101) - 1) / K);
    b.row(0, [1]);
    b.advance(700);
    b.row(last, [(b.chunks(101) - 1) % K]);
    b.giveParity(b.helper, last, 0);
    expect(b.stored).toContain(b.chunks(101) - 1);
  });

  test("passes nothing on, nor plays it, before what was rebuilt is judged like any chunk", () => {
    const b = new Coded();
    const child = b.connect(node(5), { bits: 0b1111, streams: { path: [9] } });
    b.row(0, [1]);
    b.advance(700);
    b.hashes = false;
    b.giveParity(b.helper, 0, 0);
    expect(b.of("hash").at(-1)!.chunk).toBe(1);
    for (let i = 0; i < 4; i++) b.handle({ type: "writable", peer: child, bufferedBytes: 0 });
    expect(b.data(child).map((d) => d.chunk)).not.toContain(1);
    expect(b.stored).not.toContain(1);
  });

  test("throws out what false parity made, and knows by the whole row whose parity was false; nobody else is blamed", () => {
    const b = new Coded();
    const other = b.connect(node(4));
    b.say(other, { type: "HAVE", entries: [b.entry(101)] });
    for (let row = 0; row < 4; row++) {
      // Who says nothing is taken for gone.
      for (const peer of [b.parent, b.helper, b.witness, other]) b.say(peer, { type: "HAVE", entries: [] });
      b.row(row, [1]);
      b.advance(700);
      const liar = (b.asked(other) ?? 0) > 0 ? other : b.helper;
      const lie = b.parity(row, 0).slice();
      lie[7] = (lie[7] as number) ^ 1;
      b.giveParity(liar, row, 0, lie);
      expect(b.stored).not.toContain(row * K + 1);
      // A neighbour's word is against it: the origin is asked.
      b.answer(b.of("fetch").findLast((f) => f.reason === "settle")!);
      expect(b.stored).toContain(row * K + 1);
    }
    expect(b.of("banned").map((e) => e.reason)).toEqual(["false parity"]);
    expect(b.of("banned").map((e) => e.peer)).not.toContain(b.parent);
  });

  test("counts as waste what was of no use, and as misbehaviour what it never asked for", () => {
    const b = new Coded();
    b.row(0, [1]);
    b.advance(700);
    const before = b.engine.stats(b.nowMs).duplicateBytes;
    b.giveParity(b.helper, 0, 0);
    b.giveParity(b.helper, 0, 1);
    expect(b.engine.stats(b.nowMs).duplicateBytes - before).toBe(b.parity(0, 0).length);
    for (let i = 0; i < 8; i++) b.giveParity(b.witness, 1, i % 4);
    expect(b.of("banned").map((e) => e.peer)).toEqual([b.witness]);
  });
});

describe("A parent", () => {
  const map = (b: Coded, chunks: readonly number[]): Uint8Array => {
    const bits = new Uint8Array(Math.ceil(b.chunks(101) / 8));
    for (const chunk of chunks) bits[chunk >> 3] = (bits[chunk >> 3] as number) | (0x80 >> (chunk & 7));
    return bits;
  };

  test("sends parity of whole rows to a child whose map says that its row has a hole, and only the one it asked for", () => {
    const b = new Coded();
    const child = b.connect(node(5), { streams: { path: [9] } });
    b.word(child, { bits: 0b0010_0000, streams: { path: [9] } });
    b.row(0, []);
    b.row(1, [0]);
    b.row(2, []);
    b.advance(300);
    b.say(child, { type: "HAVE", entries: [b.entry(101, map(b, [0, 1, 3, 8, 9, 10, 11]))] });
    b.handle({ type: "writable", peer: child, bufferedBytes: 0 });
    const sent = b.data(child);
    expect(sent.map((d) => d.chunk)).toEqual([b.chunks(101) + 1]);
    expect(new Uint8Array(sent[0]!.payload)).toEqual(b.parity(0, 1));
  });

  test("refuses what its uplink does not carry, and gives parity up before chunks", () => {
    const b = new Coded();
    const child = b.connect(node(5), { streams: { path: [9] } });
    const other = b.connect(node(6), { streams: { path: [9] } });
    b.word(child, { bits: 0b0000_1111, streams: { path: [9] } });
    b.word(other, { bits: 0b0001_0000, streams: { path: [9] } });
    const refused = b.sent("SUBSTREAMS", other).filter(({ message }) => message.refused).map(({ message }) => message.bits);
    expect(refused).toEqual([0b0001_0000]);
  });
});
