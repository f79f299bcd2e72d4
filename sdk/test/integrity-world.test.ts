import { describe, expect, test } from "vitest";
import type { Message } from "../src/protocol/message.js";
import { World, type Viewer } from "./world.js";
import { Stream } from "./world-stream.js";

const corrupts = (message: Message): Message[] => [message.type === "DATA" ? { ...message, payload: message.payload.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) } : message];
/** Says of every segment from `from` on that it has so many bytes, and that it has them all. */
const missizes = (sizeBytes: number, from = 0) => (message: Message): Message[] =>
  [message.type === "HAVE" ? { ...message, entries: message.entries.map((e) => (e.segment.sequence < from || e.chunks === "none" ? e : { ...e, sizeBytes, chunks: "all" as const })) } : message];

function expectTrue(viewer: Viewer, count: number): void {
  expect(viewer.player.delivered.map((d) => [d.sequence, d.correct])).toEqual(Array.from({ length: count }, (_, i) => [i, true]));
}

const fetches = (world: World, viewer: Viewer): number => world.log.filter((f) => f.viewer === viewer.peer).length;

describe("Polluters", () => {
  for (const ranges of [true, false])
    test(`without a witness: nothing false is delivered and the liar is banned (${ranges ? "ranges" : "no ranges"})`, () => {
      const world = new World([new Stream()]);
      world.origin.ranges = ranges;
      const liar = world.join({ tampers: corrupts });
      world.run(30);
      const victim = world.join();
      world.run(70);
      expectTrue(victim, 15);
      expect(victim.effectsOf("banned")).toMatchObject([{ peer: liar.peer }]);
      expect(liar.effectsOf("banned")).toEqual([]);
      expect(victim.player.stalledMs).toBe(0);
    });

  test("with witnesses: liars are banned by all, honest peers by nobody", () => {
    const world = new World([new Stream()], 7);
    world.join();
    const liars = [world.join({ tampers: corrupts }), world.join({ tampers: corrupts })].map((v) => v.peer);
    world.run(20);
    const victims = [world.join(), world.join(), world.join()];
    world.run(90);
    for (const victim of victims) {
      expectTrue(victim, 15);
      expect(victim.player.stalledMs).toBe(0);
      expect(victim.effectsOf("banned").map((b) => b.peer).every((p) => liars.includes(p))).toBe(true);
    }
    const honest = world.present().filter((v) => !liars.includes(v.peer));
    for (const v of honest) for (const w of honest) if (v !== w) expect(v.linked).toContain(w.peer);
  });

  test("with a witness and an origin without ranges, a segment is fetched once to settle all of it", () => {
    const world = new World([new Stream()]);
    world.origin.ranges = false;
    world.join();
    world.join({ tampers: corrupts });
    world.run(30);
    const victim = world.join();
    world.run(70);
    expectTrue(victim, 15);
    expect(victim.player.stalledMs).toBe(0);
    expect(fetches(world, victim)).toBeLessThan(20);
  });

  // Without a publisher's signature a liar that is mostly honest is found by spot checks: soon, not at once. Those who were
  // deceived meanwhile and passed it on are not banned for it.
  for (const [name, isLive] of [["VoD", false], ["live", true]] as const)
    test(`one who corrupts every third chunk is found out by and by (${name})`, { timeout: 60_000 }, () => {
      let falsely = 0;
      let played = 0;
      for (const viewers of [1, 2, 4])
        for (const everyS of [2, 4, 7]) {
          const world = new World([new Stream({ live: isLive, count: isLive ? 8 : 15 })], 2);
          let sent = 0;
          const liar = world.join({ tampers: (m) => (m.type === "DATA" && ++sent % 3 === 0 ? corrupts(m) : [m]) });
          const honest = Array.from({ length: viewers }, () => {
            world.run(everyS);
            return world.join();
          });
          world.run(70);
          for (const v of honest) {
            played += v.player.delivered.length;
            falsely += v.player.delivered.filter((d) => !d.correct).length;
          }
          expect(honest.some((v) => v.effectsOf("banned").some(({ peer }) => peer === liar.peer)) || falsely === 0).toBe(true);
        }
      expect(falsely).toBeLessThan(played / 2);
    });

  test("hearsay is passed on as hearsay", () => {
    const world = new World([new Stream()]);
    world.join();
    world.run(20);
    const relay = world.join();
    world.run(6);
    const viewer = world.join();
    world.run(10);
    const words = relay.sent.filter((s) => s.to === viewer.peer && s.message.type === "INTEGRITY" && !s.message.fromOrigin);
    expect(words.length).toBeGreaterThan(0);
  });
});

describe("Wrong sizes", () => {
  for (const sizeBytes of [100_000, 1_000_000])
    for (const from of [0, 5])
      test(`an origin that tells sizes is believed: ${sizeBytes} bytes, lied about from segment ${from} on`, () => {
        for (const honest of [0, 1]) {
          const world = new World([new Stream()]);
          for (let i = 0; i < honest; i++) world.join();
          world.join({ tampers: missizes(sizeBytes, from) });
          world.run(20);
          const victim = world.join();
          world.run(80);
          expectTrue(victim, 15);
          expect(victim.player.stalledMs).toBe(0);
          expect(fetches(world, victim)).toBeLessThan(60);
        }
      });

  // A size that a neighbour told is never put to the test when the origin hides it: `Fetches.done` learns from a body only
  // while no size is known, and `#cut` ends where the neighbour's word says. Too small: what is delivered is cut short. Too
  // large: the segment never completes, and the whole of it is fetched again and again without a pause. An uncertain size
  // must give way to the end of a body that was asked for whole (or came short of the range's end).
  test("too small, with an origin that hides sizes: nothing is delivered cut short", () => {
    const world = new World([new Stream()]);
    world.origin.tellsSize = false;
    world.join({ tampers: missizes(100_000) });
    world.run(20);
    const victim = world.join();
    world.run(80);
    expectTrue(victim, 15);
  });

  test("too large, with an origin that hides sizes: the segment is not fetched over and over", () => {
    const world = new World([new Stream()]);
    world.origin.tellsSize = false;
    world.join({ tampers: missizes(1_000_000) });
    world.run(20);
    const victim = world.join();
    world.run(80);
    expectTrue(victim, 15);
    expect(fetches(world, victim)).toBeLessThan(60);
  });
});
