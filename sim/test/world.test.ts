import { expect, it } from "vitest";
import { SCENARIOS } from "../src/scenario.js";
import { simulate } from "../src/simulate.js";
import { Viewer } from "../src/viewer.js";
import { World } from "../src/world.js";

const options = { scenario: "live", peers: 20, seed: 7, delivery: "seats", ri: 1.2, seconds: 30, freeRiders: undefined, polluters: undefined, checkEvery: 100 } as const;
const wishes = { peers: 8, ri: 1.2, seconds: 30, freeRiders: undefined, polluters: undefined };
const small = (checkEvery = 100): World => new World((SCENARIOS.live as (typeof SCENARIOS)[string]).setting(wishes), { seed: 3, delivery: "seats", checkEvery });

it("goes the same way twice", { timeout: 60_000 }, () => {
  const first = simulate(options).result;
  const second = simulate(options).result;
  expect({ ...second, wallSeconds: 0, bytesPerPeer: 0 }).toEqual({ ...first, wallSeconds: 0, bytesPerPeer: 0 });
});

it("goes another way with another seed", { timeout: 60_000 }, () => {
  expect(simulate({ ...options, seed: 8 }).result.traceHash).not.toBe(simulate(options).result.traceHash);
});

it("gives the uplinks exactly the resource index that was asked for", () => {
  const { world } = simulate({ ...options, ri: 0.8, seconds: 10 });
  const first = world.members.slice(0, options.peers);
  const mean = first.reduce((sum, m) => sum + m.setting.access.upPayloadBps, 0) / first.length;
  expect(mean / world.setting.stream.rateBps).toBeCloseTo(0.8, 9);
});

it("takes every byte of plain viewers from the origin", () => {
  const { result } = simulate({ ...options, delivery: "origin" });
  expect(result.offload).toBeLessThanOrEqual(0.01);
  expect(result.continuityIndex).toBe(1);
  expect(result.controlRatio).toBe(0);
});

it("sees a chunk that is not the one it should be", () => {
  const world = small();
  world.run();
  const [viewer] = world.members;
  const media = world.levels[0]?.media(1003);
  if (!(viewer instanceof Viewer) || media === undefined) throw new Error("no viewer");
  world.checker.delivered(viewer, media, media.payloads);
  expect(world.meter.pollutedChunksPlayed).toBe(0);
  world.checker.delivered(viewer, media, [...media.payloads].reverse());
  expect(world.meter.pollutedChunksPlayed).toBe(media.chunks - (media.chunks % 2));
  expect(() => world.checker.delivered(viewer, media, media.payloads.slice(1))).toThrow("chunks of");
});

it("names the line that replays a breach", () => {
  expect(() => simulate({ ...options, seconds: 10 }, (world) => {
    for (const member of world.present) if (member instanceof Viewer) member.engine.inspect = () => { throw new Error("the books do not balance"); };
  })).toThrow(/the books do not balance\nReplay: npm run sim -- --scenario live --peers 20 --seed 7/);
});

it("takes a live stream from the origin about twice, by seats, and by drawing within a segment when the tracker has died", { timeout: 60_000 }, () => {
  const world = new World((SCENARIOS.live as (typeof SCENARIOS)[string]).setting({ ...wishes, peers: 60, ri: 2, seconds: 60 }), { seed: 3, delivery: "seats", checkEvery: 1_000 });
  const bytesBy = (): readonly [seat: number, slice: number] => [world.meter.originBytes.seat, world.meter.originBytes.slice];
  const streamBytes = (seconds: number): number => (world.setting.stream.rateBps / 8) * seconds;
  world.clock.runUntil(40_000);
  const [seat, slice] = bytesBy();
  expect(seat / streamBytes(20)).toBeGreaterThan(0.9);
  expect(seat / streamBytes(20)).toBeLessThan(2.5);
  expect(slice / streamBytes(20)).toBeLessThan(0.3);
  world.trackerHost.die();
  world.clock.runUntil(60_000);
  const [lateSeat, lateSlice] = bytesBy();
  expect((lateSeat - seat) / streamBytes(20)).toBeLessThan(0.3);
  expect((lateSlice - slice) / streamBytes(20)).toBeGreaterThan(0.5);
});

it("keeps eight playing who all join at once where the origin carries two, and starts them sooner", { timeout: 60_000 }, () => {
  const flash = { ...options, scenario: "flash", peers: 8, seconds: 60 } as const;
  const plain = simulate({ ...flash, delivery: "origin" }).result;
  expect(plain.stallRatio).toBeGreaterThan(0.5);
  for (const seed of [1, 2, 3]) {
    const { result } = simulate({ ...flash, seed });
    expect(result.stallRatio).toBe(0);
    expect(result.startupMsP95).toBeLessThan(plain.startupMsP50 / 2);
    expect(result.originCopies.steady).toBeLessThan(1.3);
  }
});

it("goes on without a stall when every other viewer leaves at once, without a word", { timeout: 60_000 }, () => {
  const { result } = simulate({ ...options, scenario: "half-leave", peers: 60, ri: 2, seconds: 80 });
  expect(result.stallRatio).toBe(0);
});

it("finds a viewer that waits for ever", () => {
  const world = small();
  world.clock.in(12_000, () => {
    for (const member of world.present) if (member instanceof Viewer) member.handle = () => {};
  });
  expect(() => {
    for (let s = 1; s < 80; s++) {
      world.clock.runUntil(s * 1000);
      world.checker.liveness(world.present);
    }
  }).toThrow("has waited");
});
