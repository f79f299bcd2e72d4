import { SHORT, WHOLE_STREAM } from "../buffers.js";
import { expect, test } from "../fixtures.js";

test("viewers of different levels are one swarm, and who switches gets the new level from peers", async ({ open }) => {
  const high = await open();
  await high.play("/vod-15/master.m3u8", { level: 1, hls: WHOLE_STREAM });
  await high.handed(15);
  const low = await open();
  await low.play("/vod-15/master.m3u8", { level: 0, hls: SHORT });
  await low.neighbours(1);
  await low.reaches(1);
  await low.page.evaluate(() => void (viewer.players[0]!.hls.nextLevel = 1));
  await expect.poll(async () => (await low.report()).handed.filter(({ level }) => level === 1).length).toBeGreaterThanOrEqual(3);
  const atLevel1 = (await low.page.evaluate(() => viewer.segments)).filter(({ url }) => url.includes("/level1/"));
  const fromPeers = atLevel1.reduce((bytes, segment) => bytes + segment.peerBytes + segment.storeBytes, 0);
  const fromOrigin = atLevel1.reduce((bytes, segment) => bytes + segment.originBytes, 0);
  expect(fromPeers).toBeGreaterThan(fromOrigin);
  expect(await low.page.evaluate(() => viewer.lost)).toEqual([]);
  expect((await low.stats()).neighbours).toBe(1);
});

test("switches up and down play on, and a level that was seen before comes from the store", async ({ open, origin }) => {
  const viewer = await open();
  await viewer.play("/vod-10/master.m3u8", { level: 0, hls: WHOLE_STREAM });
  await viewer.handed(10);
  for (const level of [2, 0, 1, 0]) {
    const position = await viewer.positionS();
    await viewer.page.evaluate((to) => void (globalThis.viewer.players[0]!.hls.currentLevel = to), level);
    await viewer.reaches(position + 1);
    await expect.poll(async () => (await viewer.report()).level).toBe(level);
  }
  const lowest = origin.log().filter(({ path }) => path.includes("/level0/seg"));
  expect(lowest.length).toBe(10);
  expect((await viewer.report()).fatalErrors).toEqual([]);
});
