import { describe, expect, test } from "vitest";
import { Bench } from "./bench.js";
import { peerId, World } from "./world.js";
import { Stream } from "./world-stream.js";

describe("The player", () => {
  test("gets every segment it asked for, once, and nothing else", () => {
    const world = new World([new Stream()]);
    const viewers = [world.join(), world.join()];
    world.run(70);
    for (const v of viewers) {
      expect(v.effectsOf("deliver")).toHaveLength(15);
      expect(v.player.stray).toBe(0);
    }
  });

  test("two requests for one segment are both answered, from one fetch", () => {
    const b = new Bench();
    b.play();
    const wants = [b.want(0), b.want(0)];
    expect(b.of("fetch")).toHaveLength(1);
    b.answer(b.of("fetch")[0]!);
    expect(b.of("deliver").map((d) => d.want)).toEqual(wants);
  });

  test("taking back the only request aborts the fetch, taking back one of two does not", () => {
    const b = new Bench();
    b.play();
    const [first, second] = [b.want(0), b.want(0)];
    b.handle({ type: "unwant", want: first });
    expect(b.of("abort-fetch")).toEqual([]);
    b.handle({ type: "unwant", want: second });
    expect(b.of("abort-fetch")).toMatchObject([{ fetch: b.of("fetch")[0]!.fetch }]);
  });

  test("what had come before the abort is kept", () => {
    const b = new Bench();
    b.play();
    const want = b.want(0);
    b.alone();
    const [fetch] = b.of("fetch");
    const body = b.stream.body(0);
    b.handle({ type: "origin-head", fetch: fetch!.fetch, startByte: 0, sizeBytes: body.length });
    b.handle({ type: "origin-bytes", fetch: fetch!.fetch, bytes: body.slice(0, 10 * 16_384) });
    b.handle({ type: "unwant", want });
    b.want(0);
    expect(b.of("fetch")[1]).toMatchObject({ range: { start: 10 * 16_384, end: body.length } });
    b.answer(b.of("fetch")[1]!);
    expect(Buffer.concat(b.of("deliver")[0]!.payloads).equals(body)).toBe(true);
    expect(b.of("deliver")[0]!.delivery.storeBytes).toBe(10 * 16_384);
  });

  test("answers to an aborted fetch are ignored", () => {
    const b = new Bench();
    b.play();
    b.handle({ type: "unwant", want: b.want(0) });
    b.answer(b.of("fetch")[0]!);
    expect(b.of("chunk-stored")).toEqual([]);
    expect(b.of("deliver")).toEqual([]);
  });

  test("taking back what was never asked for, or has been answered, does nothing", () => {
    const b = new Bench();
    b.play();
    const want = b.want(0);
    b.answer(b.of("fetch")[0]!);
    b.clear();
    for (const w of [want, 999 as never]) b.handle({ type: "unwant", want: w });
    expect(b.effects).toEqual([]);
  });

  test("seeks forth and back, and plays on with true bytes", () => {
    const world = new World([new Stream({ count: 60 })], 11);
    world.join();
    const viewer = world.join();
    for (const positionS of [100, 20, 180, 4, 60]) {
      world.run(6);
      viewer.player.seek(positionS);
    }
    world.run(30);
    expect(viewer.player.delivered.every((d) => d.correct)).toBe(true);
    expect(viewer.player.positionS).toBeGreaterThan(85);
  });

  test("a pause of a minute stops nothing and loses nothing", () => {
    const world = new World([new Stream()]);
    world.join();
    const viewer = world.join();
    world.run(10);
    viewer.player.paused = true;
    world.run(60);
    viewer.player.paused = false;
    world.run(60);
    expect(viewer.player.delivered.filter((d) => d.correct)).toHaveLength(15);
    expect(viewer.player.stalledMs).toBe(0);
  });

  test("viewers of two levels are one swarm, and switch between them", () => {
    const low = new Stream({ track: 1, bandwidthBps: 800_000 });
    const high = new Stream({ track: 2, bandwidthBps: 2_000_000 });
    const world = new World([low, high]);
    world.join({ streams: [low], goalS: 60 });
    world.join({ streams: [high], goalS: 60 });
    world.run(30);
    const viewer = world.join({ streams: [low] });
    world.run(6);
    viewer.player.switchTo(high);
    world.run(70);
    expect(viewer.player.delivered.filter((d) => d.correct)).toHaveLength(15);
    expect(viewer.player.stalledMs).toBe(0);
    expect(viewer.stats().originBytes).toBeLessThan(1_200_000);
  });

  test("audio and video come side by side", () => {
    const video = new Stream({ track: 1 });
    const audio = new Stream({ track: 2, kind: "audio", bandwidthBps: 128_000 });
    const world = new World([video, audio]);
    const viewers = [world.join(), world.join(), world.join()];
    world.run(75);
    for (const v of viewers) {
      expect(v.player.delivered.filter((d) => d.correct)).toHaveLength(30);
      expect(v.player.stalledMs).toBe(0);
    }
    expect(world.log.reduce((sum, f) => sum + (f.reason === "start" ? 0 : f.bytes), 0)).toBeLessThan(1.1 * 15 * 820_000);
  });

  for (const count of [256, 320])
    test(`a newcomer sees all ${count} segments of a full peer`, () => {
      const stream = new Stream({ count, sizeBytes: () => 20_000 });
      const world = new World([stream]);
      world.checkEvery = 500;
      const full = world.join({ goalS: count * 4 });
      world.run(20);
      expect(full.player.finished).toBe(true);
      const newcomer = world.join({ goalS: count * 4 });
      world.run(1);
      const shown = new Set(full.sent.filter((s) => s.to === newcomer.peer).flatMap(({ message }) => (message.type === "HAVE" ? message.entries.map((e) => e.segment.sequence) : [])));
      expect(shown.size).toBe(count);
      newcomer.player.seek((count - 1) * 4);
      world.run(1);
      expect(newcomer.player.delivered.at(-1)).toMatchObject({ sequence: count - 1, correct: true });
      expect(newcomer.stats().peerBytes).toBeGreaterThan(4 * newcomer.stats().originBytes);
    });

  test("bytes by source add up to the segment", () => {
    const world = new World([new Stream()], 2);
    const viewers = [world.join(), world.join(), world.join()];
    world.run(70);
    for (const v of viewers)
      for (const { sequence, delivery } of v.player.delivered)
        expect(delivery.originBytes + delivery.peerBytes + delivery.storeBytes).toBe(world.streams[0]!.body(sequence).length);
  });

  test("one seed, one run", () => {
    const run = (): string => {
      const world = new World([new Stream()], 9);
      world.checkEvery = 1e9;
      for (let i = 0; i < 3; i++) world.join();
      world.run(40);
      return JSON.stringify([world.log, world.present().map((v) => v.stats())]);
    };
    expect(run()).toBe(run());
  });
});

