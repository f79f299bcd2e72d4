import { describe, expect, test } from "vitest";
import { Bench } from "./bench.js";
import { World } from "./world.js";
import { Stream } from "./world-stream.js";

describe("Start (SYSTEMS QQ1)", () => {
  test("the first segment is asked of the origin at once, before the tracker has answered", () => {
    const b = new Bench();
    b.play();
    b.want(0);
    expect(b.of("fetch")).toMatchObject([{ reason: "start", segment: { sequence: 0 }, range: undefined }]);
    expect(b.effects.at(-1)?.atMs).toBe(b.nowMs);
  });

  test("so is an initialization segment, whenever it is asked for", () => {
    const b = new Bench();
    b.play();
    b.want(0);
    b.answer(b.of("fetch")[0]!);
    b.clear();
    b.handle({ type: "want", want: 99 as never, kind: "main", segment: { ref: { ...b.ref(0), id: "1.ffffffff.9", sequence: 0xffff_ffff }, startS: 0, durationS: 0 } });
    expect(b.of("fetch")).toMatchObject([{ reason: "start" }]);
  });

  test("a first segment that is in the store needs no origin", () => {
    const b = new Bench();
    b.play();
    b.want(0);
    b.answer(b.of("fetch")[0]!);
    b.clear();
    b.want(0);
    expect(b.of("deliver")).toHaveLength(1);
    expect(b.of("fetch")).toEqual([]);
  });

  test("the second segment waits for the neighbours that the tracker may still name", () => {
    const b = new Bench();
    b.play();
    b.want(0);
    b.answer(b.of("fetch")[0]!);
    b.want(1);
    b.advance(1_000);
    expect(b.of("fetch")).toHaveLength(1);
  });

  test("alone, nobody is waited for", () => {
    const b = new Bench();
    b.play();
    b.want(0);
    b.answer(b.of("fetch")[0]!);
    b.alone();
    b.want(1);
    expect(b.of("fetch").at(-1)).toMatchObject({ reason: "alone", segment: { sequence: 1 } });
  });

  test("with the tracker down the stream plays from the origin alone", () => {
    const stream = new Stream({ count: 6 });
    const world = new World([stream]);
    world.trackerDown = true;
    const viewer = world.join();
    viewer.handle({ type: "tracker-down" });
    world.run(30);
    expect(viewer.player.delivered.map((d) => [d.sequence, d.correct])).toEqual([0, 1, 2, 3, 4, 5].map((s) => [s, true]));
    expect(viewer.player.stalledMs).toBe(0);
    expect(world.copies(stream).all).toBe(1);
  });

  test("a silent tracker delays nothing but the second segment, and that for 3 s at most", () => {
    const b = new Bench();
    b.play();
    b.want(0);
    b.answer(b.of("fetch")[0]!);
    b.want(5);
    b.advance(3_100);
    expect(b.of("fetch").at(-1)).toMatchObject({ reason: "alone", segment: { sequence: 5 } });
  });
});
