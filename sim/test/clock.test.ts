import fc from "fast-check";
import { expect, it } from "vitest";
import { Clock } from "../src/clock.js";

it("runs tasks by time, and those of one moment in the order they came", () => {
  fc.assert(fc.property(fc.array(fc.nat(20), { maxLength: 200 }), (times) => {
    const clock = new Clock();
    const ran: [number, number][] = [];
    times.forEach((ms, i) => clock.in(ms, (nowMs) => ran.push([nowMs, i])));
    clock.runUntil(100);
    const wanted = times.map((ms, i): [number, number] => [ms, i]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    expect(ran).toEqual(wanted);
    expect(clock.nowMs).toBe(100);
  }));
});

it("leaves for later what is not due", () => {
  const clock = new Clock();
  const ran: number[] = [];
  clock.in(10, (nowMs) => {
    ran.push(nowMs);
    clock.in(10, (later) => ran.push(later));
  });
  clock.runUntil(15);
  expect(ran).toEqual([10]);
  clock.runUntil(20);
  expect(ran).toEqual([10, 20]);
});
