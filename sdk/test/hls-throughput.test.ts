import type { LoaderStats } from "hls.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Throughput } from "../src/hls/throughput.js";
import type { Delivery } from "../src/protocol/contract.js";
import { BITRATES, player } from "./hls-abr.js";

const SEGMENT_S = 4;
const MBPS = 1_000_000;

function freshStats(): LoaderStats {
  return {
    aborted: false, loaded: 0, retry: 0, total: 0, chunkCount: 0, bwEstimate: 0,
    loading: { start: 0, first: 0, end: 0 }, parsing: { start: 0, end: 0 }, buffering: { start: 0, first: 0, end: 0 },
  };
}

function delivery(over: Partial<Delivery>): Delivery {
  return { originBytes: 0, peerBytes: 0, storeBytes: 0, wantedMs: 0, firstByteMs: 0, completeMs: 0, throughputBps: 0, originTtfbMs: 0, ...over };
}

beforeEach(() => {
  vi.stubGlobal("self", globalThis);
  vi.useFakeTimers({ now: 0 });
  vi.advanceTimersByTime(5_000);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("honest statistics, as hls.js's own AbrController reads them", () => {
  it("a store hit gives the measured throughput, not an instant", () => {
    const world = player({ level: 1 });
    for (let i = 0; i < 10; i++) {
      const stats = world.load(1);
      const now = performance.now();
      new Throughput(stats, now).complete(delivery({ storeBytes: 750_000, wantedMs: now, firstByteMs: now, completeMs: now, throughputBps: 4 * MBPS, originTtfbMs: 20 }), { loadedBytes: 750_000, nowMs: now, presentBps: 500_000 });
      world.loaded();
    }
    expect(world.estimateBps()).toBeGreaterThan(3.5 * MBPS);
    expect(world.estimateBps()).toBeLessThanOrEqual(4.001 * MBPS);
  });

  it("waiting for neighbours does not lower the estimate", () => {
    const world = player({ level: 1 });
    for (let i = 0; i < 10; i++) {
      const stats = world.load(1);
      const wantedMs = performance.now();
      const throughput = new Throughput(stats, wantedMs);
      vi.advanceTimersByTime(9_000);
      const now = performance.now();
      throughput.complete(delivery({ peerBytes: 750_000, wantedMs, firstByteMs: now - 100, completeMs: now, throughputBps: 4 * MBPS, originTtfbMs: 20 }), { loadedBytes: 750_000, nowMs: now, presentBps: 500_000 });
      world.loaded();
    }
    expect(world.estimateBps()).toBeGreaterThan(3.5 * MBPS);
  });

  it.each([0.5, 1, 4, 20, 200])("the sample of a %f Mb/s line is never above what was measured", (mbps) => {
    const world = player({ level: 1 });
    for (let i = 0; i < 20; i++) {
      const stats = world.load(1);
      const now = performance.now();
      new Throughput(stats, now).complete(delivery({ peerBytes: 750_000, wantedMs: now, firstByteMs: now, completeMs: now + 1, throughputBps: mbps * MBPS, originTtfbMs: 80 }), { loadedBytes: 750_000, nowMs: now, presentBps: 500_000 });
      world.loaded();
    }
    expect(world.estimateBps()).toBeLessThanOrEqual(mbps * MBPS * 1.0001);
  });

  it.each([
    ["from the store", { storeBytes: 40_000, firstByteMs: 5_000, completeMs: 5_000 }],
    ["at once from a neighbour", { peerBytes: 40_000, firstByteMs: 5_000, completeMs: 5_001 }],
  ])("with nothing measured, a segment %s teaches nothing", (_how, over) => {
    const world = player({ level: 1 });
    const stats = world.load(1);
    new Throughput(stats, 5_000).complete(delivery({ wantedMs: 5_000, ...over }), { loadedBytes: 40_000, nowMs: 5_000, presentBps: 500_000 });
    world.loaded();
    expect(world.estimateBps()).toBeLessThanOrEqual(500_001);
  });

  it("with nothing measured it tells the real times", () => {
    const stats = freshStats();
    const throughput = new Throughput(stats, 5_000);
    throughput.complete(delivery({ originBytes: 100_000, wantedMs: 5_000, firstByteMs: 5_050, completeMs: 5_850 }), { loadedBytes: 100_000, nowMs: 5_850, presentBps: 500_000 });
    expect(stats.loading).toEqual({ start: 5_000, first: 5_050, end: 5_850 });
  });
});

describe("the abandon rule of hls.js's own AbrController", () => {
  it("does not fire while Shoal waits for neighbours with media in the buffer", () => {
    const world = player({ level: 2, bufferS: 12 });
    world.learn(5 * MBPS);
    const stats = world.load(2);
    const throughput = new Throughput(stats, performance.now());
    // Neighbours trickle: 1 % of the segment in 8 s.
    for (let ms = 0; ms <= 8_000; ms += 250) {
      throughput.observe({ nowMs: performance.now(), loadedBytes: ms, totalBytes: bytesOf(2), lineBound: false });
      vi.advanceTimersByTime(250);
      world.bufferS = 12 - ms / 1000;
    }
    expect(world.abandoned).toBe(false);
    expect(world.estimateBps()).toBeGreaterThan(4 * MBPS);
  });

  it("does fire when the line itself has become too slow", () => {
    const world = player({ level: 2, bufferS: 8 });
    world.learn(5 * MBPS);
    const stats = world.load(2);
    const throughput = new Throughput(stats, performance.now());
    // The origin gives 0.6 Mb/s where the level needs 3.
    for (let ms = 0; ms <= 6_000 && !world.abandoned; ms += 250) {
      throughput.observe({ nowMs: performance.now(), loadedBytes: (ms * 600) / 8, totalBytes: bytesOf(2), lineBound: true });
      vi.advanceTimersByTime(250);
      world.bufferS = Math.max(0, 8 - ms / 1000);
    }
    expect(world.abandoned).toBe(true);
  });

  it("fires no later than for a plain download when a wait is followed by a slow line", () => {
    const world = player({ level: 2, bufferS: 12 });
    world.learn(5 * MBPS);
    const stats = world.load(2);
    const throughput = new Throughput(stats, performance.now());
    let loadedBytes = 0;
    const step = (lineBound: boolean): void => {
      throughput.observe({ nowMs: performance.now(), loadedBytes, totalBytes: bytesOf(2), lineBound });
      vi.advanceTimersByTime(250);
    };
    for (let ms = 0; ms < 6_000; ms += 250) step(false);
    expect(world.abandoned).toBe(false);
    world.bufferS = 6;
    let slowMs = 0;
    while (!world.abandoned && slowMs < 6_000) {
      step(true);
      slowMs += 250;
      loadedBytes += (250 * 600) / 8;
      world.bufferS -= 0.25;
    }
    // A plain download would be judged from half of the segment's duration on.
    expect(slowMs).toBeLessThanOrEqual(SEGMENT_S * 500 + 500);
  });

  it("a line that is fast enough is not abandoned because neighbours gave the first bytes slowly", () => {
    const world = player({ level: 2, bufferS: 10 });
    world.learn(5 * MBPS);
    const stats = world.load(2);
    const throughput = new Throughput(stats, performance.now());
    let loadedBytes = 0;
    for (let ms = 0; ms < 6_000; ms += 250) {
      throughput.observe({ nowMs: performance.now(), loadedBytes, totalBytes: bytesOf(2), lineBound: false });
      vi.advanceTimersByTime(250);
      loadedBytes += 1_000;
    }
    world.bufferS = 3.5;
    while (loadedBytes < bytesOf(2)) {
      throughput.observe({ nowMs: performance.now(), loadedBytes, totalBytes: bytesOf(2), lineBound: true });
      vi.advanceTimersByTime(250);
      loadedBytes += (250 * 5_000) / 8;
      world.bufferS -= 0.25;
    }
    expect(world.abandoned).toBe(false);
  });
});

const bytesOf = (level: number): number => (BITRATES[level]! * SEGMENT_S) / 8;
