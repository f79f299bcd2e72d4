import { SHORT } from "../buffers.js";
import { expect, test } from "../fixtures.js";
import { startRavingTracker } from "../raving-tracker.js";

const NOISE: readonly unknown[] = [null, 5, "x", [], {}, { swarm: 5 }, { swarm: "0".repeat(32), from: "1".repeat(16), data: null }];
const thousand = Array.from({ length: 1_000 }, (_, i) => i.toString(16).padStart(16, "a"));
const endless = Array.from({ length: 100_000 }, (_, slice) => ({ slice, copy: 0 }));
/** For the swarm itself, so that it gets as far as it can. Of both tracks that there may be. */
const nonsense = (swarm: string): (readonly [string, unknown])[] => [
  ...["signal", "seats", "peer-left"].flatMap((event) => NOISE.map((payload) => [event, payload] as const)),
  ...[[null], [5, "x", {}], [{ slice: "length", copy: 0 }], [{ slice: -1, copy: {} }, { slice: 1e308 }], endless].map((seats) => ["seats", { swarm, track: 1, seats, of: "many" }] as const),
  ...NOISE.map((data) => ["signal", { swarm, from: "1".repeat(16), data }] as const),
  ["signal", JSON.parse(`{"__proto__":{"polluted":1},"swarm":"${swarm}","from":"${"1".repeat(16)}","data":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"type":"offer"}}`)],
];

for (const [name, answer] of Object.entries({
  "nonsense in place of lists and numbers": { ok: true, peers: 5, size: "many", iceServers: 7, statIntervalMs: -1 },
  "times that are none": { ok: true, peers: [], size: 1, iceServers: [], statIntervalMs: "soon", ticket: { channel: "AAAA", issuer: "AAAA", expiresMs: "late", nowMs: {} } },
  "times past all clocks": { ok: true, peers: [], size: 1, iceServers: [], statIntervalMs: 2 ** 40, ticket: { channel: "AAAA", issuer: "AAAA", expiresMs: 2 ** 60, nowMs: 0 } },
  "nothing at all": null,
  "a thousand peers that are none": { ok: true, peers: thousand, size: 1e308, iceServers: [], statIntervalMs: 0 },
  "ICE servers that are none": { ok: true, peers: thousand.slice(0, 3), size: 4, iceServers: [{ urls: "http://[" }, 5], statIntervalMs: 1 },
})) {
  test(`a signaling server that answers with ${name} does not disturb the picture`, async ({ open, site }) => {
    const tracker = await startRavingTracker(() => answer, nonsense);
    let tickets = 0;
    site.answer("/ticket", () => `a.b.${++tickets}`);
    try {
      const viewer = await open();
      await viewer.play("/vod-8/level0.m3u8", { hls: SHORT, shoal: { tracker: tracker.url }, ...("ticket" in (answer ?? {}) && { ticketPath: "/ticket" }) });
      await viewer.reaches(8);
      expect(await viewer.report()).toMatchObject({ stallMs: 0, fatalErrors: [] });
      expect(await viewer.page.evaluate(() => globalThis.viewer.open().connections)).toBeLessThanOrEqual(32);
      expect(await viewer.page.evaluate(() => "polluted" in {})).toBe(false);
      expect(viewer.pageErrors).toEqual([]);
      expect((await viewer.playerStats()).errors).not.toHaveProperty("internal-error");
      // Eight seconds and some: neither it nor the site is asked more than once a second.
      expect(tracker.heard.filter((event) => event === "stat").length).toBeLessThan(20);
      expect(tickets).toBeLessThan(20);
    } finally {
      await tracker.close();
    }
  });
}
