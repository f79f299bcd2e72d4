import { SHORT, WHOLE_STREAM } from "../buffers.js";
import { expect, test } from "../fixtures.js";
import { pollute } from "../hostile.js";

test("a peer that sends false chunks is banned, and nothing false is played", async ({ open }) => {
  const [honest, liar, victim] = [await open(), await open({ before: pollute }), await open()];
  // Long enough that there is still something to ask for when the liar's connection opens, be it late.
  for (const full of [honest, liar]) {
    await full.play("/vod-90/level2.m3u8", { hls: WHOLE_STREAM });
    await full.handed(90);
  }
  const { peer } = await liar.playerStats();
  await victim.play("/vod-90/level2.m3u8", { hls: SHORT });
  await expect.poll(async () => (await victim.page.evaluate(() => viewer.bans)).map((ban) => ban.peer)).toEqual([peer]);
  expect((await victim.playerStats()).bannedPeers).toBe(1);
  await victim.reaches(2);
  expect((await victim.report()).stallMs).toBe(0);
});

test("a newcomer whose only neighbour is a liar plays the true stream", async ({ open }) => {
  const liar = await open({ before: pollute });
  await liar.play("/vod-12/level1.m3u8", { hls: WHOLE_STREAM });
  await liar.handed(12);
  const { peer } = await liar.playerStats();
  const victim = await open();
  await victim.play("/vod-12/level1.m3u8", { hls: WHOLE_STREAM });
  await expect.poll(async () => (await victim.page.evaluate(() => viewer.bans)).map((ban) => ban.peer)).toEqual([peer]);
  await victim.handed(12);
  await victim.reaches(2);
});
