import { SHORT, WHOLE_STREAM } from "../buffers.js";
import { expect, test as base } from "../fixtures.js";
import { pollute } from "../hostile.js";
import { alterOrigin, SignedStream } from "../signed-stream.js";
import type { Viewer } from "../viewer.js";

const STREAM = "/signed/index.m3u8";
/** hls.js gives up on a segment after its second try, not after half a minute. */
const ONE_RETRY = { maxNumRetry: 1, retryDelayMs: 100, maxRetryDelayMs: 100 };
const IMPATIENT = { fragLoadPolicy: { default: { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 20_000, timeoutRetry: ONE_RETRY, errorRetry: ONE_RETRY } } };

/** Viewers' bytes are compared with what was signed, not with what the origin sends. */
const test = base.extend<{ signed: SignedStream; openUnchecked: (before?: () => void) => Promise<Viewer> }>({
  signed: async ({ origin }, use) => {
    const signed = new SignedStream(origin, "/vod-12/level1.m3u8");
    signed.take();
    signed.publish();
    await use(signed);
    await signed.remove();
  },
  openUnchecked: async ({ open }, use) => use((before) => open({ checksBytes: false, ...(before && { before }) })),
});

const refusals = (viewer: Viewer): Promise<string[]> => viewer.page.evaluate(() => globalThis.viewer.refusals.map(({ code }) => code));
const bans = (viewer: Viewer): Promise<{ peer: string; reason: string }[]> => viewer.page.evaluate(() => globalThis.viewer.bans.map(({ peer, reason }) => ({ peer, reason })));

test("a signed stream plays, from the origin and from peers, and a forged chunk is enough to be banned", async ({ origin, openUnchecked }) => {
  // Long enough that there is still something to ask for when the liar's connection opens, be it late.
  const signed = new SignedStream(origin, "/vod-90/level2.m3u8");
  signed.take();
  signed.publish();
  const { contentKey } = signed;
  const [honest, liar, victim] = [await openUnchecked(), await openUnchecked(pollute), await openUnchecked()];
  for (const full of [honest, liar]) {
    await full.play(STREAM, { hls: WHOLE_STREAM, shoal: { contentKey } });
    await full.handed(90);
  }
  const { peer } = await liar.playerStats();
  await victim.play(STREAM, { hls: SHORT, shoal: { contentKey } });
  await victim.reaches(2);
  await expect.poll(() => bans(victim)).toEqual([{ peer, reason: "forged chunk" }]);
  const { fetches, peerBytes } = await victim.playerStats();
  expect(peerBytes).toBeGreaterThan(0);
  expect([fetches.check, fetches.settle]).toEqual([0, 0]);
  for (const viewer of [honest, liar, victim]) {
    const { handed, fatalErrors } = await viewer.report();
    signed.expectSigned(handed);
    expect(fatalErrors).toEqual([]);
    expect(await refusals(viewer)).toEqual([]);
  }
  await signed.remove();
});

test("an origin whose answers are altered is asked again, and nothing altered is played", async ({ signed, openUnchecked }) => {
  const viewer = await openUnchecked();
  const { altered } = await alterOrigin(viewer, 1);
  await viewer.play(STREAM, { hls: WHOLE_STREAM, shoal: { contentKey: signed.contentKey } });
  await viewer.handed(12);
  await viewer.reaches(2);
  expect(new Set(altered).size).toBe(12);
  signed.expectSigned((await viewer.report()).handed);
  expect(await refusals(viewer)).toEqual([]);
  expect(await viewer.page.evaluate(() => globalThis.viewer.warnings.map(({ code }) => code))).toEqual(["altered"]);
});

test("an answer that is cut short on its way is asked for again", async ({ signed, openUnchecked, origin }) => {
  const viewer = await openUnchecked();
  for (const segment of [0, 3, 7]) origin.addFault({ pattern: new RegExp(`/signed/.*${segment}\\.ts\\?`), kind: { type: "truncate", bytes: 50_000, announced: "cut" }, times: 1 });
  await viewer.play(STREAM, { hls: WHOLE_STREAM, shoal: { contentKey: signed.contentKey } });
  await viewer.handed(12);
  signed.expectSigned((await viewer.report()).handed);
  expect(await refusals(viewer)).toEqual([]);
});

test("fMP4 with sound of its own: initialization segments and audio are signed too", async ({ origin, openUnchecked }) => {
  const signed = new SignedStream(origin, "/fmp4/master.m3u8");
  signed.takeFmp4();
  signed.publish();
  const viewers = [await openUnchecked(), await openUnchecked()];
  for (const viewer of viewers) {
    await viewer.play("/signed/master.m3u8", { hls: WHOLE_STREAM, shoal: { contentKey: signed.contentKey } });
    await viewer.handed(8);
    await viewer.reaches(2);
  }
  for (const viewer of viewers) {
    const { handed, fatalErrors } = await viewer.report();
    signed.expectSigned(handed);
    expect(new Set(handed.map(({ type }) => type))).toEqual(new Set(["main", "audio"]));
    expect(handed.some(({ sequence }) => sequence === -1)).toBe(true);
    expect(fatalErrors).toEqual([]);
    expect(await refusals(viewer)).toEqual([]);
  }
  expect((await viewers[1]!.playerStats()).peerBytes).toBeGreaterThan(0);
  await signed.remove();
});

test("a viewer whose origin alters everything plays from peers", async ({ signed, openUnchecked }) => {
  const { contentKey } = signed;
  const [full, victim] = [await openUnchecked(), await openUnchecked()];
  await full.play(STREAM, { hls: WHOLE_STREAM, shoal: { contentKey } });
  await full.handed(12);
  await alterOrigin(victim);
  await victim.play(STREAM, { hls: WHOLE_STREAM, shoal: { contentKey } });
  await victim.handed(12);
  await victim.reaches(2);
  signed.expectSigned((await victim.report()).handed);
});

