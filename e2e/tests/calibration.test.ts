import { browserFigures } from "../browser-figures.js";
import { sideBySide } from "../figures.js";
import { expect, note, test } from "../fixtures.js";
import { fetchCauses } from "../origin-copies.js";
import { meanSimulatedFigures } from "../simulated-figures.js";
import type { Viewer } from "../viewer.js";

/** As the browser bench's live-w8, and the simulator's `calibration`. */
test.use({ originConfig: { segmentS: 4, shaping: { clientBps: 12_000_000, latencyMs: 20 } } });

const VIEWERS = 6;
/** From the appearance of a live segment to the first join: whoever reloads the playlist first fetches most. */
const JOIN_PHASE_MS = 1_000;
const JOIN_EVERY_MS = 2_000;
/** The end, when the next segment appears and nothing is on its way, s after that appearance. */
const LENGTH_S = 60;
/** Whose hash wins which slice is chance, in browsers too. */
const SEEDS = 8;

test("the simulator says what happens in browsers", async ({ open, origin }) => {
  test.setTimeout(150_000);
  const viewers: Viewer[] = [];
  // The origin has forgotten the first segments by the end; other tests compare bytes.
  for (let index = 0; index < VIEWERS; index++) viewers.push(await open({ checksBytes: false }));
  for (const viewer of viewers) await viewer.countMessages();

  const beginMs = origin.live.appearsAtMs(origin.live.newest() + 1);
  const joinedAtMs: number[] = [];
  for (const [index, viewer] of viewers.entries()) {
    await until(beginMs + JOIN_PHASE_MS + index * JOIN_EVERY_MS);
    joinedAtMs.push(performance.now());
    await viewer.play("/live-w8/master.m3u8", { hls: { liveSyncDurationCount: 3 } });
  }
  await until(beginMs + LENGTH_S * 1000);
  const browsers = await browserFigures(viewers, { log: origin.log(), joinedAtMs, nowMs: performance.now() });

  const simulator = meanSimulatedFigures({ peers: VIEWERS, seconds: LENGTH_S, seeds: SEEDS });
  const table = sideBySide({ browsers, simulator });
  console.log(table);
  note("viewers", await fetchCauses(viewers));
  if (browsers.bans > 0) console.log("bans:", await Promise.all(viewers.map((each) => each.page.evaluate(() => viewer.bans))));
  await test.info().attach("calibration", { body: table });

  expect(browsers.stallMs).toBe(0);
  expect(simulator.stallMs).toBe(0);
  expect(simulator.startOrder).toEqual(browsers.startOrder);
  expect(Math.abs(simulator.offload - browsers.offload), table).toBeLessThan(0.05);
});

/** Waits for a moment of the origin's clock. */
function until(atMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, atMs - performance.now()));
}
