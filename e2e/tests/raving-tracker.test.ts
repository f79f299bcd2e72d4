import { SHORT } from "../buffers.js";
import { expect, test } from "../fixtures.js";
import { startRavingTracker } from "../raving-tracker.js";

const NOISE: readonly unknown[] = [null, 5, "x", [], {}, { swarm: 5 }, { swarm: "0".repeat(32), from: "1".repeat(16), data: null }];
const thousand = Array.from({ length: 1_000 }, (_, i) => i.toString(16).padStart(16, "a"));

for (const [name, answer] of Object.entries({
  "nonsense in place of lists and numbers": { ok: true, peers: 5, size: "many", iceServers: 7, statIntervalMs: -1 },
  "nothing at all": null,
  "a thousand peers that are none": { ok: true, peers: thousand, size: 1e308, iceServers: [], statIntervalMs: 0 },
  "ICE servers that are none": { ok: true, peers: thousand.slice(0, 3), size: 4, iceServers: [{ urls: "http://[" }, 5], statIntervalMs: 1 },
})) {
  test(`a signaling server that answers with ${name} does not disturb the picture`, async ({ open }) => {
    const tracker = await startRavingTracker(() => answer, ["signal", "seats", "peer-left"].flatMap((event) => NOISE.map((payload) => [event, payload] as const)));
    try {
      const viewer = await open();
      await viewer.play("/vod-8/level0.m3u8", { hls: SHORT, shoal: { tracker: tracker.url } });
      await viewer.reaches(8);
      expect(await viewer.report()).toMatchObject({ stallMs: 0, fatalErrors: [] });
      expect(await viewer.page.evaluate(() => globalThis.viewer.open().connections)).toBeLessThanOrEqual(32);
      expect(viewer.pageErrors).toEqual([]);
    } finally {
      await tracker.close();
    }
  });
}
