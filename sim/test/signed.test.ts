import { expect, it } from "vitest";
import { simulate } from "../src/simulate.js";

const options = { scenario: "polluters", peers: 60, seed: 5, delivery: "seats", ri: 1.2, seconds: 36, freeRiders: undefined, polluters: undefined, checkEvery: 500 } as const;

it("with the publisher's key one polluter in ten gets nothing played, nobody honest banned, and no question to the origin", { timeout: 120_000 }, () => {
  const { result } = simulate({ ...options, signed: true });
  expect(result.pollutedChunksPlayed).toBe(0);
  expect(result.honestBans).toBe(0);
  expect(result.bans).toBeGreaterThan(0);
  expect(result.continuityIndex).toBeGreaterThanOrEqual(0.999);
  expect(result.stallRatio).toBe(0);
  expect([result.originCopies.check, result.originCopies.settle]).toEqual([0, 0]);
  expect(result.signatures?.copies).toBeLessThan(0.1);
});

it("costs a live stream without polluters next to no offload", { timeout: 120_000 }, () => {
  const plain = simulate({ ...options, scenario: "live" }).result;
  const signed = simulate({ ...options, scenario: "live", signed: true }).result;
  expect(signed.offload).toBeGreaterThan(plain.offload - 0.03);
  expect(signed.controlRatio).toBeLessThan(plain.controlRatio + 0.001);
  expect(signed.continuityIndex).toBe(1);
});
