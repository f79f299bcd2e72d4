import { describe, expect, test } from "vitest";
import { Bench } from "./bench.js";
import { World, type Viewer } from "./world.js";
import { Stream } from "./world-stream.js";

/** Started with one neighbour, which neither has nor wants anything; paused at the beginning. */
function started(): Bench {
  const b = new Bench();
  b.play();
  b.at(0, false);
  b.want(0);
  b.answer(b.of("fetch")[0]!);
  b.neighbour(1);
  b.clear();
  return b;
}

function expectPlayed(viewer: Viewer, count = 15): void {
  expect(viewer.player.delivered.map((d) => [d.sequence, d.correct])).toEqual(Array.from({ length: count }, (_, i) => [i, true]));
  expect(viewer.player.stalledMs).toBe(0);
}

describe("Rescue", () => {
  test("fetches when waiting longer would risk the deadline: what the origin needs, and a margin of 1.5 to 2.5 s", () => {
    const b = started();
    b.neighbour(2);
    b.want(5);
    b.at(20 - 4.5, false);
    b.advance(200);
    expect(b.of("fetch")).toEqual([]);
    b.at(20 - 1.5, false);
    b.advance(400);
    expect(b.of("fetch")).toMatchObject([{ reason: "rescue", segment: { sequence: 5 } }]);
  });

  test("who has promised what nobody has is waited for until it is nearly too late", () => {
    const b = started();
    b.say(b.neighbour(2), { type: "PROMISE", runs: [{ segment: b.ref(5), first: 0, count: 65_535 }], withdrawn: false });
    b.want(5);
    b.at(20 - 1.8, false);
    b.advance(400);
    expect(b.of("fetch")).toEqual([]);
    b.at(20 - 1.2, false);
    b.advance(200);
    expect(b.of("fetch")).toMatchObject([{ reason: "rescue", segment: { sequence: 5 } }]);
  });

  test("fetches only the ranges that are missing", () => {
    const b = started();
    const field = new Uint8Array(Math.ceil(b.chunks(1) / 8)).fill(0);
    field.set([0xff, 0xff]);
    const giver = b.neighbour(2, { entries: [b.entry(1, field)] });
    b.want(1);
    for (let c = 0; c < 8; c++) b.give(giver, 1, c);
    for (const fetch of b.of("fetch")) b.answer(fetch);
    b.clear();
    b.at(3.5, false);
    b.advance(600);
    const rescues = b.of("fetch").filter((f) => f.reason === "rescue");
    for (const f of rescues) expect(f.range?.start ?? 0).toBeGreaterThanOrEqual(8 * 16_384);
    expect(b.engine.stats(b.nowMs).rescues).toBe(rescues.length);
  });

  test("without usable ranges fetches the whole segment, once", () => {
    const b = new Bench();
    b.play();
    b.at(0, false);
    b.want(0);
    b.answer(b.of("fetch")[0]!);
    b.neighbour(1);
    b.want(1);
    b.advance(400);
    const [slice] = b.of("fetch").filter((f) => f.segment.sequence === 1);
    // It was asked for a part, and answers with all of another: the first answer that ignores a range.
    if (slice!.range !== undefined) b.handle({ type: "origin-head", fetch: slice!.fetch, startByte: 0, sizeBytes: undefined });
    b.handle({ type: "origin-failed", fetch: slice!.fetch, status: 0, timedOut: false });
    b.clear();
    b.at(3, false);
    b.advance(1_500);
    const whole = b.of("fetch").filter((f) => f.segment.sequence === 1);
    expect(whole).toHaveLength(1);
    b.answer(whole[0]!);
    expect(b.of("deliver")).toHaveLength(1);
  });

  test("does not, where neighbours are sure to make it", () => {
    const stream = new Stream();
    const world = new World([stream]);
    world.join();
    world.run(45);
    const late = world.join();
    world.run(70);
    expectPlayed(late);
    expect(late.stats().rescues).toBe(0);
  });

  test("a seek to where neighbours have everything costs the origin next to nothing", () => {
    const world = new World([new Stream({ count: 30 })]);
    world.join({ goalS: 130 });
    world.run(20);
    const viewer = world.join();
    world.run(5);
    const before = world.log.filter((f) => f.viewer === viewer.peer).reduce((sum, f) => sum + f.bytes, 0);
    viewer.player.seek(100);
    world.run(20);
    expect(viewer.player.delivered.every((d) => d.correct)).toBe(true);
    expect(world.log.filter((f) => f.viewer === viewer.peer).reduce((sum, f) => sum + f.bytes, 0) - before).toBeLessThan(450_000);
  });
});

