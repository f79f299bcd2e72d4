import { SHORT, WHOLE_STREAM } from "../buffers.js";
import { expect, note, test } from "../fixtures.js";

test("seeking back into what is stored asks the origin for nothing", async ({ open, origin }) => {
  const viewer = await open();
  await viewer.play("/vod-20/level0.m3u8", { hls: SHORT });
  await viewer.reaches(3);
  await viewer.seek(30);
  await viewer.reaches(32);
  const before = origin.log().length;
  const { handed } = await viewer.report();
  await viewer.seek(0.5);
  await viewer.reaches(1.5);
  const again = (await viewer.report()).handed.slice(handed.length).map(({ path }) => path);
  expect(again).toContain("/vod-20/level0/seg0.ts");
  const stored = new Set(handed.map(({ path }) => path));
  expect(origin.log().slice(before).filter(({ path }) => stored.has(path))).toEqual([]);
});

test("seeking to and fro plays on, from peers", async ({ open, origin }) => {
  const full = await open();
  await full.play("/vod-20/level1.m3u8", { hls: WHOLE_STREAM });
  await full.handed(20);
  const viewer = await open();
  await viewer.play("/vod-20/level1.m3u8", { hls: SHORT });
  await viewer.neighbours(1);
  await viewer.reaches(0.5);
  const before = origin.log().length;
  for (const positionS of [30, 9, 36, 2]) {
    await viewer.seek(positionS);
    await viewer.reaches(positionS + 1);
  }
  const bytes = origin.log().slice(before).reduce((sum, entry) => sum + entry.bytesSent, 0);
  note("origin bytes after seeks", bytes);
  expect((await viewer.playerStats()).peerBytes).toBeGreaterThan(bytes);
  expect((await viewer.report()).fatalErrors).toEqual([]);
});
