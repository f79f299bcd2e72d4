import { describe, expect, test } from "vitest";
import { createBitfield, setBit } from "../src/protocol/bitfield.js";
import type { PeerId } from "../src/protocol/ids.js";
import type { ChunkRun } from "../src/protocol/message.js";
import { Bench, receipt } from "./bench.js";
import { peerId } from "./world.js";

const run = (b: Bench, first: number, count: number, sequence = 0): ChunkRun => ({ segment: b.ref(sequence), first, count });
/** The engine counts for whom what its neighbours forward; this is what it has counted. */
const counted = (b: Bench, peer: PeerId): { ours: number; total: number } => {
  const n = b.engine.inspect().neighbours.get(peer)!;
  return { ours: n.forwardedOurs, total: n.forwardedTotal };
};
const isIn = (b: Bench, peer: PeerId): boolean => b.engine.inspect().neighbours.has(peer);

/** Holds segment 0 whole, and has given its first 32 chunks to neighbour 1. */
function parent(): { b: Bench; child: PeerId } {
  const b = new Bench();
  b.play();
  b.want(0);
  b.answer(b.of("fetch")[0]!);
  b.handle({ type: "tracker-peers", peers: [], swarmSize: 1 });
  b.advance(300);
  const child = b.neighbour(1);
  b.say(child, { type: "REQUEST", runs: [run(b, 0, 32)], urgent: false });
  for (let i = 0; i < 4; i++) b.handle({ type: "writable", peer: child, bufferedBytes: 0 });
  expect(b.sent("DATA", child)).toHaveLength(32);
  b.clear();
  return { b, child };
}

describe("Receipts of a grandchild (SYSTEMS TR2)", () => {
  test("what a member has signed for counts for who forwarded it", () => {
    const { b, child } = parent();
    const grandchild = b.neighbour(2);
    b.say(child, receipt(child, grandchild, [run(b, 0, 6)]));
    expect(counted(b, child)).toEqual({ ours: 6, total: 6 });
  });

  test("chunks that we did not give count less", () => {
    const { b, child } = parent();
    const grandchild = b.neighbour(2);
    b.say(child, receipt(child, grandchild, [run(b, 30, 7)]));
    expect(counted(b, child)).toEqual({ ours: 2, total: 7 });
  });

  test("a forged one bans who passed it on", () => {
    const { b, child } = parent();
    const grandchild = b.neighbour(2);
    b.say(child, receipt(child, grandchild, [run(b, 0, 6)], true));
    expect(isIn(b, child)).toBe(false);
    expect(b.of("banned")).toMatchObject([{ peer: child, reason: "forged receipt" }]);
  });

  test("shown again, in whole or in part, or by another forwarder, it counts no second time", () => {
    const { b, child } = parent();
    const [grandchild, other] = [b.neighbour(2), b.neighbour(3)];
    for (let i = 0; i < 5; i++) b.say(child, receipt(child, grandchild, [run(b, 0, 6)]));
    b.say(child, receipt(child, grandchild, [run(b, 2, 6)]));
    expect(counted(b, child)).toEqual({ ours: 8, total: 8 });
    b.say(other, receipt(other, grandchild, [run(b, 0, 8)]));
    expect(counted(b, other)).toEqual({ ours: 0, total: 0 });
  });

  test("of a grandchild that nobody knows it waits for the tracker's word, and of one that does not exist it never counts", () => {
    const { b, child } = parent();
    const [real, ghost] = [peerId(50), peerId(51)];
    b.say(child, receipt(child, real, [run(b, 0, 6)]));
    b.say(child, receipt(child, ghost, [run(b, 0, 8)]));
    expect(counted(b, child).ours).toBe(0);
    expect(b.engine.strangers).toEqual([real, ghost]);
    b.handle({ type: "members", asked: [real, ghost], present: [real] });
    expect(counted(b, child).ours).toBe(6);
    expect(b.engine.strangers).toEqual([]);
    b.say(child, receipt(child, real, [run(b, 6, 2)]));
    expect(counted(b, child).ours).toBe(8);
  });

  test("nobody vouches for himself, nor for what went to us, nor for others' forwarding", () => {
    const { b, child } = parent();
    const grandchild = b.neighbour(2);
    b.say(child, receipt(child, child, [run(b, 0, 6)]));
    b.say(child, receipt(child, peerId(0), [run(b, 0, 6)]));
    b.say(child, receipt(grandchild, peerId(50), [run(b, 0, 6)]));
    expect([counted(b, child).total, counted(b, grandchild).total]).toEqual([0, 0]);
    expect(b.of("check-receipt")).toEqual([]);
    expect(isIn(b, child)).toBe(true);
  });

  test("an accomplice's word counts for a quarter of what the child got, so one does not make it a forwarder, nor do two", () => {
    const { b, child } = parent();
    const liars = [2, 3, 4].map((i) => b.neighbour(i));
    for (const liar of liars.slice(0, 2)) b.say(child, receipt(child, liar, [run(b, 0, 32)]));
    expect(counted(b, child).ours).toBe(16);
    for (let i = 0; i < 100; i++) b.say(child, receipt(child, liars[0]!, [run(b, i % 32, 1)]));
    expect(counted(b, child).ours).toBe(16);
  });

  test("who sends more than so many is not listened to, and nobody's key work is without bound", () => {
    const { b, child } = parent();
    for (let i = 0; i < 1_000; i++) b.say(child, receipt(child, peerId(100 + i), [run(b, 0, 1)]));
    expect(b.of("check-receipt")).toHaveLength(64);
    expect(b.engine.strangers.length).toBeLessThanOrEqual(32);
    b.clear();
    b.advance(13_000);
    b.say(child, receipt(child, peerId(50), [run(b, 0, 1)]));
    expect(b.of("check-receipt")).toHaveLength(1);
  });
});

