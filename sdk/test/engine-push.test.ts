import { describe, expect, test } from "vitest";
import type { DeliveryMode } from "../src/protocol/config.js";
import type { PeerId } from "../src/protocol/ids.js";
import { type Message, nodeOf, type SubStream } from "../src/protocol/message.js";
import { CHUNK_BYTES } from "../src/protocol/segment.js";
import { Bench, indices } from "./bench.js";
import { peerId } from "./world.js";
import { Stream } from "./world-stream.js";

const SELF = nodeOf(peerId(0));
/** A root with a seat, whose number is the smallest there can be but one. */
const ROOT = 1;
/** Ids whose first half, which path vectors name, tells them apart. */
const node = (index: number): PeerId => `${(0x1000 * index).toString(16).padStart(8, "0")}00000000` as PeerId;

type Word = Partial<Omit<Extract<Message, { type: "SUBSTREAMS" }>, "streams">> & { readonly streams?: readonly Partial<SubStream>[] } & Partial<SubStream>;

/** A viewer of a live stream that has begun to play; 101 is about to appear. Hashes of neighbours are believed. */
class Pushing extends Bench {
  constructor(delivery: DeliveryMode = "hybrid", setting: { readonly latencyS?: number } = {}) {
    super({ stream: new Stream({ live: true, count: 6 }), delivery });
    this.play();
    this.at(100 * this.stream.durationS + this.stream.durationS - (setting.latencyS ?? 60), false);
    this.want(100);
    this.answer(this.of("fetch")[0]!);
    this.handle({ type: "tracker-peers", peers: [], swarmSize: 100 });
    this.handle({ type: "seats", track: this.stream.track, seats: [], of: 1 });
  }

  partner(index: number, word: Word = {}): PeerId {
    const peer = node(index);
    this.handle({ type: "connected", peer });
    this.say(peer, { type: "HANDSHAKE", version: 1, swarm: "5a".repeat(16) as never, peer, serves: true });
    this.say(peer, { type: "HAVE", entries: [] });
    this.say(peer, { type: "UNCHOKE" });
    this.word(peer, word);
    return peer;
  }

  /** Its sub-stream map; what is not said of one is the same for all. */
  word(peer: PeerId, { streams = [{}, {}, {}, {}], sequence = 100, chunks = 8, path = [ROOT], ...rest }: Word = {}): void {
    this.say(peer, { type: "SUBSTREAMS", refused: false, track: this.stream.track, bits: 0, slots: 9, spare: 9, ...rest, streams: streams.map((s) => ({ sequence, chunks, path, ...s })) });
  }

  /** 101 is told of by `peer`, which holds nothing of it yet. */
  appear(peer: PeerId, chunks: Uint8Array = new Uint8Array(Math.ceil(this.chunks(101) / 8))): void {
    this.advance(3_000);
    this.clear();
    for (const n of this.engine.inspect().neighbours.values()) this.mumble(n.peer);
    this.say(peer, { type: "HAVE", entries: [this.entry(101, chunks)] });
  }

  /** Who says nothing while others do is taken for gone. */
  mumble(peer: PeerId): void {
    this.say(peer, { type: "HAVE", entries: [] });
  }

  /** What `to` was last told to push. */
  asked(to: PeerId): number | undefined {
    return this.sent("SUBSTREAMS", to).filter(({ message }) => !message.refused).at(-1)?.message.bits;
  }

  refused(to: PeerId): number[] {
    return this.sent("SUBSTREAMS", to).filter(({ message }) => message.refused).map(({ message }) => message.bits);
  }

  data(to: PeerId, sequence = 101): number[] {
    return this.sent("DATA", to).filter(({ message }) => message.segment.sequence === sequence).map(({ message }) => message.chunk);
  }

  drained(peer: PeerId): void {
    this.advance(100);
    this.handle({ type: "writable", peer, bufferedBytes: 0 });
  }

  /** All of 101 from the origin, by the seats of all slices. */
  seat(): void {
    this.handle({ type: "seats", track: this.stream.track, seats: [0, 1, 2, 3].map((slice) => ({ slice, copy: 1 })), of: 2 });
    this.advance(3_000);
    this.clear();
    this.reload();
    this.advance(1_500);
    for (const fetch of this.of("fetch")) this.answer(fetch);
  }
}

