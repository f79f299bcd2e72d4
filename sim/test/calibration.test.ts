import { expect, it } from "vitest";
import { simulate } from "../src/simulate.js";
import { Viewer } from "../src/viewer.js";

const PEERS = 6;
const calibration = (seed: number) =>
  simulate({ scenario: "calibration", peers: PEERS, seed, delivery: "seats", ri: 1, seconds: 24, freeRiders: undefined, polluters: undefined, checkEvery: 500 }).world;

it("on one machine everybody is everybody's neighbour", () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const { members } = calibration(seed);
    for (const viewer of members.filter((member) => member instanceof Viewer)) expect(viewer.engine.stats(24_000).neighbours.length, `seed ${seed}, viewer ${viewer.index}`).toBe(PEERS - 1);
  }
});

it("a player starts with the level that hls.js takes for granted, and goes to the best one", () => {
  const { members, levels, meter } = calibration(1);
  const [best, , lowest] = levels;
  expect(meter.originBytes.start).toBe(PEERS * (lowest?.media(1_000).sizeBytes ?? 0));
  for (const { player } of members) expect(player.level).toBe(best);
});