describe("Idle", () => {
  test("with nothing wanted and nobody there, the engine asks to be called seldom or not at all", () => {
    const b = new Bench();
    b.play();
    const want = b.want(0);
    b.alone();
    const peer = b.neighbour(1, { has: [1] });
    b.advance(1_000);
    b.handle({ type: "unwant", want });
    b.handle({ type: "disconnected", peer });
    b.clear();
    b.advance(120_000);
    expect(b.effects.every(({ effect }) => effect.type === "find-peers")).toBe(true);
    expect(b.effects.length).toBeLessThan(8);
  });

  test("before anything has happened, an engine has nothing to wait for", () => {
    expect(new Bench().engine.nextTimeoutMs()).toBeUndefined();
  });

  test("with the tracker gone too, not at all", () => {
    const b = new Bench();
    b.play();
    const want = b.want(0);
    b.handle({ type: "tracker-down" });
    b.handle({ type: "unwant", want });
    b.advance(5_000);
    expect(b.engine.nextTimeoutMs()).toBeUndefined();
  });

  test("a viewer who has quit wanting makes no request and hardly a step", () => {
    const world = new World([new Stream()]);
    const viewers = [world.join(), world.join()];
    world.run(15);
    for (const v of viewers) v.player.quiet();
    world.run(10);
    const before = world.log.length;
    world.run(60);
    expect(world.log.length).toBe(before);
  });

  const stepOn = (b: Bench, steps: number): void => {
    for (let i = 0; i < steps; i++) {
      const next = b.engine.nextTimeoutMs();
      if (next === undefined) return;
      b.nowMs = Math.max(b.nowMs, next);
      b.engine.tick(b.nowMs);
      while (b.engine.poll() !== undefined);
      expect(b.engine.nextTimeoutMs() ?? Infinity).toBeGreaterThan(b.nowMs);
    }
  };

  test("the time asked for is never passed without progress", () => {
    const b = new Bench();
    b.play();
    b.want(0);
    b.neighbour(1, { has: [1, 2, 3] });
    stepOn(b, 2_000);
  });

  // A time to be called at when nothing is due yet would, in virtual time, be for ever.
  test("nor while peers wait to be called until the first picture is there", () => {
    const b = new Bench();
    b.play();
    b.want(0);
    b.handle({ type: "tracker-peers", peers: [peerId(1)], swarmSize: 2 });
    stepOn(b, 100);
  });
});

