import { describe, expect, it } from "vitest";
import type { LoadedFragment, MediaRequest, Viewer } from "../src/contract.js";
import { goodputBps } from "../src/goodput.js";
import { figures, jainIndex, median, newcomerLeak } from "../src/result.js";

const segment = (sequence: number, level = 0): LoadedFragment => ({ path: `/l${level}/${sequence}.ts`, bytes: 100, level, sequence, atMs: 0 });

function viewer(id: string, loaded: readonly LoadedFragment[], more: Partial<Viewer["report"]> = {}): Viewer {
  const quiet = { startupMs: 500, stallMs: 0, stalls: [], ended: true, positionS: 0, latencyS: [], playedLevels: [], levelSwitches: 0,
    bandwidthEstimateMaxBps: 0, sentBytes: 0, receivedBytes: 0, channels: 0, arrivals: [], errors: [], own: null };
  return { id, report: { ...quiet, loaded, ...more } };
}

const fetched = (viewerId: string, ...fragments: LoadedFragment[]): MediaRequest[] =>
  fragments.map(({ path, bytes }) => ({ viewer: viewerId, path, bytes }));

describe("figures", () => {
  const stream = [segment(0), segment(1), segment(2), segment(3)];

  it("three viewers without peers cost three copies and offload nothing", () => {
    const result = figures({
      scenario: "s", player: "p",
      viewers: [viewer("1", stream), viewer("2", stream), viewer("3", stream)],
      requests: [...fetched("1", ...stream), ...fetched("2", ...stream), ...fetched("3", ...stream)],
    });
    expect(result).toMatchObject({ originCopies: 3, steadyCopies: 3, offload: 0, originBytes: 1200, jain: null });
    expect(result.offloadBound).toBeCloseTo(2 / 3, 4);
  });

  it("steady copies leave out each viewer's first segment", () => {
    const result = figures({
      scenario: "s", player: "p",
      viewers: [viewer("1", stream), viewer("2", stream)],
      requests: [...fetched("1", ...stream), ...fetched("2", segment(0))],
    });
    expect(result).toMatchObject({ originCopies: 1.25, steadyCopies: 1, offload: 0.375 });
  });

  it("the bandwidth test of the first segment belongs to the first segment", () => {
    const loaded = [segment(5, 0), segment(5, 2), segment(6, 2)];
    const result = figures({ scenario: "s", player: "p", viewers: [viewer("1", loaded)], requests: fetched("1", ...loaded) });
    expect(result).toMatchObject({ originCopies: 1, steadyCopies: 1, originBytes: 300 });
  });

  it("bytes of aborted requests count as origin bytes although nobody was handed them", () => {
    const result = figures({
      scenario: "s", player: "p",
      viewers: [viewer("1", stream)],
      requests: [...fetched("1", ...stream), { viewer: "1", path: "/l2/1.ts", bytes: 40 }],
    });
    expect(result.originCopies).toBe(1.1);
  });

  it("another viewer's copy of a first segment is not taken off twice", () => {
    const result = figures({
      scenario: "s", player: "p",
      viewers: [viewer("1", [segment(0), segment(1)]), viewer("2", [segment(1), segment(2)])],
      requests: [...fetched("1", segment(0), segment(1)), ...fetched("2", segment(1), segment(2))],
    });
    expect(result).toMatchObject({ originCopies: 1.3333, steadyCopies: 1 });
  });
});

describe("newcomerLeak", () => {
  it("counts segments that came from the origin, not spot checks of them", () => {
    const stream = [segment(0), segment(1), segment(2), segment(3)];
    const leak = newcomerLeak({
      scenario: "s", player: "p",
      viewers: [viewer("1", stream), viewer("2", stream)],
      requests: [...fetched("1", ...stream), ...fetched("2", segment(0), segment(2)), { viewer: "2", path: segment(3).path, bytes: 10 }],
    });
    expect(leak).toEqual({ segments: 1, bytes: 110 });
  });
});

describe("jainIndex", () => {
  it("is 1 for equal shares, 1/N for a lone giver, null for control alone", () => {
    expect(jainIndex([5e6, 5e6, 5e6])).toBe(1);
    expect(jainIndex([9e6, 0, 0])).toBeCloseTo(1 / 3, 4);
    expect(jainIndex([900, 900])).toBeNull();
  });
});

describe("median", () => {
  it("is the middle, or the mean of the two middle ones", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});

describe("goodputBps", () => {
  const arrivals = (times: readonly number[]) => times.map((atMs) => ({ atMs, bytes: 50_000 }));
  const steady = Array.from({ length: 100 }, (_, index) => index * 50);

  it("is the rate of a steady flow", () => {
    expect(goodputBps(arrivals(steady))).toBeCloseTo(8_000_000, -5);
  });

  it("leaves out pauses in which nothing was asked for", () => {
    const paused = steady.map((atMs) => (atMs < 2500 ? atMs : atMs + 10_000));
    expect(goodputBps(arrivals(paused))).toBeCloseTo(8_000_000, -5);
  });

  it("is 0 where nothing came", () => expect(goodputBps([])).toBe(0));
});
