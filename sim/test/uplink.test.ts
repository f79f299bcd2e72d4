import { expect, it } from "vitest";
import { SCENARIOS, type WorldSetting } from "../src/scenario.js";
import { World } from "../src/world.js";

/** How long the first viewer's segments take from the origin on average, ms, and what of its uplink its neighbours use. */
function firstViewer({ down, up, rateBps, peers }: { readonly down: number; readonly up: number; readonly rateBps: number; readonly peers: number }): { readonly loadMs: number; readonly use: number } {
  const vod = (SCENARIOS.vod as (typeof SCENARIOS)[string]).setting({ peers, ri: 1, seconds: 150, freeRiders: undefined, polluters: undefined });
  const setting: WorldSetting = {
    ...vod,
    origin: { ...vod.origin, acksWait: true },
    stream: { ...vod.stream, rateBps },
    uniformAccess: { down, up },
    arrivals: { ...vod.arrivals, stay: true, atS: Array.from({ length: peers }, (_, i) => (i === 0 ? 1 : 21)) },
  };
  const world = new World(setting, { seed: 1, delivery: "mesh", checkEvery: 5_000 });
  const times: number[] = [];
  const fetch = world.origin.fetch.bind(world.origin);
  world.origin.fetch = (client, request, sink) => {
    const fromMs = world.clock.nowMs;
    const done = (): void => {
      if (client.index === 0 && fromMs > 30_000 && request.range === undefined) times.push(world.clock.nowMs - fromMs);
      sink.done();
    };
    return fetch(client, request, { head: (at, size) => sink.head(at, size), bytes: (bytes) => sink.bytes(bytes), failed: (status) => sink.failed(status), done });
  };
  world.run();
  expect(times.length).toBeGreaterThan(20);
  return { loadMs: times.reduce((sum, ms) => sum + ms, 0) / times.length, use: ((world.members[0]?.givenBytes ?? 0) * 8) / (setting.seconds - setting.warmUpS) / (up * 1e6) };
}

/**
 * Everything that the viewer sends shares one queue, acknowledgements of its downloads and the chunks that eight others take from it, as fast as its line goes.
 * When 200 ms of chunks lay in that queue, these segments took 13, 12, 5 and 3 times as long. On the slowest line a single chunk holds it for 140 ms.
 */
it.each([
  { down: 100, up: 20, rateBps: 8e6, most: 1.05 },
  { down: 86, up: 11.9, rateBps: 6e6, most: 1.05 },
  { down: 29, up: 5.7, rateBps: 3e6, most: 1.05 },
  { down: 10, up: 1, rateBps: 1e6, most: 1.2 },
])("a viewer who serves at $up Mb/s has what it asks the origin for nearly as soon as one who does not", { timeout: 60_000 }, ({ most, ...line }) => {
  const alone = firstViewer({ ...line, peers: 1 });
  const busy = firstViewer({ ...line, peers: 9 });
  expect(busy.use).toBeGreaterThan(0.6);
  expect(busy.loadMs / alone.loadMs).toBeLessThanOrEqual(most);
});
