import { SHORT, WHOLE_STREAM } from "../buffers.js";
import { expect, note, test } from "../fixtures.js";
import { fetchCauses, originCopies } from "../origin-copies.js";

test("a tab killed in mid-transfer is not missed", async ({ open }) => {
  const [killed, other, late] = [await open(), await open(), await open()];
  for (const full of [killed, other]) {
    await full.play("/vod-30/level2.m3u8", { hls: WHOLE_STREAM });
    await full.handed(30);
  }
  const { peer } = await killed.playerStats();
  await late.play("/vod-30/level2.m3u8");
  await late.page.waitForFunction((id) => viewer.stats().players[0]?.neighbours.some((n) => n.peer === id && n.downloadedBytes > 0), peer);
  const before = await late.playerStats();
  await killed.kill();
  const positionS = await late.positionS();
  await late.reaches(positionS + 5);
  await expect.poll(async () => (await late.playerStats()).neighbours.map((neighbour) => neighbour.peer)).not.toContain(peer);
  expect((await late.playerStats()).peerBytes).toBeGreaterThan(before.peerBytes);
  for (const viewer of [other, late]) expect((await viewer.report()).stallMs, viewer.name).toBe(0);
});

test("a tracker killed in mid-play leaves the swarm as it is", async ({ open, signaling }) => {
  const first = await open();
  await first.play("/vod-20/level1.m3u8", { hls: SHORT });
  await first.reaches(4);
  const second = await open();
  await second.play("/vod-20/level1.m3u8", { hls: SHORT });
  await second.neighbours(1);
  await second.reaches(1);
  await signaling.close();
  await expect.poll(async () => (await second.playerStats()).tracker).toBe("down");
  const before = await second.playerStats();
  await second.reaches(8);
  const after = await second.playerStats();
  expect(after.peerBytes).toBeGreaterThan(before.peerBytes);
  expect(after.mode).toBe("p2p");
  expect(after.neighbours.length).toBe(1);
  expect((await second.report()).stallMs).toBe(0);
});

test("with the tracker down from the start a stream plays like plain hls.js", async ({ open, origin, signaling }) => {
  await signaling.close();
  const viewer = await open();
  await viewer.play("/vod-5/level0.m3u8");
  await viewer.reaches(3);
  await viewer.handed(5);
  await expect.poll(async () => (await viewer.playerStats()).mode).toBe("origin-only");
  const { reason, tracker } = await viewer.playerStats();
  expect(reason).toContain("tracker-down");
  expect(tracker).toBe("down");
  expect(origin.log().filter(({ path }) => path.endsWith(".ts")).length).toBe(5);
  const { fatalErrors, stallMs } = await viewer.report();
  expect(fatalErrors).toEqual([]);
  expect(stallMs).toBe(0);
});

test("without WebRTC a stream plays like plain hls.js", async ({ open, origin }) => {
  const viewer = await open({
    before: () => {
      Reflect.deleteProperty(globalThis, "RTCPeerConnection");
      Reflect.deleteProperty(globalThis, "webkitRTCPeerConnection");
    },
  });
  await viewer.play("/vod-5/level0.m3u8");
  await viewer.reaches(3);
  const { mode, reason } = await viewer.playerStats();
  expect(mode).toBe("origin-only");
  expect(reason).toBeTruthy();
  expect(await viewer.page.evaluate(() => Shoal.isSupported())).toBe(false);
  expect((await viewer.page.evaluate(() => globalThis.viewer.open())).sockets).toBe(0);
  expect(origin.log().filter(({ path }) => path.endsWith(".ts")).length).toBe(5);
});

test("while the origin is dead for 10 s a viewer plays on from peers", async ({ open, origin }) => {
  const full = await open();
  await full.play("/vod-20/level1.m3u8", { hls: WHOLE_STREAM });
  await full.handed(20);
  const late = await open();
  await late.play("/vod-20/level1.m3u8", { hls: SHORT });
  await late.neighbours(1);
  await late.reaches(1);
  origin.set({ isDown: true });
  await late.seek(20);
  await late.reaches(30);
  origin.set({ isDown: false });
  const { fatalErrors, stallMs } = await late.report();
  expect(fatalErrors).toEqual([]);
  expect(stallMs).toBe(0);
  await late.reaches(32);
});

test.describe("an origin without Range", () => {
  test.use({ originConfig: { acceptsRange: false } });

  test("serves a swarm all the same", async ({ open, origin }) => {
    const viewers = [await open(), await open(), await open()];
    for (const viewer of viewers) {
      await viewer.play("/vod-8/level1.m3u8");
      await viewer.reaches(0.5);
    }
    for (const viewer of viewers) await viewer.handed(8);
    const copies = await originCopies(viewers, origin);
    note("copies", { ...copies, viewers: await fetchCauses(viewers) });
    // Without Shoal 3; a chunk cannot be checked without its whole segment.
    expect(copies.steady).toBeLessThanOrEqual(2);
    for (const viewer of viewers) expect((await viewer.report()).stallMs, viewer.name).toBe(0);
  });
});