describe("Parents", () => {
  test("are found so that together they cover all sub-streams, whoever carries which (ZA3, OC2)", () => {
    const b = new Pushing();
    const one = b.partner(1, { spare: 1 });
    const rest = b.partner(2, { spare: 3 });
    b.advance(1_200);
    expect([b.asked(one), b.asked(rest)]).toEqual([0b0001, 0b1110]);
  });

  test("are those with uplink to spare that are near to the root (ES3), of two roots the one with the smaller number", () => {
    const b = new Pushing();
    const [far, other, full, near] = [1, 2, 3, 4].map((i) => b.partner(i, { spare: 0 })) as [PeerId, PeerId, PeerId, PeerId];
    b.word(far, { path: [7, 8, 9, ROOT] });
    b.word(other, { path: [ROOT + 1] });
    b.word(near, { path: [ROOT] });
    b.advance(1_200);
    expect([far, other, full, near].map((p) => b.asked(p))).toEqual([0, 0, 0, 0b1111]);
  });

  test("that refuse are replaced at once, and not asked again for a while (OC2)", () => {
    const b = new Pushing();
    const first = b.partner(1);
    b.advance(1_200);
    const second = b.partner(2, { path: [5, ROOT] });
    b.word(first, { refused: true, bits: 0b0110 });
    expect([b.asked(first), b.asked(second)]).toEqual([0b1001, 0b0110]);
    b.advance(5_000);
    expect(b.asked(first)).toBe(0b1001);
  });

  test("that are lost are replaced by a known idle neighbour in the same instant (OC4)", () => {
    const b = new Pushing();
    const parent = b.partner(1);
    b.advance(1_200);
    const standby = b.partner(2, { path: [5, ROOT] });
    b.clear();
    b.handle({ type: "disconnected", peer: parent });
    expect(b.sent("SUBSTREAMS", standby).map(({ message, atMs }) => [message.bits, atMs])).toContainEqual([0b1111, b.nowMs]);
  });

  test("that choke us are lost too", () => {
    const b = new Pushing();
    const parent = b.partner(1);
    b.advance(1_200);
    const standby = b.partner(2, { path: [5, ROOT] });
    b.say(parent, { type: "CHOKE" });
    expect([b.asked(parent), b.asked(standby)]).toEqual([0, 0b1111]);
  });

  test("on whose path this peer is are not asked, and are left when it turns out later: no loops (ES3)", () => {
    const b = new Pushing();
    const behind = b.partner(1, { path: [SELF, ROOT] });
    const parent = b.partner(2, { path: [7, ROOT] });
    b.advance(1_200);
    expect([b.asked(behind), b.asked(parent)]).toEqual([0, 0b1111]);
    b.word(parent, { path: [7, SELF, ROOT] });
    expect(b.asked(parent)).toBe(0);
  });

  test("whose path leads over a neighbour that has just gone are asked only where there is no other: it may be broken, whether they know or not", () => {
    const b = new Pushing();
    const parent = b.partner(1);
    b.advance(1_200);
    const stale = b.partner(2, { path: [nodeOf(parent), ROOT] });
    const longer = b.partner(3, { path: [7, 8, 9, ROOT] });
    b.handle({ type: "disconnected", peer: parent });
    expect([b.asked(stale), b.asked(longer)]).toEqual([undefined, 0b1111]);
    b.handle({ type: "disconnected", peer: longer });
    expect(b.asked(stale)).toBe(0b1111);
  });

  test("that fall silent while partners are ahead are left, but no sooner than the cool-down ends (NC4: T_s, T_p, T_a)", () => {
    const b = new Pushing();
    const silent = b.partner(1);
    b.advance(1_200);
    const ahead = b.partner(2, { path: [5, ROOT] });
    b.appear(ahead);
    b.word(ahead, { path: [5, ROOT], sequence: 101, chunks: 4 });
    b.advance(1_000);
    expect(b.asked(ahead) ?? 0).toBe(0);
    for (let s = 0; s < 4; s++) {
      for (const peer of [silent, ahead]) b.mumble(peer);
      b.advance(1_000);
    }
    expect([b.asked(silent), b.asked(ahead)]).toEqual([0, 0b1111]);
  });

  test("that say nothing at all while others do have gone, whatever the connection says: others take their place before the cool-down ends (OC4)", () => {
    const b = new Pushing();
    const gone = b.partner(1);
    b.advance(1_200);
    const other = b.partner(2, { path: [5, ROOT] });
    b.advance(1_000);
    b.mumble(other);
    b.advance(400);
    expect(b.asked(other) ?? 0).toBe(0);
    b.mumble(other);
    b.advance(400);
    expect([b.asked(gone), b.asked(other)]).toEqual([0, 0b1111]);
  });

  test("that have said nothing are kept while nobody else says anything either: it is this peer that was held up", () => {
    const b = new Pushing();
    const parent = b.partner(1);
    b.partner(2, { path: [5, ROOT] });
    b.advance(4_000);
    expect(b.asked(parent)).toBe(0b1111);
  });

  test("lost, are replaced by one that has what is missing here, though another is nearer to the root (OC4)", () => {
    const b = new Pushing();
    const parent = b.partner(1);
    b.advance(1_200);
    const near = b.partner(2, { path: [5, ROOT] });
    const helpful = b.partner(3, { path: [6, 7, ROOT] });
    b.appear(helpful, new Uint8Array(Math.ceil(b.chunks(101) / 8)).fill(0xff));
    b.handle({ type: "disconnected", peer: parent });
    expect([b.asked(near) ?? 0, b.asked(helpful)]).toEqual([0, 0b1111]);
  });

  test("are told what is here already before they begin, and where it is in each sub-stream (NC2)", () => {
    const b = new Pushing();
    const parent = b.partner(1);
    b.advance(1_200);
    const { streams } = b.sent("SUBSTREAMS", parent).at(-1)!.message;
    const inFirst = Math.ceil(b.chunks(100) / 4);
    expect(streams[0]).toMatchObject({ sequence: 100, chunks: inFirst, path: [nodeOf(parent), ROOT] });
    expect(b.sent("HAVE", parent)[0]!.message.entries.map((e) => e.segment.sequence)).toContain(100);
  });
});

