import { describe, expect, test } from "vitest";
import { World } from "./world.js";
import { Stream } from "./world-stream.js";

/** Four viewers, 3 s apart. */
function playing(live: boolean, seed = 1): World {
  const world = new World([new Stream({ live, count: live ? 8 : 15 })], seed);
  for (let i = 0; i < 4; i++) {
    world.join();
    world.run(3);
  }
  return world;
}

function expectWatched(world: World): void {
  for (const { player, effectsOf } of world.present().map((v) => ({ player: v.player, effectsOf: v.effectsOf.bind(v) }))) {
    expect(player.delivered.every((d) => d.correct)).toBe(true);
    expect(player.stalledMs).toBe(0);
    expect(effectsOf("banned")).toEqual([]);
  }
}

for (const live of [false, true])
  describe(`${live ? "Live" : "VoD"}: four viewers`, () => {
    test("whose tabs stand still for five seconds in turn", () => {
      const world = playing(live);
      for (const viewer of world.present()) {
        viewer.freeze(5);
        world.run(8);
      }
      world.run(20);
      for (const v of world.present()) {
        expect(v.player.delivered.every((d) => d.correct)).toBe(true);
        expect(v.player.delivered.length).toBeGreaterThanOrEqual(13);
      }
    });

    test("of whom three leave without a word, which is noticed after five seconds", () => {
      const world = playing(live);
      for (const v of world.present().slice(0, 3)) v.leave(5_000);
      world.run(45);
      expect(world.present()).toHaveLength(1);
      expectWatched(world);
    });

    test("whose origin slows to a tenth for 20 s", () => {
      const world = playing(live);
      world.origin.rateBps /= 10;
      world.run(20);
      world.origin.rateBps *= 10;
      world.run(20);
      expectWatched(world);
    });

    test("whose tracker dies", () => {
      const world = playing(live);
      world.trackerDown = true;
      for (const v of world.present()) v.handle({ type: "tracker-down" });
      world.run(45);
      expectWatched(world);
      expect(world.copies(world.streams[0]!).steady).toBeLessThan(1.2);
    });

    test("on a lossy network, whose messages overtake each other", () => {
      const world = playing(live, 2);
      world.lossRate = 0.05;
      world.retransmitMs = 1_000;
      world.run(40);
      expectWatched(world);
    });
  });
