import { describe, expect, test } from "vitest";
import { Bench } from "./bench.js";
import { peerId, World } from "./world.js";
import { Stream } from "./world-stream.js";

const live = (count = 6): Stream => new Stream({ live: true, count });

describe("Live (SYSTEMS TR3)", () => {
  test("what the playlist has passed by more than three segments is discarded", () => {
    const b = new Bench({ stream: live() });
    b.play();
    b.want(98);
    b.answer(b.of("fetch")[0]!);
    for (let i = 0; i < 8; i++) {
      b.advance(4_000);
      b.reload();
    }
    expect(b.of("segment-evicted").map((e) => e.segment.sequence)).toContain(98);
    expect(b.engine.stats(b.nowMs).storedBytes).toBe(0);
  });

  test("what neighbours hold of it counts as deleted", () => {
    const b = new Bench({ stream: live() });
    b.play();
    const peer = b.neighbour(1, { has: [90] });
    b.want(100);
    b.answer(b.of("fetch")[0]!);
    b.want(90);
    b.advance(50);
    expect(b.requested(peer, 90)).toEqual([]);
  });

  test("nothing older than the hook-in point is fetched from neighbours, everything newer is, also before the playlist shows it", () => {
    const b = new Bench({ stream: live(10) });
    b.play();
    b.want(98);
    b.at(98 * 4);
    b.answer(b.of("fetch")[0]!);
    const peer = b.neighbour(1, { has: [95, 96, 97, 99, 100] });
    b.advance(50);
    const asked = new Set(b.sent("REQUEST", peer).flatMap(({ message }) => message.runs.map((r) => r.segment.sequence)));
    expect([...asked]).toEqual([99, 100]);
  });

  test("an old segment that the player asks for all the same is fetched", () => {
    const b = new Bench({ stream: live() });
    b.play();
    b.want(100);
    b.answer(b.of("fetch")[0]!);
    b.alone();
    b.want(96);
    expect(b.of("fetch").at(-1)).toMatchObject({ segment: { sequence: 96 } });
  });

  test("what the playlist does not show yet is fetched from neighbours, and not from the origin", () => {
    const b = new Bench({ stream: live() });
    b.play();
    b.want(100);
    b.answer(b.of("fetch")[0]!);
    const peer = b.neighbour(1, { has: [101] });
    expect(b.requested(peer, 101)).toHaveLength(8);
    b.clear();
    b.advance(1_500);
    expect(b.of("fetch")).toEqual([]);
    b.advance(3_000);
    b.reload();
    expect(b.engine.inspect().store.get(b.ref(101))?.listed).toBe(true);
  });

  test("six viewers 12 s behind the edge fetch little more than one copy, and none stalls", () => {
    const stream = live(8);
    const world = new World([stream]);
    for (let i = 0; i < 6; i++) {
      world.join();
      world.run(2);
    }
    world.run(50);
    expect(world.copies(stream).steady).toBeLessThan(1.1);
    for (const v of world.present()) {
      expect(v.player.delivered.every((d) => d.correct)).toBe(true);
      expect(v.player.stalledMs).toBe(0);
    }
  });

  test("memory stays that of the discard window", () => {
    const stream = live(5);
    const world = new World([stream]);
    const viewer = world.join();
    world.join();
    world.run(100);
    expect(viewer.stats().storedBytes).toBeLessThan(10 * 900_000);
    expect(viewer.player.delivered.length).toBeGreaterThan(20);
  });

  test("a segment that is discarded while its chunks are hashed is not announced any more", () => {
    const b = new Bench({ stream: live(), hashes: false });
    b.play();
    b.want(98);
    b.neighbour(1);
    b.answer(b.of("fetch")[0]!);
    b.handle({ type: "unwant", want: 1 as never });
    for (let i = 0; i < 8; i++) {
      b.advance(4_000);
      b.reload();
    }
    b.clear();
    for (let token = 1; token <= b.chunks(98); token++) b.handle({ type: "hashed", segment: b.ref(98), chunk: token - 1, token, hash: "00".repeat(16) as never });
    b.advance(500);
    expect(b.sent("HAVE")).toEqual([]);
    expect(b.of("chunk-stored")).toEqual([]);
  });

  test("once settled, a caller gets the place of the neighbour that least was exchanged with, one every 5 s", () => {
    const b = new Bench({ stream: live(), maxNeighbours: 2 });
    b.play();
    b.want(98);
    b.answer(b.of("fetch")[0]!);
    const [served, idle] = [b.neighbour(1), b.neighbour(2)];
    b.say(served, { type: "REQUEST", runs: [{ segment: b.ref(98), first: 0, count: 1 }], urgent: false });
    expect(b.sent("DATA")).toHaveLength(1);
    b.advance(20_000);
    b.neighbour(3);
    b.neighbour(4);
    expect(b.of("disconnect")).toMatchObject([{ peer: idle, reason: "replaced" }, { peer: peerId(4), reason: "full" }]);
    b.advance(5_000);
    b.neighbour(5);
    // The third is too new to be judged.
    expect(b.of("disconnect").at(-1)).toMatchObject({ peer: served, reason: "replaced" });
  });

  test("whom we called ourselves takes nobody's place", () => {
    const b = new Bench({ stream: live(), maxNeighbours: 3 });
    b.play();
    b.want(98);
    b.answer(b.of("fetch")[0]!);
    b.neighbour(1);
    b.advance(20_000);
    b.handle({ type: "tracker-peers", peers: [peerId(9)], swarmSize: 7 });
    expect(b.of("connect")).toMatchObject([{ peer: peerId(9) }]);
    for (const i of [2, 3, 9]) b.neighbour(i);
    expect(b.of("disconnect")).toMatchObject([{ peer: peerId(9), reason: "full" }]);
  });
});
