import { WHOLE_STREAM } from "../buffers.js";
import { expect, test } from "../fixtures.js";

test.use({ originConfig: { requiresToken: true } });

test("viewers whose URLs have different tokens are one swarm, each with its own token", async ({ open, origin }) => {
  expect((await fetch(`${origin.url}/vod-8/level0/seg0.ts`)).status).toBe(403);
  origin.resetLog();
  const [first, second] = [await open(), await open()];
  await first.play("/vod-8/level0.m3u8", { query: "token=alpha", hls: WHOLE_STREAM });
  await first.handed(8);
  await second.play("/vod-8/level0.m3u8", { query: "token=beta", hls: WHOLE_STREAM });
  await second.handed(8);
  expect((await second.playerStats()).peerBytes).toBeGreaterThan(0);
  expect((await second.playerStats()).swarm).toBe((await first.playerStats()).swarm);
  for (const { viewer, query, status } of origin.log()) {
    expect(status).not.toBe(403);
    expect(query).toContain(viewer === "v1" ? "token=alpha" : "token=beta");
  }
});
