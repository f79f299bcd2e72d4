import { expect, test } from "../fixtures.js";
import { ticket, TICKET_KEY } from "../site-tickets.js";
import type { Viewer } from "../viewer.js";

const head = (tracker: string, before = ""): string => `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">${before}
  <script src="/hls.js/hls.min.js"></script><script src="/page/viewer.js"></script><script>viewer.record();</script>
  <script src="/sdk/shoal.min.js" data-tracker="${tracker}"></script>`;

/** Pages as people write them; `play(src)` starts them. */
const pages = {
  "hls.js": `<video muted playsinline></video><script>
    function play(src) {
      const video = document.querySelector("video");
      const hls = new Hls();
      hls.loadSource(src);
      hls.attachMedia(video);
      video.play();
    }</script>`,
  "Video.js": `<script src="/video.js/video.min.js"></script><video class="video-js" muted playsinline></video><script>
    videojs.getTech("Html5").registerSourceHandler({
      canPlayType: (type) => (/mpegurl/i.test(type) ? "probably" : ""),
      canHandleSource: ({ type }) => (/mpegurl/i.test(type) ? "probably" : ""),
      handleSource(source, tech) {
        const hls = new Hls();
        hls.loadSource(source.src);
        hls.attachMedia(tech.el());
        return { dispose: () => hls.destroy() };
      },
    }, 0);
    function play(src) {
      const player = videojs(document.querySelector("video"));
      player.src({ src, type: "application/x-mpegURL" });
      player.play();
    }</script>`,
  "Plyr": `<script src="/plyr/plyr.min.js"></script><video muted playsinline></video><script>
    function play(src) {
      const video = document.querySelector("video");
      const hls = new Hls();
      hls.loadSource(src);
      hls.attachMedia(video);
      new Plyr(video, { muted: true, iconUrl: "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>", blankVideo: "" }).play();
    }</script>`,
};

for (const [name, body] of Object.entries(pages)) {
  test(`one script tag makes ${name} peer-assisted`, async ({ open, site, signaling }) => {
    site.answer("/tag.html", () => head(signaling.url) + body);
    const [first, second] = [await open({ path: "/tag.html" }), await open({ path: "/tag.html" })];
    for (const viewer of [first, second]) {
      await viewer.page.evaluate((src) => (globalThis as unknown as { play(src: string): void }).play(src), viewer.src("/vod-6/level0.m3u8"));
      await viewer.handed(6);
      await viewer.reaches(1);
    }
    expect((await second.playerStats()).peerBytes).toBeGreaterThan(0);
    expect((await second.report()).fatalErrors).toEqual([]);
  });
}

test.describe("a site with tickets and a question to its viewers", () => {
  test.use({ signalingConfig: { ticketKey: TICKET_KEY } });

  test("gives the tag both as shoalOptions", async ({ open, origin, site, signaling }) => {
    const swarm = `${origin.url}/vod-6/level0.m3u8`;
    const before = `<script>
      asked = [];
      shoalOptions = {
        consent: async () => !asked.push("consent") || agrees,
        ticket: async (swarm) => asked.push(swarm) && (await fetch("/ticket")).text(),
      };
    </script>`;
    site.answer("/tag.html", () => head(signaling.url, before) + pages["hls.js"]);
    const play = async (agrees: boolean) => {
      // Each ticket is good for one browser.
      const jwt = await ticket({ swarm });
      site.answer("/ticket", () => jwt);
      const viewer = await open({ path: "/tag.html" });
      await viewer.page.evaluate(([src, yes]) => {
        const page = globalThis as unknown as { agrees: boolean; play(src: string): void };
        page.agrees = yes;
        page.play(src);
      }, [viewer.src("/vod-6/level0.m3u8"), agrees] as const);
      await viewer.handed(6);
      return viewer;
    };
    const asked = (viewer: Viewer): Promise<string[]> => viewer.page.evaluate(() => (globalThis as unknown as { asked: string[] }).asked);
    const [first, second, third] = [await play(true), await play(true), await play(false)];
    expect((await second.playerStats()).peerBytes).toBeGreaterThan(0);
    expect(await asked(first)).toEqual(["consent", swarm]);
    expect(await asked(third)).toEqual(["consent"]);
    expect(await third.playerStats()).toMatchObject({ mode: "origin-only", reason: "no-consent", neighbours: [] });
    expect(await third.page.evaluate(() => viewer.open())).toMatchObject({ sockets: 0, connections: 0 });
  });
});
