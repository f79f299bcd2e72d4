import { SHORT, WHOLE_STREAM } from "../buffers.js";
import { expect, test } from "../fixtures.js";
import type { Viewer } from "../viewer.js";

const permId = (viewer: Viewer): Promise<string> => viewer.page.evaluate(() => Shoal.permId());

test("a browser keeps its PermID until the page has it forgotten, and nobody can read the key", async ({ open }) => {
  const viewer = await open({ checksBytes: false });
  const first = await permId(viewer);
  expect(first).toMatch(/^[0-9a-f]{32}$/);
  await viewer.page.reload();
  await viewer.page.waitForFunction(() => "Shoal" in globalThis);
  expect(await permId(viewer)).toBe(first);

  const [extractable, failure] = await viewer.page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve) => {
      const opening = indexedDB.open("shoal");
      opening.onsuccess = () => resolve(opening.result);
    });
    const stored = await new Promise<CryptoKeyPair>((resolve) => {
      const request = database.transaction("keys").objectStore("keys").get("perm");
      request.onsuccess = () => resolve(request.result as CryptoKeyPair);
    });
    const exported = await crypto.subtle.exportKey("jwk", stored.privateKey).then(() => "exported", (error: DOMException) => error.name);
    return [stored.privateKey.extractable, exported] as const;
  });
  expect([extractable, failure]).toEqual([false, "InvalidAccessError"]);

  await viewer.page.evaluate(() => Shoal.forgetPermId());
  const second = await permId(viewer);
  expect(second).not.toBe(first);
  await viewer.page.reload();
  await viewer.page.waitForFunction(() => "Shoal" in globalThis);
  expect(await permId(viewer)).toBe(second);
});

test("tabs that begin at the same time have one PermID", async ({ open }) => {
  const viewer = await open({ checksBytes: false });
  const other = await viewer.page.context().newPage();
  await other.goto(viewer.page.url());
  await other.waitForFunction(() => "Shoal" in globalThis);
  const [one, two] = await Promise.all([permId(viewer), other.evaluate(() => Shoal.permId())]);
  expect(one).toBe(two);
});

test("viewers who prove who they are and viewers who do not are never connected, and do not ban each other", async ({ open }) => {
  test.slow();
  const viewers = [await open(), await open(), await open(), await open()];
  for (const [i, viewer] of viewers.entries()) {
    await viewer.play("/vod-20/level0.m3u8", { hls: SHORT, shoal: { permId: i % 2 === 0 } });
    await viewer.reaches(1);
  }
  const ids = await Promise.all(viewers.map(async (viewer) => (await viewer.playerStats()).peer));
  const [a, b, c, d] = ids;
  const partners = async (): Promise<(string | undefined)[][]> => Promise.all(viewers.map(async (viewer) => (await viewer.playerStats()).neighbours.map(({ peer }) => peer)));
  // A connection that does not open on a busy machine is tried again after half a minute.
  await expect.poll(partners, { timeout: 45_000 }).toEqual([[c], [d], [a], [b]]);
  for (const viewer of viewers) expect((await viewer.playerStats()).bannedPeers).toBe(0);
});

test("the script tag's build proves, too", async ({ open, site, signaling }) => {
  site.answer("/proving-tag.html", () => `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">
    <script src="/hls.js/hls.min.js"></script><script src="/page/viewer.js"></script><script>viewer.record();</script>
    <script src="/sdk/shoal.min.js"></script><script>Object.assign(globalThis, { shoal: undefined });</script>`);
  const [tagged, moduled] = [await open({ path: "/proving-tag.html" }), await open()];
  for (const viewer of [tagged, moduled]) {
    await viewer.play("/vod-8/level0.m3u8", { hls: WHOLE_STREAM, shoal: { permId: true, tracker: signaling.url } });
    await viewer.handed(8);
  }
  expect((await moduled.playerStats()).peerBytes).toBeGreaterThan(0);
  expect(await tagged.page.evaluate(() => viewer.neighbours.map((neighbour) => neighbour.permId))).toEqual([await permId(moduled)]);
});
