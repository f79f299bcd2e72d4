import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { fairShares } from "../fair-shares.js";
import { createPacer, type Pacer } from "../pacer.js";

let pacer: Pacer;

beforeEach(() => {
  vi.useFakeTimers({ now: 0, toFake: ["setTimeout", "clearTimeout", "Date"] });
  pacer = createPacer(() => Date.now());
});
afterEach(() => {
  vi.useRealTimers();
});

/** Sends `bytes` as fast as the pacer lets it and returns when the last of them went, ms. */
async function send(viewer: string, bytes: number, transferBps?: number): Promise<number> {
  const transfer = pacer.open(viewer, transferBps);
  for (let left = bytes; left > 0; ) left -= await transfer.take(left);
  transfer.close();
  return Date.now();
}

test("one transfer runs at the client's rate", async () => {
  pacer.setRates({ clientBps: 8_000_000 });
  const done = send("a", 1_000_000);
  await vi.runAllTimersAsync();
  expect(Math.abs((await done) - 1000)).toBeLessThanOrEqual(20);
});

test("a client's parallel transfers share its rate, another client has its own", async () => {
  pacer.setRates({ clientBps: 8_000_000 });
  const done = Promise.all([send("a", 500_000), send("a", 500_000), send("b", 1_000_000)]);
  await vi.runAllTimersAsync();
  for (const endMs of await done) expect(Math.abs(endMs - 1000)).toBeLessThanOrEqual(20);
});

test("the origin's own rate is shared fairly by all clients", async () => {
  pacer.setRates({ clientBps: 8_000_000, globalBps: 4_000_000 });
  const done = Promise.all(["a", "b", "c", "d"].map((viewer) => send(viewer, 250_000)));
  await vi.runAllTimersAsync();
  for (const endMs of await done) expect(Math.abs(endMs - 2000)).toBeLessThanOrEqual(40);
});

test("a slow transfer slows itself only", async () => {
  pacer.setRates({ clientBps: 8_000_000 });
  const [slow, quick] = [send("a", 100_000, 400_000), send("a", 500_000)];
  await vi.runAllTimersAsync();
  expect(Math.abs((await slow) - 2000)).toBeLessThanOrEqual(20);
  expect(await quick).toBeLessThanOrEqual(560);
});

test("an idle line does not save up a burst", async () => {
  pacer.setRates({ clientBps: 8_000_000 });
  const first = send("a", 10_000);
  await vi.runAllTimersAsync();
  await first;
  await vi.advanceTimersByTimeAsync(60_000);
  const startMs = Date.now();
  const second = send("a", 100_000);
  await vi.runAllTimersAsync();
  expect((await second) - startMs).toBeGreaterThanOrEqual(80);
});

test("without rates nothing waits, and a closed transfer gets nothing", async () => {
  const transfer = pacer.open("a");
  expect(await transfer.take(1000)).toBe(1000);
  transfer.close();
  expect(await transfer.take(1000)).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("fair shares give nobody more than it wants and leave nothing that somebody wants", () => {
  expect(fairShares(100, [10, 200, 200])).toEqual([10, 45, 45]);
  expect(fairShares(100, [10, 20])).toEqual([10, 20]);
  expect(fairShares(0, [10])).toEqual([0]);
  expect(fairShares(2, [5, 5, 5])).toEqual([0, 1, 1]);
});
