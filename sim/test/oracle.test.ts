import { expect, it } from "vitest";
import { oracleCopies, oracleOffload } from "../src/oracle.js";

const viewer = (index: number, joinedS: number, upBps: number, goneS = Infinity) => ({ index, joinedMs: joinedS * 1000, goneMs: goneS * 1000, upBps });
const need = (viewerIndex: number, segment: string, fromS: number, dueS: number) => ({ viewer: viewerIndex, segment, bytes: 1_000_000, fromMs: fromS * 1000, dueMs: dueS * 1000 });

it("cannot spare a single viewer the origin", () => {
  expect(oracleOffload([need(0, "a", 0, 1), need(0, "b", 0, 5)], [viewer(0, 0, 1e9)], 10)).toBe(0);
});

it("gives a second viewer all that the first one has", () => {
  expect(oracleOffload([need(0, "a", 0, 1), need(1, "a", 5, 6)], [viewer(0, 0, 1e9), viewer(1, 5, 0)], 10)).toBe(0.5);
});

it("carries no more than the uplinks do in time", () => {
  // 4 Mbit in the two steps there are, of 8, of one half of what is played.
  const needs = [need(0, "a", 0, 1), need(1, "a", 5, 6)];
  expect(oracleOffload(needs, [viewer(0, 0, 2e6), viewer(1, 5, 0)], 10)).toBeCloseTo(0.25, 9);
});

it("knows that who has left gives nothing", () => {
  expect(oracleOffload([need(0, "a", 0, 1), need(1, "a", 5, 6)], [viewer(0, 0, 1e9, 3), viewer(1, 5, 0)], 10)).toBe(0);
});

const live = (upBps: number, hardNat: boolean) => ({ upBps, hardNat });

it("carries to all but one of a live stream's viewers what uplinks suffice for", () => {
  expect(oracleCopies([live(2, false), live(2, false), live(2, false)], 1)).toBe(2);
  expect(oracleCopies([live(0.5, false), live(0.5, true), live(0.5, false)], 1)).toBe(1.5);
});

it("connects no two hard NATs", () => {
  // Three behind hard NATs have uplinks for all, and reach nobody but the one who could carry half a stream to one of them.
  expect(oracleCopies([live(0.5, false), live(9, true), live(9, true), live(9, true)], 1)).toBe(1.5);
  expect(oracleCopies([live(9, true), live(9, true)], 1)).toBe(0);
});