describe("Children", () => {
  test("get each chunk of their sub-streams as it comes, unasked, after a HAVE that tells of the segment (NC1, NC3)", () => {
    const b = new Pushing();
    const child = b.partner(1, { path: [9], bits: 0b0101, spare: 0 });
    for (let i = 0; i < 6; i++) b.drained(child);
    b.seat();
    for (let i = 0; i < 6; i++) b.drained(child);
    const chunks = b.data(child);
    expect(chunks.length).toBeGreaterThan(8);
    expect(new Set(chunks.map((c) => c % 4))).toEqual(new Set([0, 2]));
    expect(new Set(chunks).size).toBe(chunks.length);
    expect(b.sent("REQUEST")).toEqual([]);
    const haveAt = b.effects.findIndex(({ effect }) => effect.type === "send" && effect.peer === child && effect.messages.some((m) => m.type === "HAVE" && m.entries.some((e) => e.segment.sequence === 101)));
    const dataAt = b.effects.findIndex(({ effect }) => effect.type === "send" && effect.peer === child && effect.messages[0]?.type === "DATA");
    expect(haveAt).toBeLessThan(dataAt);
  });

  test("that come get at once what they lack of the newest segments: a failover costs a round trip and a chunk (OC4)", () => {
    const b = new Pushing();
    const child = b.partner(1, { path: [9], chunks: 0 });
    b.clear();
    b.word(child, { path: [9], chunks: 0, bits: 0b1000 });
    expect(b.data(child, 100)[0]).toBe(3);
    expect(b.sent("DATA", child)[0]!.atMs).toBe(b.nowMs);
  });

  test("are refused what the uplink does not carry, and may have some of it (OC2)", () => {
    const b = new Pushing();
    const first = b.partner(1, { path: [9], bits: 0b1110 });
    const second = b.partner(2, { path: [9] });
    b.word(second, { path: [9], bits: 0b1110 });
    expect(b.refused(first)).toEqual([]);
    expect(b.refused(second)).toEqual([0b1100]);
  });

  test("that only take make room for those who give too, and for friends, not for strangers (TR2, TR6)", () => {
    const b = new Pushing();
    const taker = b.partner(1, { path: [9], bits: 0b1111, chunks: 0 });
    const [stranger, giver, friend] = [2, 3, 4].map((i) => b.partner(i, { path: [9] })) as [PeerId, PeerId, PeerId];
    const known = b.engine.inspect().neighbours;
    known.get(giver)!.downloadedBytes = CHUNK_BYTES;
    known.get(friend)!.isFriend = true;
    expect(b.data(taker, 100).length).toBeGreaterThan(0);
    b.word(stranger, { path: [9], bits: 0b0001 });
    expect([b.refused(taker), b.refused(stranger)]).toEqual([[], [0b0001]]);
    b.word(giver, { path: [9], bits: 0b0001 });
    b.word(friend, { path: [9], bits: 0b0010 });
    expect([b.refused(taker), b.refused(giver), b.refused(friend)]).toEqual([[0b0001, 0b0010], [], []]);
    expect([known.get(taker)!.takes, known.get(giver)!.takes, known.get(friend)!.takes]).toEqual([0b1100, 0b0001, 0b0010]);
  });

  test("have pushed to us before they hear that they are refused: that is no offence", () => {
    const b = new Pushing();
    b.partner(1, { path: [9], bits: 0b1111 });
    const second = b.partner(2, { path: [9] });
    b.word(second, { path: [9], bits: 0b1111 });
    expect(b.refused(second)).toEqual([0b1111]);
    for (let chunk = 0; chunk < 8; chunk++) b.give(second, 100, chunk);
    expect(b.of("banned")).toEqual([]);
  });

  test("that unsubscribe find their queue emptied", () => {
    const b = new Pushing();
    const child = b.partner(1, { path: [9], bits: 0b1111 });
    b.seat();
    const before = b.data(child).length;
    expect(before).toBeLessThan(b.chunks(101));
    b.word(child, { path: [9], bits: 0 });
    for (let i = 0; i < 5; i++) b.drained(child);
    expect(b.data(child)).toHaveLength(before);
  });

  test("are not sent what they have said they have, or have asked others for", () => {
    const b = new Pushing();
    const child = b.partner(1, { path: [9], bits: 0b1111 });
    for (let i = 0; i < 6; i++) b.drained(child);
    const all = new Uint8Array(Math.ceil(b.chunks(101) / 8));
    all[0] = 0xff;
    b.say(child, { type: "HAVE", entries: [b.entry(101, all)] });
    // Or it would be asked for these, and taken for gone since it does not answer.
    b.say(child, { type: "CHOKE" });
    b.seat();
    b.say(child, { type: "CANCEL", runs: [{ segment: b.ref(101), first: 20, count: 4 }] });
    // The rest of the slice that the child has begun.
    b.advance(2_500);
    b.answer(b.of("fetch").at(-1)!);
    for (let i = 0; i < 30; i++) b.drained(child);
    const chunks = b.data(child);
    expect(chunks.some((c) => c < 8 || (c >= 20 && c < 24))).toBe(false);
    expect(chunks.length).toBe(b.chunks(101) - 12);
  });

  test("that are a parent at the same time: of two that ask each other the one with the smaller number gives", () => {
    const b = new Pushing();
    const other = b.partner(1, { path: [ROOT] });
    b.advance(1_200);
    b.clear();
    b.word(other, { path: [ROOT], bits: 0b0001 });
    expect(b.asked(other)).toBe(0b1110);
    expect(b.refused(other)).toEqual([]);
  });

  test("what comes from the origin goes to parents as well: whoever has it first floods the tree", () => {
    const b = new Pushing();
    const parent = b.partner(1);
    b.advance(1_200);
    b.seat();
    for (let i = 0; i < 4; i++) b.drained(parent);
    expect(b.data(parent).length).toBeGreaterThan(8);
  });
});

