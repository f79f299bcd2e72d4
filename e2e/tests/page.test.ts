import type { Events } from "hls.js";
import { SHORT, WHOLE_STREAM } from "../buffers.js";
import { expect, test } from "../fixtures.js";
import type { Viewer } from "../viewer.js";

const NOTHING_OPEN = { timers: [], sockets: 0, connections: 0 };

async function expectNothingOpen(viewer: Viewer): Promise<void> {
  await expect.poll(() => viewer.page.evaluate(() => globalThis.viewer.open()), { timeout: 3_000 }).toEqual(NOTHING_OPEN);
}

test("several Hls instances on a page share, each in its stream's swarm", async ({ open }) => {
  const [several, other] = [await open(), await open()];
  await several.play("/vod-8/level0.m3u8", { hls: WHOLE_STREAM });
  await several.handed(8);
  await several.play("/vod-8/level0.m3u8", { hls: WHOLE_STREAM });
  await several.play("/vod-9/level1.m3u8", { hls: WHOLE_STREAM });
  await several.handed(8, { player: 1 });
  await several.handed(9, { player: 2 });
  await other.play("/vod-9/level1.m3u8", { hls: WHOLE_STREAM });
  await other.handed(9);
  const { players } = await several.stats();
  expect(players.map(({ neighbours }) => neighbours.length)).toEqual([1, 1, 1]);
  expect(players[1]?.peerBytes).toBeGreaterThan(0);
  expect((await other.playerStats()).peerBytes).toBeGreaterThan(0);
  for (const player of [0, 1, 2]) await several.reaches(1, { player });
});

test("hls.destroy() leaves no connection, socket or timer", async ({ open }) => {
  const [first, second] = [await open(), await open()];
  await first.play("/vod-20/level0.m3u8", { hls: SHORT });
  await first.reaches(2);
  await second.play("/vod-20/level0.m3u8", { hls: SHORT });
  await second.neighbours(1);
  await second.reaches(1);
  await second.page.evaluate(() => viewer.players[0]!.hls.destroy());
  await expectNothingOpen(second);
  expect((await second.stats()).players).toEqual([]);
  await first.neighbours(0);
  await first.reaches(6);
});

test("shoal.destroy() leaves a player that goes on like plain hls.js", async ({ open }) => {
  const [first, second] = [await open(), await open()];
  await first.play("/vod-20/level0.m3u8", { hls: SHORT });
  await first.reaches(2);
  await second.play("/vod-20/level0.m3u8", { hls: SHORT });
  await second.neighbours(1);
  await second.reaches(1);
  await second.page.evaluate(() => viewer.shoal().destroy());
  await expect.poll(async () => {
    const { sockets, connections } = await second.page.evaluate(() => viewer.open());
    return { sockets, connections };
  }, { timeout: 3_000 }).toEqual({ sockets: 0, connections: 0 });
  await second.reaches((await second.positionS()) + 6);
  expect((await second.report()).stallMs).toBe(0);
  await second.page.evaluate(() => viewer.players[0]!.hls.destroy());
  await expectNothingOpen(second);
});

test("a player may be destroyed at any moment", async ({ open, signaling }) => {
  const [full, viewer] = [await open(), await open()];
  await full.play("/vod-8/master.m3u8", { hls: WHOLE_STREAM, level: 0 });
  await full.handed(8);
  const moments = [
    "MANIFEST_LOADING", "MANIFEST_LOADED", "MANIFEST_PARSED", "LEVEL_LOADING", "LEVEL_LOADED", "LEVEL_UPDATED",
    "FRAG_LOADING", "FRAG_LOADED", "FRAG_PARSED", "BUFFER_APPENDED", "FRAG_BUFFERED",
  ] satisfies (keyof typeof Events)[];
  for (const moment of moments) {
    await viewer.page.evaluate(([event, src, tracker]) => new Promise<void>((resolve) => {
      globalThis.viewer.start({
        src, shoal: { tracker, iceServers: [] },
        // Not within the event: hls.js itself fails when it is destroyed in FRAG_LOADING.
        onMade: (hls) => hls.once(Hls.Events[event] as Events.FRAG_LOADED, () => queueMicrotask(() => {
          hls.destroy();
          resolve();
        })),
      });
    }), [moment, viewer.src("/vod-8/master.m3u8"), signaling.url] as const);
    expect((await viewer.stats()).players, moment).toEqual([]);
  }
  await expectNothingOpen(viewer);
  await viewer.play("/vod-8/master.m3u8");
  await viewer.reaches(1, { player: moments.length });
});