describe("A receipt's way", () => {
  test("for what we gave it goes on, as it is, to who gave it to us, when its signature has been checked", () => {
    const b = new Bench();
    b.play();
    b.want(0);
    b.answer(b.of("fetch")[0]!);
    const giver = b.neighbour(1, { has: [1] });
    const witness = b.neighbour(3, { has: [1] });
    b.engine.inspect().neighbours.get(witness)!.checked = true;
    for (const c of b.requested(giver, 1)) {
      b.give(giver, 1, c);
      b.vouch(witness, { segment: b.ref(1), first: c, count: 1 });
    }
    const child = b.neighbour(2);
    b.say(child, { type: "REQUEST", runs: [run(b, 0, 4, 1)], urgent: false });
    b.clear();
    const signed = receipt(peerId(0), child, [run(b, 0, 4, 1)]);
    b.say(child, signed);
    b.advance(1_200);
    expect(b.sent("RECEIPT", giver).map(({ message }) => message)).toEqual([signed]);
    expect(b.sent("RECEIPT", witness)).toEqual([]);
    b.clear();
    b.say(child, receipt(peerId(0), child, [run(b, 0, 4, 1)], true));
    b.advance(1_200);
    expect(b.sent("RECEIPT", giver)).toEqual([]);
    expect(isIn(b, child)).toBe(false);
  });

  test("what we receive is signed for, batched for 12 s", () => {
    const b = new Bench();
    b.play();
    b.want(0);
    b.answer(b.of("fetch")[0]!);
    const giver = b.neighbour(1, { has: [1] });
    const field = createBitfield(b.chunks(1));
    for (let i = 0; i < b.chunks(1) / 2; i++) setBit(field, i);
    const witness = b.neighbour(2, { entries: [b.entry(1, field)] });
    b.say(witness, { type: "CHOKE" });
    b.engine.inspect().neighbours.get(witness)!.checked = true;
    for (const c of [0, 1, 2, 3]) {
      b.give(giver, 1, c);
      b.vouch(witness, { segment: b.ref(1), first: c, count: 1 });
    }
    b.advance(11_900);
    expect(b.sent("RECEIPT")).toEqual([]);
    b.advance(1_500);
    expect(b.sent("RECEIPT", giver)).toMatchObject([{ message: { giver, receiver: peerId(0), runs: [{ first: 0, count: 4 }] } }]);
  });
});

describe("Whom it decides about", () => {
  /** Ten neighbours whose queues never drain: the uplink is full. */
  test("those who forward what we gave them keep their slots", () => {
    const b = new Bench();
    b.play();
    b.want(0);
    b.answer(b.of("fetch")[0]!);
    const peers = Array.from({ length: 10 }, (_, i) => b.neighbour(i + 1));
    const good = peers.slice(6, 9);
    for (const p of good) b.say(p, { type: "REQUEST", runs: [run(b, 0, 8)], urgent: false });
    for (let i = 0; i < 12; i++) {
      for (const p of peers) b.say(p, { type: "REQUEST", runs: [run(b, 0, 36)], urgent: false });
      good.forEach((p, k) => b.say(p, receipt(p, peers[k]!, [run(b, i % 8, 1)])));
      b.advance(10_000);
    }
    expect(b.engine.stats(b.nowMs).neighbours.filter((n) => !n.choked).map((n) => n.peer)).toEqual(expect.arrayContaining(good));
  });

  test("a full uplink is for those who give too", () => {
    const { b, child: taker } = parent();
    const giver = b.neighbour(2, { has: [1] });
    b.want(1);
    b.advance(400);
    b.give(giver, 1, b.requested(giver, 1)[0]!);
    for (const fetch of b.of("fetch")) b.answer(fetch);
    b.clear();
    const ask = (p: PeerId): void => b.say(p, { type: "REQUEST", runs: [run(b, 20, 8)], urgent: false });
    b.say(giver, { type: "REQUEST", runs: [run(b, 0, 8)], urgent: false });
    ask(taker);
    ask(giver);
    b.handle({ type: "writable", peer: giver, bufferedBytes: 0 });
    expect(b.sent("DATA", giver)).toHaveLength(16);
    expect(b.sent("DATA", taker)).toHaveLength(0);
    b.handle({ type: "writable", peer: giver, bufferedBytes: 0 });
    expect(b.sent("DATA", taker)).toHaveLength(8);
  });

  test("and for who has just come, by the tracker's word, once", () => {
    const { b, child: taker } = parent();
    const newcomer = peerId(3);
    b.handle({ type: "newcomer", peer: newcomer });
    b.neighbour(3);
    const ask = (p: PeerId, first: number, count: number): void => b.say(p, { type: "REQUEST", runs: [run(b, first, count)], urgent: true });
    ask(newcomer, 0, 8);
    ask(taker, 20, 8);
    ask(newcomer, 20, 8);
    b.handle({ type: "writable", peer: newcomer, bufferedBytes: 0 });
    expect(b.sent("DATA", newcomer)).toHaveLength(16);
    expect(b.sent("DATA", taker)).toHaveLength(0);
    // Whoever goes and comes again is none.
    b.advance(13_000);
    b.handle({ type: "disconnected", peer: newcomer });
    b.handle({ type: "newcomer", peer: newcomer });
    b.neighbour(3);
    expect(b.engine.inspect().neighbours.get(newcomer)!.newUntilMs).toBeLessThan(b.nowMs);
  });
});