describe("Origins of all kinds", () => {
  for (const [name, setting] of [
    ["ignores ranges", { ranges: false }],
    ["hides sizes", { tellsSize: false }],
    ["ignores ranges and hides sizes", { ranges: false, tellsSize: false }],
    ["is slow: 2.5 Mb/s", { rateBps: 2_500_000 }],
    ["is far: 400 ms", { latencyMs: 400 }],
  ] as const)
    for (const live of [false, true])
      test(`an origin that ${name}, ${live ? "live" : "VoD"}: everybody plays, with few copies`, () => {
        const stream = new Stream({ live, count: live ? 8 : 15 });
        const world = new World([stream]);
        Object.assign(world.origin, setting);
        const viewers = [world.join(), world.join(), world.join()];
        world.run(75);
        for (const v of viewers) {
          expect(v.player.delivered.every((d) => d.correct)).toBe(true);
          expect(v.player.stalledMs).toBe(0);
          expect(v.player.delivered.length).toBeGreaterThanOrEqual(15);
        }
        if (!("ranges" in setting || "tellsSize" in setting)) expect(world.copies(stream).all).toBeLessThan(1.6);
      });

  // The first comparison of each neighbour with the origin costs a whole segment then.
  test("without usable ranges three viewers fetch half of a second copy at most", () => {
    for (const setting of [{ ranges: false }, { tellsSize: false }]) {
      const stream = new Stream({ live: true, count: 8 });
      const world = new World([stream]);
      Object.assign(world.origin, setting);
      for (let i = 0; i < 3; i++) world.join();
      world.run(50);
      expect(world.copies(stream).steady).toBeLessThan(1.7);
    }
  });

  test("an origin dead for 10 s is not noticed while peers have the data", () => {
    const world = new World([new Stream()]);
    world.join();
    world.run(35);
    const viewer = world.join();
    world.run(1);
    world.origin.fails = () => 0;
    world.run(10);
    world.origin.fails = () => undefined;
    world.run(60);
    expectPlayed(viewer);
    expect(viewer.player.failures).toEqual([]);
  });

  test("a dead origin is asked less and less often", () => {
    const world = new World([new Stream()]);
    world.join();
    world.join();
    world.run(3);
    world.origin.fails = () => 503;
    const before = world.log.length;
    world.run(60);
    expect(world.log.length - before).toBeLessThan(2 * 80);
  });

  test("the player hears what the origin said, once, and may ask again", () => {
    const b = new Bench();
    b.play();
    b.want(0);
    b.alone();
    b.handle({ type: "origin-failed", fetch: b.of("fetch")[0]!.fetch, status: 404, timedOut: false });
    b.advance(5_000);
    expect(b.of("fail")).toMatchObject([{ status: 404, timedOut: false }]);
    b.clear();
    b.want(0);
    b.advance(4_000);
    b.answer(b.of("fetch")[0]!);
    expect(b.of("deliver")).toHaveLength(1);
  });

  test("a failure is not told while a neighbour has the segment", () => {
    const b = started();
    const peer = b.neighbour(2, { has: [1] });
    b.want(1);
    b.at(3.9, false);
    b.advance(500);
    for (const f of b.of("fetch")) b.handle({ type: "origin-failed", fetch: f.fetch, status: 503, timedOut: false });
    b.advance(1_000);
    expect(b.of("fail")).toEqual([]);
    expect(b.requested(peer, 1).length).toBeGreaterThan(0);
  });

  test("a body that breaks off is completed, and nothing of it is fetched twice", () => {
    const b = new Bench();
    b.play();
    b.want(0);
    b.alone();
    const [first] = b.of("fetch");
    const body = b.stream.body(0);
    b.handle({ type: "origin-head", fetch: first!.fetch, startByte: 0, sizeBytes: body.length });
    b.handle({ type: "origin-bytes", fetch: first!.fetch, bytes: body.slice(0, 100_000) });
    b.handle({ type: "origin-failed", fetch: first!.fetch, status: 0, timedOut: false });
    b.advance(3_000);
    const second = b.of("fetch")[1];
    // Alone, the failure goes to the player, which asks again.
    if (second === undefined) b.want(0);
    b.advance(3_000);
    const again = b.of("fetch")[1]!;
    expect(again.range?.start).toBe(Math.floor(100_000 / 16_384) * 16_384);
    b.answer(again);
    const [deliver] = b.of("deliver");
    expect(Buffer.concat(deliver!.payloads).equals(body)).toBe(true);
  });

  test("bytes may come in pieces of any length", () => {
    const b = new Bench();
    b.play();
    b.want(0);
    const [fetch] = b.of("fetch");
    const body = b.stream.body(0);
    b.handle({ type: "origin-head", fetch: fetch!.fetch, startByte: 0, sizeBytes: undefined });
    for (let at = 0, step = 1; at < body.length; at += step, step = (step * 7 + 3) % 40_000) b.handle({ type: "origin-bytes", fetch: fetch!.fetch, bytes: body.slice(at, at + step) });
    b.handle({ type: "origin-done", fetch: fetch!.fetch });
    expect(Buffer.concat(b.of("deliver")[0]!.payloads).equals(body)).toBe(true);
  });

  // A body of no bytes is taken neither for a size nor for a failure: it is asked for again at once, without end.
  test("an empty segment is not asked for over and over", () => {
    const world = new World([new Stream({ sizeBytes: (sequence) => (sequence === 3 ? 0 : 100_000) })]);
    world.join();
    world.run(30);
    expect(world.log.filter((f) => f.sequence === 3).length).toBeLessThan(30);
  });
});
