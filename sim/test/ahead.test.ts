import { expect, it } from "vitest";
import { SCENARIOS, type WorldSetting } from "../src/scenario.js";
import { Viewer } from "../src/viewer.js";
import { type Delivery, World } from "../src/world.js";

/** The player loads so far ahead; then for so long neither origin nor neighbours send anything. */
const GOAL_S = 12;
const SILENCE_S = 30;
const AT_S = 100;

interface Late {
  readonly bufferS: number;
  readonly aheadS: number;
  readonly stalledS: number;
}

/** A title that twelve watch, six of them half a minute to a minute behind the first: what those six have when everything falls silent, and how long they stand still then. */
function silence(delivery: Delivery): Late[] {
  const vod = (SCENARIOS.vod as (typeof SCENARIOS)[string]).setting({ peers: 12, ri: 1, seconds: AT_S + SILENCE_S, freeRiders: undefined, polluters: undefined });
  const setting: WorldSetting = {
    ...vod,
    player: { ...vod.player, bufferGoalS: GOAL_S },
    uniformAccess: { down: 50, up: 10 },
    arrivals: { ...vod.arrivals, stay: true, atS: Array.from({ length: 12 }, (_, i) => (i < 6 ? 1 + i : 31 + 5 * (i - 6))) },
  };
  const world = new World(setting, { seed: 1, delivery, checkEvery: 5_000 });
  const found: { bufferS: number; aheadS: number; stalledS: number }[] = [];
  world.clock.in(AT_S * 1_000, () => {
    world.origin.failing = true;
    for (const member of world.members) {
      if (member instanceof Viewer) member.transport.send = () => true;
      if (member.index < 6) continue;
      const late = { bufferS: member.player.bufferS, aheadS: member instanceof Viewer ? member.engine.stats(world.clock.nowMs).aheadS : 0, stalledS: 0 };
      found.push(late);
      const stalled = member.events.stalled.bind(member.events);
      member.events.stalled = (ms) => {
        late.stalledS += ms / 1_000;
        stalled(ms);
      };
    }
  });
  world.run();
  return found;
}

it("the engine's buffer runs ahead of the player's, and bridges half a minute without origin and neighbours (PL4)", { timeout: 60_000 }, () => {
  const [ours, plain] = [silence("auto"), silence("origin")];
  const mean = (all: readonly Late[], of: (late: Late) => number): string => (all.reduce((sum, late) => sum + of(late), 0) / all.length).toFixed(1);
  const line = (all: readonly Late[]): string => `${mean(all, (l) => l.bufferS)} s in the player, ${mean(all, (l) => l.aheadS)} s in the engine, ${mean(all, (l) => l.stalledS)} s of ${SILENCE_S} s stalled`;
  console.log(`PL4, ${ours.length} viewers: ${line(ours)}; plain hls.js: ${line(plain)}`);
  for (const { bufferS, aheadS, stalledS } of ours) {
    expect(aheadS).toBeGreaterThan(bufferS + 10);
    expect(stalledS).toBe(0);
  }
  for (const { stalledS } of plain) expect(stalledS).toBeGreaterThan(10);
});