test("alone with an origin that alters everything a viewer sees nothing, and the page hears why", async ({ signed, openUnchecked }) => {
  const viewer = await openUnchecked();
  await alterOrigin(viewer);
  await viewer.play(STREAM, { hls: IMPATIENT, shoal: { contentKey: signed.contentKey } });
  await expect.poll(() => refusals(viewer), { timeout: 20_000 }).toEqual(["altered"]);
  await expect.poll(async () => (await viewer.report()).fatalErrors).toEqual(["fragLoadError"]);
  expect((await viewer.report()).handed).toEqual([]);
});

test("what hls.js's own loader brings is checked too", async ({ signed, openUnchecked }) => {
  const { contentKey } = signed;
  const withoutWebRtc = (): void => {
    Reflect.deleteProperty(globalThis, "RTCPeerConnection");
    Reflect.deleteProperty(globalThis, "webkitRTCPeerConnection");
  };
  const [true_, altered] = [await openUnchecked(withoutWebRtc), await openUnchecked(withoutWebRtc)];
  await true_.play(STREAM, { shoal: { contentKey } });
  await true_.reaches(3);
  signed.expectSigned((await true_.report()).handed);
  await alterOrigin(altered);
  await altered.play(STREAM, { shoal: { contentKey } });
  await expect.poll(() => refusals(altered)).toEqual(["altered"]);
  expect((await altered.report()).handed).toEqual([]);
});

test("without a manifest, or with somebody else's, nothing is played and the page hears why", async ({ signed, openUnchecked, origin }) => {
  const [none, other] = [await openUnchecked(), await openUnchecked()];
  await none.play("/vod-12/level1.m3u8", { hls: IMPATIENT, shoal: { contentKey: signed.contentKey } });
  const stranger = new SignedStream(origin, "/vod-12/level1.m3u8");
  stranger.take();
  stranger.publish();
  await other.play(STREAM, { hls: IMPATIENT, shoal: { contentKey: signed.contentKey } });
  await expect.poll(() => refusals(none), { timeout: 20_000 }).toEqual(["no-manifest"]);
  await expect.poll(() => refusals(other), { timeout: 20_000 }).toEqual(["bad-signature"]);
  for (const viewer of [none, other]) {
    await expect.poll(async () => (await viewer.report()).fatalErrors).toEqual(["fragLoadError"]);
    expect((await viewer.report()).handed).toEqual([]);
  }
  await stranger.remove();
});

test("the script tag takes data-content-key, and loads its second file on demand", async ({ signed, open, site, signaling }) => {
  site.answer("/signed-tag.html", () => `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">
    <script src="/hls.js/hls.min.js"></script><script src="/page/viewer.js"></script><script>viewer.record();</script>
    <script src="/sdk/shoal.min.js" data-tracker="${signaling.url}" data-content-key="${signed.contentKey}"></script><video muted playsinline></video>
    <script>viewer.listen(shoal);</script>`);
  const start = (viewer: Viewer): Promise<void> => viewer.page.evaluate((src) => void globalThis.viewer.start({ src }), viewer.src(STREAM));
  const [first, second, without] = [await open({ path: "/signed-tag.html", checksBytes: false }), await open({ path: "/signed-tag.html", checksBytes: false }), await open({ path: "/signed-tag.html", checksBytes: false })];
  for (const viewer of [first, second]) {
    await start(viewer);
    await viewer.handed(12);
    await viewer.reaches(1);
    signed.expectSigned((await viewer.report()).handed);
    expect(await viewer.page.evaluate(() => document.querySelectorAll('script[src$="/sdk/shoal-trust.min.js"]').length)).toBe(1);
  }
  expect((await second.playerStats()).peerBytes).toBeGreaterThan(0);
  await without.page.route(/shoal-trust/, (route) => route.abort());
  await without.page.reload();
  await without.page.waitForFunction(() => "shoal" in globalThis);
  await start(without);
  await expect.poll(() => refusals(without)).toEqual(["not-loaded"]);
  expect((await without.report()).handed).toEqual([]);
});

test.describe("live", () => {
  test("what a packager writes is signed, played and shared as it appears", async ({ origin, openUnchecked }) => {
    const signed = new SignedStream(origin, "/live/level1.m3u8");
    signed.take();
    signed.watch();
    const packager = setInterval(() => signed.take(), 200);
    try {
      await expect.poll(async () => (await fetch(`${origin.url}${STREAM}.shoal`)).status).toBe(200);
      const viewers = [await openUnchecked(), await openUnchecked(), await openUnchecked(pollute)];
      for (const viewer of viewers) {
        await viewer.play(STREAM, { shoal: { contentKey: signed.contentKey } });
        await viewer.page.waitForFunction(() => globalThis.viewer.positionS() > 0);
      }
      const starts = await Promise.all(viewers.map((viewer) => viewer.positionS()));
      for (const [i, viewer] of viewers.entries()) await viewer.reaches(starts[i]! + 12);
      for (const viewer of viewers) {
        const { handed, stallMs } = await viewer.report();
        signed.expectSigned(handed);
        expect(stallMs, viewer.name).toBe(0);
        expect(await refusals(viewer)).toEqual([]);
      }
      expect((await viewers[1]!.playerStats()).peerBytes).toBeGreaterThan(0);
    } finally {
      clearInterval(packager);
      await signed.remove();
    }
  });
});
