import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rate, RoundTrip } from "../src/protocol/estimator.js";

describe("Round trip (RFC 6298, SYSTEMS QQ4)", () => {
  test("2 s before the first sample", () => {
    expect(new RoundTrip().timeoutMs).toBe(2_000);
  });

  test("section 2.2: the first sample gives srtt = R and rttvar = R / 2", () => {
    const rtt = new RoundTrip();
    rtt.sample(600);
    expect(rtt.srttMs).toBe(600);
    expect(rtt.timeoutMs).toBe(600 + 4 * 300);
  });

  test("section 2.3: variance is updated before the mean", () => {
    const rtt = new RoundTrip();
    rtt.sample(600);
    rtt.sample(1_400);
    expect(rtt.srttMs).toBe(700);
    expect(rtt.timeoutMs).toBe(700 + 4 * (300 + (800 - 300) / 4));
  });

  test("section 5.5: doubles with each time-out in a row, eight times at most, until DATA comes", () => {
    const rtt = new RoundTrip();
    rtt.sample(200);
    const timeouts = Array.from({ length: 5 }, () => {
      rtt.timedOut();
      return rtt.timeoutMs;
    });
    expect(timeouts).toEqual([3_000, 6_000, 8_000, 8_000, 8_000]);
    rtt.sample(200);
    expect(rtt.timeoutMs).toBe(1_500);
  });

  test("never under a second and a half nor over eight", () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.constant("lost" as const), fc.integer({ min: 1, max: 60_000 })), { maxLength: 50 }), (events) => {
      const rtt = new RoundTrip();
      for (const e of events) {
        if (e === "lost") rtt.timedOut();
        else rtt.sample(e);
        expect(rtt.timeoutMs).toBeGreaterThanOrEqual(1_500);
        expect(rtt.timeoutMs).toBeLessThanOrEqual(8_000);
      }
    }));
  });

  test("remembers the shortest time seen", () => {
    const rtt = new RoundTrip();
    expect(rtt.minMs).toBe(0);
    for (const ms of [80, 30, 200]) rtt.sample(ms);
    expect(rtt.minMs).toBe(30);
  });
});

describe("Rate", () => {
  test("nothing measured is 0", () => {
    expect(new Rate().bps()).toBe(0);
  });

  test("a steady rate is measured exactly", () => {
    const rate = new Rate();
    for (let i = 0; i < 20; i++) rate.sample(16_384, 16.384);
    expect(rate.bps()).toBeCloseTo(8_000_000, 3);
  });

  test("what lies 3 s back counts half", () => {
    const rate = new Rate();
    rate.sample(3_000_000, 3_000);
    rate.sample(0, 3_000);
    expect(rate.bps()).toBeCloseTo((1_500_000 * 8_000) / 4_500, 3);
  });

  test("falls while something is due and nothing comes", () => {
    const rate = new Rate();
    rate.sample(1_000_000, 1_000);
    expect(rate.bps(1_000)).toBeCloseTo(rate.bps() / 2, 3);
  });
});
