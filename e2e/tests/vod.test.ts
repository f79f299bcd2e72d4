import { expect, note, test } from "../fixtures.js";
import { fetchCauses, originCopies } from "../origin-copies.js";

test.use({ originConfig: { segmentS: 4, shaping: { clientBps: 12_000_000, latencyMs: 20 } } });

test("three tabs that join a VoD one after the other need one copy of it", async ({ open, origin }) => {
  const viewers = [];
  for (let count = 0; count < 3; count++) {
    const viewer = await open();
    await viewer.play("/vod-7/level2.m3u8");
    await viewer.reaches(1);
    viewers.push(viewer);
  }
  for (const viewer of viewers) await viewer.handed(7);
  const copies = await originCopies(viewers, origin);
  note("copies", { ...copies, viewers: await fetchCauses(viewers) });
  expect(copies.steady).toBeLessThanOrEqual(1.1);
  for (const viewer of viewers) expect((await viewer.report()).stallMs).toBe(0);
});
