import { describe, expect, test } from "vitest";
import type { PeerId } from "../src/protocol/ids.js";
import { Bench } from "./bench.js";
import { hashOf, Stream } from "./world-stream.js";

/** Started; segment 1 is not wanted yet and comes from the neighbours that the test adds. */
function started(setting: ConstructorParameters<typeof Bench>[0] = {}): Bench {
  const b = new Bench(setting);
  b.play();
  b.at(0, false);
  b.want(0);
  b.answer(b.of("fetch")[0]!);
  b.alone();
  b.clear();
  return b;
}

const stored = (b: Bench): number[] => b.of("chunk-stored").map((e) => e.chunk);
const lie = (b: Bench, peer: PeerId, sequence: number, chunk: number): void =>
  b.say(peer, { type: "DATA", segment: b.ref(sequence), chunk, payload: b.chunk(sequence, chunk).map((byte) => byte ^ 1) });
const give = (b: Bench, peer: PeerId, count: number): void => {
  for (let i = 0; i < count; i++) b.give(peer, 1, i);
};
const proven = (b: Bench, peer: PeerId): void => void (b.engine.inspect().neighbours.get(peer)!.checked = true);
const vouchAll = (b: Bench, witness: PeerId): void => {
  b.advance(200);
  for (const { message } of b.sent("INTEGRITY_REQ", witness)) for (const run of message.runs) b.vouch(witness, run);
};

