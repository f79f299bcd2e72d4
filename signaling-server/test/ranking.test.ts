import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ranking } from "../src/ranking.js";

describe("Ranking", () => {
  it("keeps any sequence of growing and shrinking in order", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ item: fc.nat(7), grows: fc.boolean() }), { maxLength: 200 }), (steps) => {
        const ranking = new Ranking<{ size: number }>();
        const items = Array.from({ length: 8 }, () => ({ size: 0 }));
        for (const { item: index, grows } of steps) {
          const item = items[index];
          if (item === undefined || (item.size === 0 && !grows)) continue;
          item.size += grows ? 1 : -1;
          if (grows) ranking.grown(item);
          else ranking.shrunk(item);
          const sizes = ranking.top(100).map((each) => each.size);
          expect(sizes).toEqual(items.map((each) => each.size).filter((size) => size > 0).sort((a, b) => b - a));
        }
      }),
    );
  });
});
