import { SHORT, WHOLE_STREAM } from "../buffers.js";
import { expect, note, test } from "../fixtures.js";

/** How long nobody sends anything, s; hls.js has 4 s to 6 s. */
const SILENCE_S = 14;

test("Shoal's own buffer runs ahead of hls.js's, and bridges a time without origin and neighbours (PL4)", async ({ open, origin }) => {
  const full = await open();
  await full.play("/vod-30/level1.m3u8", { hls: WHOLE_STREAM });
  await full.handed(30);
  const late = await open();
  await late.play("/vod-30/level1.m3u8", { hls: SHORT });
  await late.reaches(4);
  await expect.poll(async () => (await late.playerStats()).aheadS).toBeGreaterThan(SILENCE_S + 4);
  const { aheadS, bufferS, originBytes } = await late.playerStats();
  const positionS = await late.positionS();
  origin.set({ isDown: true });
  await full.kill();
  await late.reaches(positionS + SILENCE_S);
  const after = await late.playerStats();
  const { fatalErrors, stallMs } = await late.report();
  origin.set({ isDown: false });
  note("ahead", { bufferS, aheadS, silenceS: SILENCE_S, stallMs });
  expect(aheadS).toBeGreaterThan(bufferS + 8);
  expect(stallMs).toBe(0);
  expect(fatalErrors).toEqual([]);
  expect(after.originBytes).toBe(originBytes);
});
