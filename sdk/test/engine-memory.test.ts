import { describe, expect, test } from "vitest";
import { CHUNK_BYTES, MAX_CHUNKS } from "../src/protocol/segment.js";
import { Bench } from "./bench.js";
import { World } from "./world.js";
import { Stream } from "./world-stream.js";

describe("Memory", () => {
  test("stays within its bound, all the time, and playing goes on", () => {
    const stream = new Stream({ count: 24 });
    const world = new World([stream]);
    const memoryBytes = 9_000_000;
    const viewers = [world.join({ memoryBytes }), world.join({ memoryBytes })];
    let most = 0;
    for (let i = 0; i < 500; i++) {
      world.run(0.2);
      for (const v of viewers) most = Math.max(most, v.stats().storedBytes);
    }
    // A segment that is being put together is counted before older ones make way.
    expect(most).toBeLessThan(memoryBytes + 1_500_000);
    for (const v of viewers) {
      expect(v.player.delivered.filter((d) => d.correct)).toHaveLength(24);
      expect(v.player.stalledMs).toBe(0);
      expect(v.effectsOf("segment-evicted").length).toBeGreaterThan(8);
    }
  });

  test("is not spent on the chunks of segments that a neighbour calls enormous, before the player wants them", () => {
    const b = new Bench({ stream: new Stream({ count: 1_000 }) });
    b.play();
    b.alone();
    const sizeBytes = MAX_CHUNKS * CHUNK_BYTES;
    const peer = b.neighbour(1, { entries: Array.from({ length: 1_000 }, (_, i) => ({ segment: b.ref(i), sizeBytes, chunks: "all" as const })) });
    const counted = (): number => [...b.engine.inspect().store.segments.values()].reduce((sum, { chunks }) => sum + chunks, 0);
    expect(counted()).toBeLessThan(2 ** 20);
    b.want(0);
    b.answer(b.of("fetch")[0]!);
    b.want(7);
    b.advance(200);
    expect(b.requested(peer, 7).length).toBeGreaterThan(0);
    expect(counted()).toBeLessThan(2 ** 20);
  });

  test("neighbours hear of an eviction, and are rejected until they have", () => {
    const b = new Bench({ memoryBytes: 1_000_000 });
    b.play();
    b.alone();
    b.want(0);
    for (const fetch of b.of("fetch")) b.answer(fetch);
    const peer = b.neighbour(1);
    b.at(4);
    b.clear();
    b.want(1);
    b.advance(700);
    for (const fetch of b.of("fetch")) b.answer(fetch);
    expect(b.of("segment-evicted")).toMatchObject([{ segment: { sequence: 0 } }]);
    b.say(peer, { type: "REQUEST", runs: [{ segment: b.ref(0), first: 0, count: 2 }], urgent: false });
    expect(b.sent("REJECT", peer)).toHaveLength(1);
    b.advance(300);
    expect(b.sent("HAVE", peer).flatMap(({ message }) => message.entries)).toContainEqual(b.entry(0, "none"));
  });

  test("an evicted segment is fetched again when the player comes back to it", () => {
    const world = new World([new Stream({ count: 30 })]);
    const viewer = world.join({ memoryBytes: 6_000_000, goalS: 12 });
    world.run(60);
    viewer.player.seek(0);
    world.run(20);
    expect(viewer.player.delivered.filter((d) => d.sequence === 0)).toHaveLength(2);
    expect(viewer.player.delivered.every((d) => d.correct)).toBe(true);
  });

  test("a queued upload of what is evicted meanwhile is rejected", () => {
    const b = new Bench({ memoryBytes: 1_000_000 });
    b.play();
    b.alone();
    b.want(0);
    for (const fetch of b.of("fetch")) b.answer(fetch);
    const peer = b.neighbour(1);
    b.say(peer, { type: "REQUEST", runs: [{ segment: b.ref(0), first: 0, count: 20 }], urgent: false });
    b.at(4);
    b.clear();
    b.want(1);
    b.advance(700);
    for (const fetch of b.of("fetch")) b.answer(fetch);
    b.handle({ type: "writable", peer, bufferedBytes: 0 });
    expect(b.sent("REJECT", peer)).toMatchObject([{ message: { runs: [{ first: 8, count: 12 }] } }]);
  });

  // Eviction clears the counts of requests under way; were they not taken back first, a chunk might be asked for a third time.
  test("requests for a segment that is evicted are taken back", () => {
    const b = new Bench({ memoryBytes: 612_000 });
    b.play();
    b.want(0);
    b.answer(b.of("fetch")[0]!);
    const peer = b.neighbour(1, { has: [2] });
    b.give(peer, 2, 0);
    expect(b.requested(peer, 2).length).toBeGreaterThan(1);
    b.clear();
    b.at(100);
    b.want(25);
    for (const fetch of b.of("fetch")) b.answer(fetch);
    expect(b.of("segment-evicted").map((e) => e.segment.sequence)).toContain(2);
    expect(b.sent("CANCEL", peer).flatMap(({ message }) => message.runs.map((r) => r.segment.sequence))).toContain(2);
  });
});