describe("Pull beside push", () => {
  const full = (b: Bench): Uint8Array => new Uint8Array(Math.ceil(b.chunks(101) / 8)).fill(0xf0);

  test("does not race: what a parent is about to push nobody is asked for, until it has been silent for a second", () => {
    const b = new Pushing();
    b.partner(1);
    b.advance(1_200);
    const holder = b.partner(2, { path: [5, ROOT] });
    b.appear(holder, full(b));
    b.advance(800);
    expect(b.requested(holder, 101)).toEqual([]);
    b.advance(1_000);
    expect(b.requested(holder, 101).length).toBeGreaterThan(0);
  });

  test("tells the parent what it has asked others for", () => {
    const b = new Pushing();
    const parent = b.partner(1);
    b.advance(1_200);
    const holder = b.partner(2, { path: [5, ROOT] });
    b.appear(holder, full(b));
    b.advance(2_000);
    const spared = b.sent("CANCEL", parent).flatMap(({ message }) => message.runs.flatMap(indices));
    expect(spared.sort((x, y) => x - y)).toEqual(b.requested(holder, 101).sort((x, y) => x - y));
  });

  test("does not wait for a push when the time is near", () => {
    const b = new Pushing("hybrid", { latencyS: 0 });
    b.partner(1);
    b.advance(1_200);
    const holder = b.partner(2, { path: [5, ROOT] });
    b.at(101 * b.stream.durationS - 1.5, false);
    b.appear(holder, full(b));
    b.advance(1_200);
    expect(b.requested(holder, 101).length).toBeGreaterThan(0);
  });

  test("takes sub-streams that nobody carries", () => {
    const b = new Pushing();
    b.partner(1, { streams: [{}, {}, { path: [SELF, ROOT] }, {}] });
    b.advance(1_200);
    const holder = b.partner(2, { spare: 0 });
    b.appear(holder, full(b));
    b.advance(1_200);
    const chunks = b.requested(holder, 101);
    expect(chunks.length).toBeGreaterThan(0);
    expect(chunks.every((c) => c % 4 === 2)).toBe(true);
  });

  test("what a parent pushes takes no leave of what was asked for and taken back", () => {
    const b = new Pushing();
    const parent = b.partner(1);
    b.appear(parent, new Uint8Array(Math.ceil(b.chunks(101) / 8)).fill(0xff).fill(0xf0, -1));
    const neighbour = b.engine.inspect().neighbours.get(parent)!;
    b.advance(3_000);
    const late = neighbour.lateAllowed;
    const asked = new Set(b.requested(parent, 101));
    for (let chunk = 0; chunk < b.chunks(101); chunk++) if (!asked.has(chunk)) b.give(parent, 101, chunk);
    expect(neighbour.lateAllowed).toBeGreaterThanOrEqual(late);
  });

  test("when a link has ended, what the transport had taken may come at any time", () => {
    const b = new Pushing();
    const child = b.partner(1, { path: [9], bits: 0b1111, spare: 0 });
    b.word(child, { path: [9], bits: 0, spare: 0 });
    b.advance(20_000);
    for (let chunk = 0; chunk < 9; chunk++) b.give(child, 100, chunk);
    expect(b.engine.inspect().neighbours.get(child)).toMatchObject({ lateAllowed: 0 });
    expect(b.engine.inspect().neighbours.get(child)!.points).toBeLessThan(1);
  });

  test("a map that waits for company never comes after one that says otherwise", () => {
    const b = new Pushing();
    const parent = b.partner(1);
    const neighbour = b.engine.inspect().neighbours.get(parent)!;
    const isWaiting = (): boolean => neighbour.waiting.some(({ type }) => type === "SUBSTREAMS");
    for (let i = 0; i < 200 && !isWaiting(); i++) b.advance(20);
    expect([isWaiting(), b.asked(parent)]).toEqual([true, 0b1111]);
    b.word(parent, { refused: true, bits: 0b1111 });
    expect([isWaiting(), b.asked(parent)]).toEqual([false, 0]);
  });

  test("unasked DATA of a parent is welcome, that of others is not", () => {
    const b = new Pushing();
    const parent = b.partner(1);
    const stranger = b.partner(2, { spare: 0 });
    b.advance(1_200);
    b.appear(parent);
    for (let chunk = 0; chunk < 6; chunk++) b.give(parent, 101, chunk);
    for (let chunk = 0; chunk < 6; chunk++) b.give(stranger, 101, chunk);
    expect(b.of("banned").map((e) => e.peer)).toEqual([stranger]);
  });
});