test("loading may be stopped, started and pointed elsewhere at any moment", async ({ open }) => {
  const [full, viewer] = [await open(), await open()];
  await full.play("/vod-20/level1.m3u8", { hls: WHOLE_STREAM });
  await full.handed(20);
  await viewer.play("/vod-20/level1.m3u8", { hls: SHORT });
  await viewer.reaches(0.5);
  for (const event of ["FRAG_LOADING", "FRAG_LOADED", "FRAG_PARSED", "FRAG_BUFFERED"] satisfies (keyof typeof Events)[]) {
    await viewer.page.evaluate((name) => new Promise<void>((resolve) => {
      const { hls } = globalThis.viewer.players[0]!;
      hls.once(Hls.Events[name] as Events.FRAG_LOADED, () => {
        hls.stopLoad();
        hls.startLoad();
        resolve();
      });
      const video = globalThis.viewer.video();
      video.currentTime = (video.currentTime + 13) % 36;
    }), event);
  }
  await viewer.page.evaluate((src) => globalThis.viewer.players[0]!.hls.loadSource(src), viewer.src("/vod-5/level0.m3u8"));
  await viewer.page.evaluate(() => void globalThis.viewer.video().play());
  await viewer.reaches(2);
  expect((await viewer.report()).handed.map(({ path }) => path)).toContain("/vod-5/level0/seg1.ts");
  expect((await viewer.report()).fatalErrors).toEqual([]);
  expect((await viewer.stats()).players.map(({ swarm }) => swarm)).toEqual([expect.stringContaining("/vod-5/level0.m3u8")]);
});

test("the page's xhrSetup is heard in every request", async ({ open, origin, signaling }) => {
  const [first, second] = [await open(), await open()];
  for (const viewer of [first, second]) {
    await viewer.page.evaluate(([src, tracker, name]) => void globalThis.viewer.start({
      src, shoal: { tracker, iceServers: [] }, hls: { xhrSetup: (xhr) => xhr.setRequestHeader("x-viewer", `header ${name}`) },
    }), [`${origin.url}/vod-5/level0.m3u8`, signaling.url, viewer.name] as const);
    await viewer.handed(5);
  }
  expect((await second.playerStats()).peerBytes).toBeGreaterThan(0);
  const requests = origin.log().filter(({ method }) => method === "GET");
  expect(new Set(requests.map(({ viewer }) => viewer))).toEqual(new Set(["header v1", "header v2"]));
});

test("the page's hls.js configuration is what hls.js works with", async ({ open }) => {
  const viewer = await open();
  await viewer.play("/live-w8/level0.m3u8", { hls: { liveSyncDurationCount: 4, maxBufferLength: 17, backBufferLength: 9 } });
  await viewer.reaches(1);
  const changed = await viewer.page.evaluate(() => {
    const given = { liveSyncDurationCount: 4, maxBufferLength: 17, backBufferLength: 9 };
    const copy = structuredClone(given);
    globalThis.viewer.shoal().hlsConfig(given);
    const { hls } = globalThis.viewer.players[0]!;
    const plain = new Hls(given);
    const keys = Object.keys({ ...plain.config, ...hls.config }) as (keyof typeof plain.config)[];
    const isSame = (key: (typeof keys)[number]): boolean =>
      plain.config[key] === hls.config[key] || JSON.stringify(plain.config[key]) === JSON.stringify(hls.config[key]);
    const differing = keys.filter((key) => typeof plain.config[key] !== "function" && !isSame(key));
    plain.destroy();
    return { given: JSON.stringify(given) === JSON.stringify(copy), differing };
  });
  expect(changed).toEqual({ given: true, differing: [] });
});
