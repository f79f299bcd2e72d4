import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Uplink } from "../src/protocol/uplink.js";
import { World } from "./world.js";
import { Stream } from "./world-stream.js";

const CHUNK = 16_384;
/** Headers of a full chunk (FACTS). */
const OVERHEAD = 1.085;

/** A line that carries so much payload, always asked for more; what it was given, by time. */
class Line {
  readonly given: { readonly atMs: number; readonly heldBytes: number }[] = [];
  nowMs = 1_000;
  #heldBytes = 0;
  /** Of the chunk at the front. */
  #leftMs = 0;

  constructor(readonly uplink: Uplink, public bps: number) {}

  run(seconds: number): this {
    for (const endMs = this.nowMs + seconds * 1_000; this.nowMs < endMs; this.nowMs++) {
      if (this.#heldBytes > 0 && --this.#leftMs <= 0) {
        this.#heldBytes -= CHUNK;
        this.uplink.drained(CHUNK, this.nowMs);
        if (this.#heldBytes > 0) this.#leftMs += this.#chunkMs;
      }
      while (this.uplink.hasRoom(this.#heldBytes, this.nowMs)) {
        if (this.#heldBytes === 0) this.#leftMs = this.#chunkMs;
        this.#heldBytes += CHUNK;
        this.uplink.sent(CHUNK, this.nowMs);
        this.given.push({ atMs: this.nowMs, heldBytes: this.#heldBytes });
      }
    }
    return this;
  }

  get #chunkMs(): number {
    return (CHUNK * 8_000) / this.bps;
  }

  /** bit/s handed over since then. */
  since(fromMs: number): number {
    return (this.given.filter(({ atMs }) => atMs >= fromMs).length * CHUNK * 8_000) / (this.nowMs - fromMs);
  }
}

describe("Uplink (SYSTEMS ZA5)", () => {
  test("128 KiB are a probe: how fast they drain is the first estimate", () => {
    const uplink = new Uplink();
    const line = new Line(uplink, 4e6);
    line.run(0.001);
    expect(line.given).toHaveLength(8);
    expect(uplink.bps).toBe(0);
    line.run(0.1);
    expect(uplink.bps / 4e6).toBeCloseTo(1, 1);
  });

  test("a line is used, and seldom more handed to it than the chunk that it sends", () => {
    const line = new Line(new Uplink(), 4e6).run(5);
    const fromMs = line.nowMs;
    line.run(20);
    expect(line.since(fromMs) / 4e6).toBeGreaterThan(0.94);
    const later = line.given.filter(({ atMs }) => atMs >= fromMs);
    expect(later.filter(({ heldBytes }) => heldBytes > CHUNK).length / later.length).toBeLessThan(0.2);
  });

  test("a line that has become slower lowers it, and one that has become faster again raises it: doubling, then linearly", () => {
    const uplink = new Uplink();
    const line = new Line(uplink, 8e6).run(5);
    line.bps = 1e6;
    line.run(30);
    expect(uplink.bps / 1e6).toBeCloseTo(1, 1);
    line.bps = 8e6;
    const estimates = Array.from({ length: 60 }, () => (line.run(1), uplink.bps));
    expect(estimates.at(-1)! / 8e6).toBeGreaterThan(0.9);
    estimates.forEach((bps, i) => expect(bps).toBeLessThanOrEqual(2.01 * (estimates[i - 1] ?? 1e6)));
  });

  test("with a cap no five seconds carry more than it, headers included, and where there is demand they carry nine tenths of it", () => {
    fc.assert(fc.property(fc.integer({ min: 600_000, max: 20_000_000 }), fc.constantFrom(1.5, 4, 20), (capBps, ample) => {
      const line = new Line(new Uplink(capBps), capBps * ample).run(20);
      for (let fromMs = 2_000; fromMs + 5_000 <= line.nowMs; fromMs += 250) {
        const bps = (line.given.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + 5_000).length * CHUNK * 8 * OVERHEAD) / 5;
        expect(bps).toBeLessThanOrEqual(1.05 * capBps);
        expect(bps).toBeGreaterThanOrEqual(0.9 * capBps);
      }
    }), { numRuns: 30 });
  });
});

describe("maxUploadBps", () => {
  test("holds from the first chunk on, for all neighbours together, whatever they ask for", () => {
    const stream = new Stream();
    const world = new World([stream], 3);
    const capBps = 2e6;
    const first = world.join({ maxUploadBps: capBps, uplinkBps: 50e6, goalS: 60 });
    world.run(20);
    for (let i = 0; i < 6; i++) world.join({ serves: false });
    world.run(40);
    const sent = first.sent.filter(({ message }) => message.type === "DATA");
    const bitsIn = (fromMs: number): number => sent.reduce((sum, { message, atMs }) => sum + (message.type === "DATA" && atMs >= fromMs && atMs < fromMs + 5_000 ? 8 * OVERHEAD * message.payload.length : 0), 0);
    const rates = Array.from({ length: 160 }, (_, i) => bitsIn(20_000 + 250 * i) / 5);
    expect(Math.max(...rates)).toBeLessThanOrEqual(1.05 * capBps);
    expect(Math.max(...rates)).toBeGreaterThanOrEqual(0.9 * capBps);
  });
});
