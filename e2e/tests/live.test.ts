import { expect, note, test } from "../fixtures.js";
import { fetchCauses, originCopies } from "../origin-copies.js";
import type { Viewer } from "../viewer.js";

test.use({ originConfig: { segmentS: 4, shaping: { clientBps: 12_000_000, latencyMs: 20 } } });

/** Longest that a live test watches, s of media past the last join. */
const WATCH_S = 12;

for (const count of [3, 6]) {
  test(`${count} tabs of a live stream share it`, async ({ open, origin }) => {
    const viewers: Viewer[] = [];
    for (let index = 0; index < count; index++) viewers.push(await open());
    for (const viewer of viewers) {
      await viewer.play("/live-w8/level1.m3u8", { hls: { liveSyncDurationCount: 3 } });
      await expect.poll(() => viewer.positionS()).toBeGreaterThan(0);
    }
    const joinedS = await viewers.at(-1)?.positionS() ?? 0;
    await viewers.at(-1)?.reaches(joinedS + WATCH_S);
    for (const viewer of viewers) expect((await viewer.report()).stallMs, viewer.name).toBe(0);
    const copies = await originCopies(viewers, origin);
    note("copies", { ...copies, viewers: await fetchCauses(viewers) });
    expect(copies.steady).toBeLessThanOrEqual(count === 3 ? 1.3 : 1.5);
  });
}
