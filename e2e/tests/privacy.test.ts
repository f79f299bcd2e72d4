import { SHORT, WHOLE_STREAM } from "../buffers.js";
import { expect, test } from "../fixtures.js";
import type { Viewer } from "../viewer.js";

const STREAM = "/vod-8/level0.m3u8";

/** What the page sends to the signaling server from now on. */
function framesSent(viewer: Viewer): string[] {
  const frames: string[] = [];
  viewer.page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => frames.push(String(payload))));
  return frames;
}

/** Lines of ICE candidates, whether alone or in a description. */
const candidates = (frames: readonly string[]): string[] => frames.flatMap((frame) => frame.match(/candidate:[^"\\]+/g) ?? []);

/** Addresses but those that browsers put in the place of one. */
const addresses = (text: string): string[] => (text.match(/\b\d{1,3}(?:\.\d{1,3}){3}\b|[\w-]+\.local\b/g) ?? []).filter((address) => !["127.0.0.1", "0.0.0.0"].includes(address));

test("without consent no socket and no connection is opened, and the stream plays", async ({ open, signaling, site }) => {
  site.answer("/asking.html", () => `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">
    <script src="/hls.js/hls.min.js"></script><script src="/page/viewer.js"></script><script>viewer.record();</script>
    <script src="/sdk/shoal.min.js"></script><script>
    function play(src, agrees) {
      shoal = new Shoal({ tracker: ${JSON.stringify(signaling.url)}, consent: async () => agrees });
      viewer.listen(shoal);
      viewer.start({ src, hls: shoal.hlsConfig() });
    }</script>`);
  const [seeder, refusing, agreeing] = [await open(), await open({ path: "/asking.html" }), await open({ path: "/asking.html" })];
  await seeder.play(STREAM, { hls: WHOLE_STREAM });
  await seeder.handed(8);
  for (const [viewer, agrees] of [[refusing, false], [agreeing, true]] as const) {
    await viewer.page.evaluate(([src, yes]) => (globalThis as unknown as { play(src: string, agrees: boolean): void }).play(src, yes), [viewer.src(STREAM), agrees] as const);
    await viewer.handed(8);
    await viewer.reaches(1);
  }
  await agreeing.neighbours(1);
  expect(await refusing.playerStats()).toMatchObject({ mode: "origin-only", reason: "no-consent", neighbours: [], peerBytes: 0 });
  expect(await refusing.page.evaluate(() => viewer.open())).toMatchObject({ sockets: 0, connections: 0 });
});

test("with relayOnly no address of the viewer leaves the page, and without a TURN server it plays alone", async ({ open }) => {
  const seeder = await open();
  const toldBySeeder = framesSent(seeder);
  await seeder.play(STREAM, { hls: WHOLE_STREAM });
  await seeder.handed(8);
  const shy = await open();
  const told = framesSent(shy);
  await shy.play(STREAM, { hls: WHOLE_STREAM, shoal: { relayOnly: true } });
  await shy.handed(8);
  await expect.poll(() => told.some((frame) => frame.includes('"offer"'))).toBe(true);
  await expect.poll(() => candidates(toldBySeeder).length).toBeGreaterThan(0);
  await shy.reaches(2);
  // Who is called tells no more than who calls.
  const caller = await open();
  await caller.play(STREAM, { hls: WHOLE_STREAM });
  await caller.handed(8);
  const { peer } = await caller.playerStats();
  await expect.poll(() => told.some((frame) => frame.includes(peer) && frame.includes('"answer"'))).toBe(true);
  await shy.reaches(8);
  expect(candidates(told)).toEqual([]);
  expect(told.flatMap(addresses)).toEqual([]);
  expect((await shy.playerStats()).neighbours).toEqual([]);
});

test("statistics, events and warnings tell no address, also of connections that fail", async ({ open }) => {
  const viewers = [await open(), await open(), await open()];
  const [first, second, third] = viewers as [Viewer, Viewer, Viewer];
  for (const viewer of viewers) {
    await viewer.play("/vod-20/level0.m3u8", { hls: SHORT, shoal: { relayOnly: viewer === third } });
    await viewer.reaches(2);
  }
  await first.neighbours(1);
  await second.kill();
  await first.neighbours(0);
  for (const { page } of [first, third]) {
    const all = await page.evaluate(() => JSON.stringify([viewer.stats(), viewer.warnings, viewer.neighbours, viewer.bans, viewer.segments]));
    expect(addresses(all)).toEqual([]);
    expect(all).not.toContain("candidate");
  }
});

test("who does not upload is sent to and sends nothing", async ({ open }) => {
  const [giving, taking, late] = [await open(), await open(), await open()];
  await giving.play(STREAM, { hls: WHOLE_STREAM });
  await giving.handed(8);
  await taking.countMessages();
  await taking.play(STREAM, { hls: WHOLE_STREAM, shoal: { upload: false } });
  await taking.handed(8);
  await late.play(STREAM, { hls: WHOLE_STREAM });
  await late.handed(8);
  expect(await taking.playerStats()).toMatchObject({ uploadedBytes: 0 });
  expect((await taking.playerStats()).peerBytes).toBeGreaterThan(0);
  expect(await taking.messages()).not.toHaveProperty("DATA");
});
