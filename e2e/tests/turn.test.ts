import { ensureTurnServer } from "../../scripts/setup.mjs";
import { SHORT, WHOLE_STREAM } from "../buffers.js";
import { expect, note, test } from "../fixtures.js";
import { startTurnServer } from "../turn-server.js";
import type { Viewer } from "../viewer.js";

const program = ensureTurnServer();
test.skip(program === undefined, "there is no TURN server (coturn) here");

/** Kinds of all ICE candidates that the page sends to the signaling server from now on, alone or in a description. */
function candidatesTold(viewer: Viewer): string[] {
  const kinds: string[] = [];
  viewer.page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => kinds.push(...Array.from(String(payload).matchAll(/candidate:[^"\\]*? typ (\w+)/g), ([, kind = ""]) => kind))));
  return kinds;
}

test("with relayOnly and a TURN server viewers share through it alone, and no other address leaves the page", async ({ open }) => {
  const turn = await startTurnServer(program!);
  try {
    const viewers: [Viewer, Viewer] = [await open(), await open()];
    const told = viewers.map(candidatesTold);
    const shoal = { relayOnly: true, iceServers: turn.iceServers };
    const [giving, taking] = viewers;
    await giving.play("/vod-20/level1.m3u8", { hls: WHOLE_STREAM, shoal });
    await giving.handed(20);
    await taking.play("/vod-20/level1.m3u8", { hls: SHORT, shoal });
    await taking.neighbours(1);
    await expect.poll(async () => (await taking.playerStats()).peerBytes, { message: "chunks come through the relay" }).toBeGreaterThan(500_000);
    for (const viewer of viewers) {
      const pairs = await viewer.page.evaluate(() => globalThis.viewer.selectedPairs());
      note("selected pairs", pairs);
      expect(pairs.map(({ local, remote }) => [local, remote])).toEqual([["relay", "relay"]]);
      expect(pairs[0]?.bytes).toBeGreaterThan(500_000);
    }
    for (const kinds of told) expect(new Set(kinds)).toEqual(new Set(["relay"]));
    expect(await taking.report()).toMatchObject({ stallMs: 0, fatalErrors: [] });
  } finally {
    await turn.close();
  }
});