describe("The engine's buffer (SYSTEMS PL4)", () => {
  const fill = (b: Bench, sequence: number, stream = b.stream): void => {
    b.want(sequence, stream);
    const { fetch } = b.of("fetch").find((f) => f.segment.id === stream.info(sequence).ref.id)!;
    b.handle({ type: "origin-head", fetch, startByte: 0, sizeBytes: stream.body(sequence).length });
    b.handle({ type: "origin-bytes", fetch, bytes: stream.body(sequence) });
    b.handle({ type: "origin-done", fetch });
  };
  const aheadS = (b: Bench): number => b.engine.stats(b.nowMs).aheadS;

  test("reaches from the playhead to the first segment that is not whole", () => {
    const b = new Bench();
    expect(aheadS(b)).toBe(0);
    b.play();
    b.at(0, false);
    b.alone();
    for (const sequence of [0, 1, 3]) fill(b, sequence);
    expect(aheadS(b)).toBe(8);
    b.at(2.5, false);
    expect(aheadS(b)).toBe(5.5);
    fill(b, 2);
    expect(aheadS(b)).toBe(13.5);
    b.at(17, false);
    expect(aheadS(b)).toBe(0);
  });

  test("is no longer than that of the track which has the least", () => {
    const audio = new Stream({ track: 2, kind: "audio", bandwidthBps: 128_000 });
    const b = new Bench();
    b.play();
    b.at(0, false);
    b.alone();
    b.handle({ type: "playlist", track: audio.track, kind: audio.kind, live: false, bandwidthBps: audio.bandwidthBps, segments: audio.playlist(0) });
    for (const sequence of [0, 1]) fill(b, sequence);
    fill(b, 0, audio);
    expect(aheadS(b)).toBe(4);
  });

  test("gives the player a segment when all of it is here, its chunks in order", () => {
    const b = new Bench();
    b.play();
    b.alone();
    b.want(0);
    const { fetch } = b.of("fetch")[0]!;
    const body = b.stream.body(0);
    b.handle({ type: "origin-head", fetch, startByte: 0, sizeBytes: body.length });
    b.handle({ type: "origin-bytes", fetch, bytes: body.slice(0, -1) });
    expect(b.of("deliver")).toEqual([]);
    b.handle({ type: "origin-bytes", fetch, bytes: body.slice(-1) });
    b.handle({ type: "origin-done", fetch });
    expect(b.of("deliver").map(({ payloads }) => Buffer.concat(payloads).equals(body))).toEqual([true]);
  });
});
