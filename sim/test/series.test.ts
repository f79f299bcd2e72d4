import { expect, it } from "vitest";
import type { Result } from "../src/result.js";
import { seriesTable, spreads } from "../src/series.js";

const result = (offload: number, rescue: number): Result => ({ scenario: "live", seed: 1, offload, originCopies: { rescue }, outcasts: null }) as unknown as Result;

it("gives mean, least and most of every figure, also of those in tables", () => {
  const found = spreads([result(0.9, 4), result(0.96, 1), result(0.93, 1)]);
  expect(found.get("offload")).toEqual({ mean: expect.closeTo(0.93, 9) as number, least: 0.9, most: 0.96 });
  expect(found.get("originCopies: rescue")).toEqual({ mean: 2, least: 1, most: 4 });
  expect([...found.keys()]).toEqual(["seed", "offload", "originCopies: rescue"]);
});

it("shows the spread, where there is one", () => {
  expect(seriesTable([result(0.9, 4), result(0.96, 4)])).toBe("offload               0.93  (0.9 to 0.96)\noriginCopies: rescue  4");
});