describe("Integrity", () => {
  test("a chunk is stored when another neighbour that holds it, and has been found true before, gives the same hash", () => {
    const b = started();
    const witness = b.neighbour(2, { has: [1], unchokes: false });
    proven(b, witness);
    const giver = b.neighbour(1, { has: [1] });
    give(b, giver, 4);
    expect(stored(b)).toEqual([]);
    vouchAll(b, witness);
    expect(stored(b)).toEqual([0, 1, 2, 3]);
  });

  test("two who have shown nothing yet may be in league: one chunk is compared with the origin, and both are caught", () => {
    const b = started();
    const [giver, witness] = [b.neighbour(1, { has: [1] }), b.neighbour(2, { has: [1], unchokes: false })];
    lie(b, giver, 1, 0);
    b.say(witness, { type: "INTEGRITY", segment: b.ref(1), first: 0, fromOrigin: true, hashes: [hashOf(b.chunk(1, 0).map((byte) => byte ^ 1))] });
    b.advance(1_500);
    expect(stored(b)).toEqual([]);
    b.answer(b.of("fetch").find(({ reason }) => reason === "check")!);
    expect(b.of("banned").map(({ peer }) => peer)).toEqual([witness]);
    expect(b.engine.inspect().neighbours.get(giver)!.points).toBe(40);
  });

  test("what unproven neighbours confirm proves nobody", () => {
    const b = started();
    const [giver, witness] = [b.neighbour(1, { has: [1] }), b.neighbour(2, { has: [1], unchokes: false })];
    give(b, giver, 12);
    b.vouch(witness, { segment: b.ref(1), first: 0, count: 12 }, true);
    expect(b.engine.inspect().neighbours.get(giver)).toMatchObject({ confirmedChunks: 0, isProven: false });
  });

  test("the giver's own word is no witness", () => {
    const b = started();
    const giver = b.neighbour(1, { has: [1] });
    give(b, giver, 1);
    b.vouch(giver, { segment: b.ref(1), first: 0, count: 1 }, true);
    expect(stored(b)).toEqual([]);
  });

  test("without a witness the first chunk is compared with the origin, then its giver is believed", () => {
    const b = started();
    const giver = b.neighbour(1, { has: [1] });
    give(b, giver, 4);
    expect(stored(b)).toEqual([]);
    expect(b.of("fetch")).toMatchObject([{ reason: "check", range: { start: 0, end: 16_384 } }]);
    b.answer(b.of("fetch")[0]!);
    expect(stored(b)).toEqual([0, 1, 2, 3]);
    b.clear();
    for (let i = 4; i < 8; i++) b.give(giver, 1, i);
    expect(stored(b)).toEqual([4, 5, 6, 7]);
  });

  test("in a large swarm one neighbour is compared with the origin, and its word proves the others, hearsay too", () => {
    const b = started();
    b.handle({ type: "tracker-peers", peers: [], swarmSize: 100 });
    const [first, second] = [b.neighbour(1, { has: [1] }), b.neighbour(2, { has: [1] })];
    b.give(first, 1, b.requested(first, 1)[0]!);
    for (const chunk of b.requested(second, 1)) b.give(second, 1, chunk);
    expect(b.of("fetch")).toMatchObject([{ reason: "check" }]);
    expect(stored(b)).toEqual([]);
    b.answer(b.of("fetch")[0]!);
    vouchAll(b, first);
    expect(stored(b).length).toBe(9);
    expect(b.engine.inspect().neighbours.get(second)!.isProven).toBe(true);
    expect(b.of("fetch")).toHaveLength(1);
  });

  describe("in a large swarm a neighbour that holds what came from the origin is asked for its word on that, rather than the origin", () => {
    function probed(): { b: Bench; giver: PeerId } {
      const b = started();
      b.handle({ type: "tracker-peers", peers: [], swarmSize: 100 });
      const giver = b.neighbour(1, { has: [0, 1] });
      b.give(giver, 1, b.requested(giver, 1)[0]!);
      expect(stored(b)).toEqual([]);
      expect(b.sent("INTEGRITY_REQ", giver).at(-1)?.message.runs).toMatchObject([{ segment: b.ref(0), count: 1 }]);
      expect(b.of("fetch")).toEqual([]);
      return { b, giver };
    }

    test("a true word proves it, and it is believed within a second", () => {
      const { b, giver } = probed();
      b.vouch(giver, { segment: b.ref(0), first: 0, count: 1 }, true);
      b.advance(1_100);
      expect(stored(b)).toEqual(b.requested(giver, 1).slice(0, 1));
      expect(b.of("fetch")).toEqual([]);
    });

    test("a false word bans it", () => {
      const { b, giver } = probed();
      b.say(giver, { type: "INTEGRITY", segment: b.ref(0), first: 0, fromOrigin: true, hashes: [hashOf(b.chunk(1, 0))] });
      expect(b.of("banned")).toMatchObject([{ peer: giver }]);
      expect(stored(b)).toEqual([]);
    });

    test("silence has its chunk compared with the origin", () => {
      const { b } = probed();
      b.advance(1_300);
      expect(b.of("fetch")).toMatchObject([{ reason: "check" }]);
    });
  });

  test("a witness that stays silent for a second is done without", () => {
    const b = started();
    b.neighbour(2, { has: [1], unchokes: false });
    const giver = b.neighbour(1, { has: [1] });
    give(b, giver, 1);
    b.advance(1_200);
    expect(b.of("fetch")).toMatchObject([{ reason: "check" }]);
  });

  test("a false chunk that the origin contradicts is thrown out, and the origin's takes its place", () => {
    const b = started();
    const liar = b.neighbour(1, { has: [1] });
    lie(b, liar, 1, 0);
    b.answer(b.of("fetch")[0]!);
    expect(b.of("chunk-stored")).toMatchObject([{ chunk: 0, source: "origin" }]);
    expect(b.of("banned")).toEqual([]);
  });

  test("the third segment within a minute bans", () => {
    const b = started({ stream: new Stream({ sizeBytes: () => 20_000 }) });
    const liar = b.neighbour(1, { has: [1, 2, 3] });
    for (const sequence of [1, 2, 3]) lie(b, liar, sequence, 0);
    for (let i = 0; i < b.of("fetch").length; i++) b.answer(b.of("fetch")[i]!);
    expect(b.of("banned")).toMatchObject([{ peer: liar }]);
    expect(b.of("disconnect")).toMatchObject([{ peer: liar }]);
  });

  test("a banned peer is sent away when it comes back", () => {
    const b = started();
    const liar = b.neighbour(1, { has: [1] });
    b.handle({ type: "malformed", peer: liar, reason: "test" });
    b.clear();
    b.handle({ type: "connected", peer: liar });
    expect(b.of("disconnect")).toMatchObject([{ peer: liar, reason: "banned" }]);
    b.handle({ type: "tracker-peers", peers: [liar], swarmSize: 2 });
    expect(b.of("connect")).toEqual([]);
  });

  test("when a witness disagrees the origin settles it, and the one who lied is blamed", () => {
    const b = started();
    const witness = b.neighbour(2, { has: [1], unchokes: false });
    const liar = b.neighbour(1, { has: [1] });
    lie(b, liar, 1, 0);
    lie(b, liar, 1, 1);
    vouchAll(b, witness);
    expect(new Set(b.of("fetch").map((f) => f.reason))).toEqual(new Set(["settle"]));
    for (let i = 0; i < b.of("fetch").length; i++) b.answer(b.of("fetch")[i]!);
    // Deceived or lying: its own word tells.
    expect(b.of("banned")).toEqual([]);
    b.vouch(liar, { segment: b.ref(1), first: 0, count: 1 });
    expect(b.of("banned")).toMatchObject([{ peer: liar }]);
    expect(b.engine.stats(b.nowMs).neighbours.map((n) => n.peer)).toEqual([witness]);
  });

  test("a witness that lies about the origin is banned, its victim is not", () => {
    const b = started();
    const liar = b.neighbour(2, { has: [1], unchokes: false });
    const honest = b.neighbour(1, { has: [1] });
    give(b, honest, 1);
    b.say(liar, { type: "INTEGRITY", segment: b.ref(1), first: 0, fromOrigin: true, hashes: [hashOf(new Uint8Array(1))] });
    for (let i = 0; i < b.of("fetch").length; i++) b.answer(b.of("fetch")[i]!);
    expect(b.of("banned")).toMatchObject([{ peer: liar }]);
    expect(stored(b)).toEqual([0]);
    expect(b.engine.stats(b.nowMs).neighbours.map((n) => n.peer)).toEqual([honest]);
  });

  test("false DATA that contradicts its giver's own word is a lie, as soon as the origin has spoken", () => {
    const b = started();
    const liar = b.neighbour(1, { has: [1] });
    b.vouch(liar, { segment: b.ref(1), first: 0, count: 1 });
    lie(b, liar, 1, 0);
    b.answer(b.of("fetch").find((f) => f.reason === "settle")!);
    expect(b.of("banned")).toMatchObject([{ peer: liar }]);
  });

  test("who was deceived, vouched for it, and gives the truth later is no liar", () => {
    const b = started();
    const deceived = b.neighbour(1, { has: [1] });
    b.say(deceived, { type: "INTEGRITY", segment: b.ref(1), first: 0, fromOrigin: false, hashes: [hashOf(new Uint8Array(1))] });
    b.give(deceived, 1, 0);
    b.answer(b.of("fetch").find((f) => f.reason === "settle")!);
    expect(b.of("banned")).toEqual([]);
    expect(b.engine.inspect().store.get(b.ref(1))?.verifiedCount).toBe(1);
  });

  test("who gave a false chunk and has set it right is not asked to explain itself", () => {
    const b = started();
    const [deceived, witness] = [b.neighbour(1, { has: [1] }), b.neighbour(2, { has: [1], unchokes: false })];
    lie(b, deceived, 1, 0);
    b.vouch(deceived, { segment: b.ref(1), first: 0, count: 1 }, true);
    b.clear();
    b.vouch(witness, { segment: b.ref(1), first: 0, count: 1 }, true);
    for (const fetch of b.of("fetch")) b.answer(fetch);
    expect(b.sent("INTEGRITY_REQ", deceived)).toEqual([]);
    expect(b.of("banned")).toEqual([]);
  });

  test("false alarms about what the origin gave us ban the alarmist and cost no request", () => {
    const b = started();
    const alarmist = b.neighbour(1);
    b.say(alarmist, { type: "INTEGRITY", segment: b.ref(0), first: 0, fromOrigin: true, hashes: [hashOf(new Uint8Array(1))] });
    expect(b.of("fetch")).toEqual([]);
    expect(b.of("banned")).toMatchObject([{ peer: alarmist }]);
  });

  test("a neighbour may start one dispute in five seconds", () => {
    const b = started();
    const giver = b.neighbour(1, { has: [1] });
    give(b, giver, 8);
    b.answer(b.of("fetch")[0]!);
    const alarmist = b.neighbour(2);
    b.clear();
    for (let c = 1; c < 8; c++) b.say(alarmist, { type: "INTEGRITY", segment: b.ref(1), first: c, fromOrigin: false, hashes: [hashOf(new Uint8Array(1))] });
    expect(b.of("fetch").filter((f) => f.reason === "settle")).toHaveLength(1);
  });

  test("our word is given on request, with whether it is the origin's", () => {
    const b = started();
    const giver = b.neighbour(1, { has: [1] });
    give(b, giver, 2);
    b.answer(b.of("fetch")[0]!);
    const asker = b.neighbour(2);
    b.say(asker, { type: "INTEGRITY_REQ", runs: [{ segment: b.ref(1), first: 0, count: 38 }] });
    b.advance(200);
    expect(b.sent("INTEGRITY", asker)).toMatchObject([
      { message: { first: 0, fromOrigin: true, hashes: [hashOf(b.chunk(1, 0))] } },
      { message: { first: 1, fromOrigin: false, hashes: [hashOf(b.chunk(1, 1))] } },
    ]);
  });

  test("when a believed peer turns out a liar, all that rests on its word alone is dropped", () => {
    const b = started({ seed: 3 });
    const liar = b.neighbour(1, { has: [1] });
    give(b, liar, 8);
    b.answer(b.of("fetch")[0]!);
    for (let i = 8; i < 16; i++) lie(b, liar, 1, i);
    b.handle({ type: "malformed", peer: liar, reason: "test" });
    // Chunk 0 was compared with the origin.
    expect(b.engine.stats(b.nowMs).storedBytes).toBe(b.stream.body(0).length + 16_384);
  });

  test("while the origin is dead, no more than one comparison a second is tried", () => {
    const b = started();
    const giver = b.neighbour(1, { has: [1] });
    give(b, giver, 4);
    for (let i = 0, answered = 0; i < 50; i++) {
      for (; answered < b.of("fetch").length; answered++) b.handle({ type: "origin-failed", fetch: b.of("fetch")[answered]!.fetch, status: 0, timedOut: false });
      b.advance(100);
    }
    expect(b.of("fetch").length).toBeLessThan(8);
  });

  describe("a comparison with the origin that has lost its object", () => {
    test("because a witness spoke meanwhile, leaves no doubt about its giver", () => {
      const b = started();
      const giver = b.neighbour(1, { has: [1] });
      give(b, giver, 1);
      const witness = b.neighbour(2, { has: [1], unchokes: false });
      proven(b, witness);
      b.vouch(witness, { segment: b.ref(1), first: 0, count: 1 });
      expect(stored(b)).toEqual([0]);
      b.handle({ type: "disconnected", peer: witness });
      b.answer(b.of("fetch")[0]!);
      for (const c of [1, 2, 3, 4]) b.give(giver, 1, c);
      b.advance(3_000);
      for (const fetch of b.of("fetch").slice(1)) b.answer(fetch);
      expect(stored(b)).toEqual([0, 1, 2, 3, 4]);
    });

    test("because its segment was discarded, leaves no doubt about its giver", () => {
      const b = new Bench({ stream: new Stream({ live: true, count: 6 }) });
      const edge = b.stream.edge(b.nowMs);
      b.play();
      b.want(edge - 2);
      b.answer(b.of("fetch")[0]!);
      const giver = b.neighbour(1, { has: [edge - 1] });
      b.give(giver, edge - 1, 0);
      expect(b.of("fetch").at(-1)).toMatchObject({ reason: "check", segment: { sequence: edge - 1 } });
      // The origin hangs, and the stream goes on.
      for (let i = 0; i < 36; i++) {
        b.advance(1_000);
        b.say(giver, { type: "HAVE", entries: [] });
        b.reload();
      }
      expect(b.of("abort-fetch")).toHaveLength(1);
      const now = b.stream.edge(b.nowMs);
      b.at((now - 2) * 4);
      b.clear();
      b.say(giver, { type: "HAVE", entries: [b.entry(now)] });
      b.advance(1_000);
      for (const c of b.requested(giver, now)) b.give(giver, now, c);
      b.advance(3_000);
      for (const fetch of b.of("fetch")) b.answer(fetch);
      expect(stored(b).length).toBeGreaterThan(0);
    });
  });
});
