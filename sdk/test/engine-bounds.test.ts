import { describe, expect, test } from "vitest";
import { MAX_RUNS, type Message, PROTOCOL_VERSION } from "../src/protocol/message.js";
import type { SwarmId } from "../src/protocol/ids.js";
import { Bench } from "./bench.js";
import { peerId, SWARM, World } from "./world.js";
import { Stream } from "./world-stream.js";

/** Holds segment 0 and knows the size of segment 1. */
function seeding(): Bench {
  const b = new Bench();
  b.play();
  b.want(0);
  b.answer(b.of("fetch")[0]!);
  b.alone();
  b.clear();
  return b;
}

describe("What a stranger may do", () => {
  test("nothing, before its handshake", () => {
    const b = seeding();
    b.handle({ type: "connected", peer: peerId(1) });
    b.say(peerId(1), { type: "REQUEST", runs: [{ segment: b.ref(0), first: 0, count: 1 }], urgent: false });
    expect(b.sent("DATA")).toEqual([]);
    expect(b.of("disconnect")).toHaveLength(1);
  });

  for (const [name, change] of [
    ["another version", { version: PROTOCOL_VERSION + 1 }],
    ["another swarm", { swarm: "00".repeat(16) as SwarmId }],
    ["another's name", { peer: peerId(9) }],
  ] as const)
    test(`${name} in the handshake ends the connection, without a ban`, () => {
      const b = seeding();
      b.handle({ type: "connected", peer: peerId(1) });
      b.say(peerId(1), { type: "HANDSHAKE", version: PROTOCOL_VERSION, swarm: SWARM, peer: peerId(1), serves: true, ...change });
      expect(b.of("disconnect")).toHaveLength(1);
      expect(b.of("banned")).toEqual([]);
    });

  test("a message before the handshake ends the connection, without a ban: the next one is taken", () => {
    const b = seeding();
    b.handle({ type: "connected", peer: peerId(1) });
    b.say(peerId(1), { type: "HAVE", entries: [b.entry(1)] });
    expect(b.of("disconnect")).toMatchObject([{ peer: peerId(1) }]);
    expect(b.of("banned")).toEqual([]);
    b.neighbour(1);
    expect(b.engine.stats(b.nowMs).neighbours.map((n) => n.peer)).toEqual([peerId(1)]);
  });

  test("a malformed message ends that connection and nothing else", () => {
    const b = seeding();
    const [bad, good] = [b.neighbour(1), b.neighbour(2)];
    b.handle({ type: "malformed", peer: bad, reason: "test" });
    expect(b.of("disconnect")).toMatchObject([{ peer: bad }]);
    expect(b.engine.stats(b.nowMs).neighbours.map((n) => n.peer)).toEqual([good]);
  });

  test("messages of those who are no neighbours are ignored", () => {
    const b = seeding();
    b.say(peerId(5), { type: "UNCHOKE" });
    expect(b.effects).toEqual([]);
  });

  test("one neighbour too many is sent away", () => {
    const b = new Bench({ maxNeighbours: 2 });
    for (const i of [1, 2, 3]) b.neighbour(i);
    expect(b.of("disconnect")).toMatchObject([{ peer: peerId(3), reason: "full" }]);
  });

  test("no more are called than there is room for, and ourselves never", () => {
    const b = new Bench({ maxNeighbours: 4 });
    b.play();
    b.want(0);
    b.answer(b.of("fetch")[0]!);
    b.handle({ type: "tracker-peers", peers: [0, 1, 2, 3, 4, 5, 6].map(peerId), swarmSize: 7 });
    b.advance(3_000);
    expect(b.of("connect").length).toBeGreaterThan(0);
    expect(b.of("connect").length).toBeLessThanOrEqual(4);
    expect(b.of("connect").map((c) => c.peer)).not.toContain(peerId(0));
  });

  test("false HAVE of everything makes nobody ask the origin for more than it would have", () => {
    const stream = new Stream();
    const world = new World([stream]);
    const boasts = (m: Message): Message[] => (m.type === "HAVE" ? [{ ...m, entries: stream.playlist(0).map(({ ref }) => ({ segment: ref, sizeBytes: stream.body(ref.sequence).length, chunks: "all" as const })) }] : m.type === "DATA" ? [] : [m]);
    world.join({ tampers: boasts, goalS: 0.1 });
    const victim = world.join();
    world.run(75);
    expect(victim.player.delivered.filter((d) => d.correct)).toHaveLength(15);
    expect(victim.player.stalledMs).toBe(0);
    expect(world.log.filter((f) => f.viewer === victim.peer).reduce((sum, f) => sum + f.bytes, 0)).toBeLessThan(1.1 * 15 * 760_000);
  });

  test("promises of everything only make rescue do the work", () => {
    const stream = new Stream();
    const world = new World([stream]);
    const liar = world.join({ goalS: 0.1 });
    const victim = world.join();
    for (let i = 0; i < 75; i++) {
      world.run(1);
      if (!liar.linked.includes(victim.peer)) continue;
      const runs = stream.playlist(0).map(({ ref }) => ({ segment: ref, first: 0, count: 65_535 }));
      victim.handle({ type: "message", peer: liar.peer, message: { type: "PROMISE", runs, withdrawn: false } });
    }
    expect(victim.player.delivered.filter((d) => d.correct)).toHaveLength(15);
    expect(victim.player.stalledMs).toBe(0);
  });

  test("no more than 64 promised segments are remembered of one neighbour", () => {
    const b = seeding();
    const peer = b.neighbour(1);
    for (let s = 0; s < 1_000; s++) b.say(peer, { type: "PROMISE", runs: [{ segment: b.ref(s), first: 0, count: 1 }], withdrawn: false });
  });

  test("no more than 8,192 buffer maps are", () => {
    const b = seeding();
    const peer = b.neighbour(1);
    for (let s = 0; s < 10; s++)
      b.say(peer, { type: "HAVE", entries: Array.from({ length: 1_000 }, (_, i) => ({ segment: { ...b.ref(0), sequence: s * 1_000 + i, id: `1.${(s * 1_000 + i).toString(16)}.8` }, sizeBytes: 100, chunks: "all" as const })) });
  });

  // A message of 1.3 KB with 256 runs of 65,535 chunks is walked chunk by chunk: REQUEST notes 16 million refusals and
  // sorts them (11 s and gigabytes; the tab is dead), REJECT looks through the pipeline for each (0.5 s). Runs should be cut at the
  // segment's chunks, and what is left refused by runs, not by chunks.
  const bomb = (b: Bench, type: "REQUEST" | "REJECT" | "CANCEL" | "INTEGRITY_REQ" | "PROMISE", runs = MAX_RUNS): number => {
    const peer = b.neighbour(1, { has: [1] });
    const startMs = performance.now();
    b.say(peer, { type, withdrawn: false, urgent: false, runs: Array.from({ length: runs }, () => ({ segment: b.ref(0), first: 0, count: 65_535 })) });
    return performance.now() - startMs;
  };
  // Parts of the largest ones, so that a failing test takes little.
  test("a small message does not cost a second: REQUEST", () => expect(bomb(seeding(), "REQUEST", 12)).toBeLessThan(60));
  test("a small message does not cost a second: REJECT", () => expect(bomb(seeding(), "REJECT", 64)).toBeLessThan(40));
  for (const type of ["CANCEL", "INTEGRITY_REQ", "PROMISE"] as const) test(`a small message does not cost a second: ${type}`, () => expect(bomb(seeding(), type)).toBeLessThan(150));
});

describe("A network that loses and delays", () => {
  test("DATA that comes after CHOKE is no offence", () => {
    const b = seeding();
    const peer = b.neighbour(1, { has: [1] });
    b.say(peer, { type: "CHOKE" });
    for (const c of b.requested(peer, 1)) b.give(peer, 1, c);
    expect(b.of("banned")).toEqual([]);
  });

  test("six viewers on a lossy network ban nobody", () => {
    for (const seed of [1, 2, 3]) {
      const world = new World([new Stream()], seed);
      world.lossRate = 0.1;
      world.retransmitMs = 1_000;
      for (let i = 0; i < 6; i++) {
        world.join();
        world.run(2);
      }
      world.run(30);
      for (const v of world.present()) expect(v.effectsOf("banned")).toEqual([]);
    }
  });
});