describe("delivery", () => {
  test("mesh says nothing of sub-streams, whatever it hears", () => {
    const b = new Pushing("mesh");
    b.partner(1, { bits: 0b1111 });
    b.advance(5_000);
    expect(b.sent("SUBSTREAMS")).toEqual([]);
  });

  test("tree is one sub-stream: a peer of another number of them is no partner", () => {
    const b = new Pushing("tree");
    const parent = b.partner(1, { streams: [{}] });
    const hybrid = b.partner(2);
    b.advance(1_200);
    expect([b.asked(parent), b.asked(hybrid)]).toEqual([1, 0]);
  });

  test("auto says nothing where the player is far from the live edge", () => {
    const b = new Pushing("auto", { latencyS: -8 });
    b.partner(1);
    b.appear(node(1));
    b.advance(5_000);
    expect(b.sent("SUBSTREAMS")).toEqual([]);
  });

  test("auto pushes where it is near and uplinks are ample, and ends that when they are not", () => {
    const b = new Pushing("auto");
    b.at(101 * b.stream.durationS - 2, false);
    const parent = b.partner(1, { slots: 20 });
    b.appear(parent);
    b.reload();
    b.advance(1_200);
    b.word(parent, { slots: 20 });
    b.advance(1_200);
    expect(b.asked(parent)).toBe(0b1111);
    b.word(parent, { slots: 0 });
    b.advance(1_200);
    expect(b.asked(parent)).toBe(0);
  });

  test("another track is another tree: who is linked hears it", () => {
    const b = new Pushing();
    const parent = b.partner(1);
    b.advance(1_200);
    const other = new Stream({ track: 2, live: true, count: 6 });
    b.handle({ type: "playlist", track: other.track, kind: other.kind, live: true, bandwidthBps: other.bandwidthBps, segments: other.playlist(b.nowMs) });
    b.want(100, other);
    b.advance(500);
    expect(b.asked(parent)).toBe(0);
  });
});

test("a chunk is as large as the tests take it to be", () => {
  expect(new Pushing().chunk(101, 0)).toHaveLength(CHUNK_BYTES);
});
