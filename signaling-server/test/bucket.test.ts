import { expect, it } from "vitest";
import { TokenBucket } from "../src/bucket.js";
import { Fifo } from "../src/fifo.js";

it("a bucket gives its burst, then its rate, and never saves more than the burst", () => {
  const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, 0);
  const take = (count: number, nowMs: number) => Array.from({ length: count }, () => bucket.take(nowMs)).filter(Boolean).length;
  expect(take(5, 0)).toBe(3);
  expect(take(5, 499)).toBe(0);
  expect(take(5, 500)).toBe(1);
  expect(take(9, 3_600_000)).toBe(3);
});

it("a bucket gains nothing from a clock that steps back", () => {
  const bucket = new TokenBucket({ burst: 1, perSecond: 1 }, 10_000);
  expect(bucket.take(10_000)).toBe(true);
  expect(bucket.take(0)).toBe(false);
  expect(bucket.take(10_500)).toBe(false);
  expect(bucket.take(11_000)).toBe(true);
});

it("a queue gives back what it got, in order, and keeps nothing", () => {
  const queue = new Fifo<number>();
  for (let i = 0; i < 1000; i += 1) {
    queue.push(i);
    queue.push(-i);
    expect(queue.peek()).toBeDefined();
    queue.shift();
  }
  expect(queue.size).toBe(1000);
  for (let last = queue.shift(); last !== undefined; last = queue.shift()) expect(last).toBeTypeOf("number");
  expect(queue.size).toBe(0);
  expect(queue.peek()).toBeUndefined();
});
