import { describe, expect, test } from "vitest";
import type { PeerId } from "../src/protocol/ids.js";
import { rendezvousWeight } from "../src/protocol/rendezvous.js";
import { Bench } from "./bench.js";
import { peerId, World } from "./world.js";
import { Stream } from "./world-stream.js";

/** Started; a neighbour wants segment 1 too. Nobody has it. */
function sharing(neighbours = 1, stream = new Stream()): { b: Bench; peers: PeerId[]; mine: number[] } {
  const b = new Bench({ stream });
  b.play();
  b.at(-60, false);
  b.want(0);
  b.answer(b.of("fetch")[0]!);
  const peers = Array.from({ length: neighbours }, (_, i) => b.neighbour(i + 1));
  for (const p of peers) b.say(p, { type: "WANT", segments: [b.ref(1)] });
  b.clear();
  b.want(1);
  const mine = [0, 16, 32].filter((first) => peers.every((peer) => rendezvousWeight(peer, `${b.ref(1).id}/${first}`) < rendezvousWeight(peerId(0), `${b.ref(1).id}/${first}`)));
  return { b, peers, mine };
}

const asked = (b: Bench): number[] => b.of("fetch").flatMap((f) => [0, 16, 32].filter((first) => first * 16_384 >= (f.range?.start ?? 0) && first * 16_384 < (f.range?.end ?? Infinity)));

describe("Slices of a segment", () => {
  test("nothing is asked of the origin before others could say that they want it too", () => {
    const { b } = sharing();
    b.advance(250);
    expect(b.of("fetch")).toEqual([]);
  });

  test("then each fetches the slices that it wins, and promises them", () => {
    const { b, peers, mine } = sharing();
    b.advance(400);
    expect(asked(b)).toEqual(mine);
    expect(b.of("fetch").every((f) => f.reason === "slice")).toBe(true);
    expect(b.sent("PROMISE", peers[0]).map(({ message }) => message.withdrawn)).toEqual(b.of("fetch").map(() => false));
  });

  test("a slice that a neighbour has promised is left to it", () => {
    const { b, peers } = sharing();
    b.say(peers[0]!, { type: "PROMISE", runs: [{ segment: b.ref(1), first: 0, count: 65_535 }], withdrawn: false });
    b.advance(2_500);
    expect(b.of("fetch")).toEqual([]);
  });

  test("a promise that shows no progress for three seconds is void", () => {
    const { b, peers } = sharing();
    b.say(peers[0]!, { type: "PROMISE", runs: [{ segment: b.ref(1), first: 0, count: 65_535 }], withdrawn: false });
    b.advance(8_000);
    expect(new Set(asked(b))).toEqual(new Set([0, 16, 32]));
  });

  test("one that does is waited for longer", () => {
    const { b, peers } = sharing();
    b.say(peers[0]!, { type: "PROMISE", runs: [{ segment: b.ref(1), first: 0, count: 65_535 }], withdrawn: false });
    for (let i = 1; i < 4; i++) {
      b.advance(2_000);
      const bits = new Uint8Array(Math.ceil(b.chunks(1) / 8));
      for (let c = 0; c < i; c++) bits[0]! |= 0x80 >> c;
      b.say(peers[0]!, { type: "HAVE", entries: [b.entry(1, bits)] });
    }
    expect(b.of("fetch")).toEqual([]);
  });

  test("a promise withdrawn is taken over at once", () => {
    const { b, peers, mine } = sharing();
    const run = { segment: b.ref(1), first: 0, count: 65_535 };
    b.say(peers[0]!, { type: "PROMISE", runs: [run], withdrawn: false });
    b.advance(1_000);
    b.say(peers[0]!, { type: "PROMISE", runs: [run], withdrawn: true });
    b.advance(250);
    expect(asked(b)).toEqual(expect.arrayContaining(mine));
  });

  test("the slices of a winner that leaves are taken over", () => {
    const { b, peers } = sharing(2);
    b.advance(350);
    b.alone();
    for (const peer of peers) b.handle({ type: "disconnected", peer });
    // Where the segment ends is known from the first headers.
    for (const fetch of b.of("fetch")) b.handle({ type: "origin-head", fetch: fetch.fetch, startByte: fetch.range?.start ?? 0, sizeBytes: b.stream.body(1).length });
    b.advance(250);
    expect(new Set(asked(b))).toEqual(new Set([0, 16, 32]));
  });

  test("those of a winner that does nothing are taken over by chance, growing likely, before the deadline nears", () => {
    const { b } = sharing(3);
    b.advance(6_000);
    expect(new Set(asked(b))).toEqual(new Set([0, 16, 32]));
  });

  test("a failed fetch is withdrawn", () => {
    const { b, peers } = sharing();
    b.advance(400);
    const [fetch] = b.of("fetch");
    b.handle({ type: "origin-failed", fetch: fetch!.fetch, status: 503, timedOut: false });
    expect(b.sent("PROMISE", peers[0]).some(({ message }) => message.withdrawn)).toBe(true);
  });

  test("one who does not serve leaves the slices to those who do", () => {
    const b = new Bench({ serves: false });
    b.play();
    b.at(-60, false);
    b.want(0);
    b.answer(b.of("fetch")[0]!);
    const peer = b.neighbour(1);
    b.say(peer, { type: "WANT", segments: [b.ref(1)] });
    b.clear();
    b.want(1);
    b.advance(1_000);
    expect(b.of("fetch")).toEqual([]);
  });

  test("three simultaneous viewers fetch one copy together", () => {
    const stream = new Stream();
    const world = new World([stream]);
    const viewers = [world.join(), world.join(), world.join()];
    world.run(70);
    expect(world.copies(stream).steady).toBeLessThan(1);
    for (const v of viewers) {
      expect(v.player.delivered.filter((d) => d.correct)).toHaveLength(15);
      expect(v.player.stalledMs).toBe(0);
      const bytes = world.log.filter((f) => f.viewer === v.peer && f.reason === "slice").reduce((sum, f) => sum + f.bytes, 0);
      expect(bytes).toBeGreaterThan(1_000_000);
    }
  });

  test("and go on without a stall when one of them is gone in the middle", () => {
    const stream = new Stream();
    const world = new World([stream], 5);
    const viewers = [world.join(), world.join(), world.join()];
    world.run(12.4);
    viewers[1]!.leave();
    world.run(60);
    for (const v of [viewers[0]!, viewers[2]!]) {
      expect(v.player.delivered.filter((d) => d.correct)).toHaveLength(15);
      expect(v.player.stalledMs).toBe(0);
    }
    expect(world.copies(stream).steady).toBeLessThan(1.15);
  });

  // While no size is known, a slice past the real end answers 416; that counts as no failure, and the slice is still
  // lacking: it is asked for again at once, each round trip, until somebody's HAVE tells the size. Remember that the
  // segment ends before it (a 416 even says where, in Content-Range), or ask no sooner than after 500 ms.
  test("a slice past the end of the segment is asked for once", () => {
    const stream = new Stream({ sizeBytes: () => 300_123 });
    const world = new World([stream]);
    for (let i = 0; i < 3; i++) world.join();
    world.run(70);
    const slices = world.log.filter((f) => f.reason === "slice");
    expect(slices.length).toBeLessThan(45);
  });
});
