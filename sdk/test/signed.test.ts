import { expect, test } from "vitest";
import type { Message } from "../src/protocol/message.js";
import { World, type Viewer } from "./world.js";
import type { PublisherSetting } from "./world-publisher.js";
import { Stream } from "./world-stream.js";

const flipped = (bytes: Uint8Array, at = 0): Uint8Array => bytes.with(at, (bytes[at] ?? 0) ^ 1);
const corrupts = (message: Message): Message[] => [message.type === "DATA" ? { ...message, payload: flipped(message.payload) } : message];
const forgesLists = (message: Message): Message[] => [message.type === "INTEGRITY" ? { ...message, fromOrigin: true, hashes: message.hashes.map((h) => [...h].reverse().join("") as typeof h) } : message];

function signedWorld({ publisher = {}, stream = new Stream(), seed = 1 }: { publisher?: Partial<PublisherSetting>; stream?: Stream; seed?: number } = {}): World {
  const world = new World([stream], seed);
  world.publisher = { latencyMs: 30, covers: () => true, refuses: undefined, list: (_sequence, truth) => truth, ...publisher };
  return world;
}

function expectAllTrue(viewer: Viewer, count: number): void {
  expect(viewer.player.delivered.map((d) => [d.sequence, d.correct])).toEqual(Array.from({ length: count }, (_, i) => [i, true]));
}

const neverAsksForOpinions = (world: World): void => expect(world.log.filter(({ reason }) => reason === "check" || reason === "settle")).toEqual([]);

test("a signed stream plays, is shared, and nobody asks the origin for its opinion", () => {
  const world = signedWorld();
  const first = world.join();
  world.run(20);
  const second = world.join();
  world.run(80);
  for (const viewer of [first, second]) {
    expectAllTrue(viewer, 15);
    expect(viewer.player.stalledMs).toBe(0);
    expect(viewer.effectsOf("refused")).toEqual([]);
  }
  expect(second.stats().peerBytes).toBeGreaterThan(0.8 * second.stats().playedBytes);
  neverAsksForOpinions(world);
});

test("one forged chunk is enough to be banned, without a question to anybody", () => {
  const world = signedWorld();
  world.join();
  const liar = world.join({ tampers: corrupts });
  world.run(30);
  const victim = world.join();
  world.run(80);
  expectAllTrue(victim, 15);
  expect(victim.player.stalledMs).toBe(0);
  expect(victim.effectsOf("banned")).toMatchObject([{ peer: liar.peer, reason: "forged chunk" }]);
  expect(liar.effectsOf("banned")).toEqual([]);
  neverAsksForOpinions(world);
});

test("who makes up a list is banned, and the list comes from the next one", () => {
  const world = signedWorld({ publisher: { list: () => undefined } });
  const liar = world.join({ tampers: forgesLists });
  world.join();
  world.run(30);
  const victim = world.join();
  world.run(80);
  expectAllTrue(victim, 15);
  expect(victim.effectsOf("banned")).toMatchObject([{ peer: liar.peer, reason: "forged chunk list" }]);
});

test("with liars all around nothing false is played and nobody stalls", () => {
  const world = signedWorld({ seed: 3 });
  for (let i = 0; i < 3; i++) world.join({ tampers: (m) => (m.type === "DATA" ? corrupts(m) : forgesLists(m)) });
  world.run(10);
  const honest = [world.join(), world.join()];
  world.run(90);
  for (const viewer of honest) {
    expectAllTrue(viewer, 15);
    expect(viewer.player.stalledMs).toBe(0);
    expect(viewer.effectsOf("banned").some(({ peer }) => honest.some((h) => h.peer === peer))).toBe(false);
  }
});

test("whatever is dropped, evicted and sent again while lists are awaited, nothing false is played", () => {
  for (let seed = 1; seed <= 2; seed++) {
    const world = signedWorld({ seed, stream: new Stream({ count: 10, bandwidthBps: 3_000_000 }), publisher: { latencyMs: 400 } });
    let sent = 0;
    const sometimes = (message: Message): Message[] => (++sent % 7 === 0 ? (message.type === "DATA" ? corrupts(message) : forgesLists(message)) : [message]);
    world.join();
    for (let i = 0; i < 3; i++) world.join({ tampers: sometimes });
    world.run(6);
    const honest = [world.join({ memoryBytes: 2_000_000 }), world.join({ memoryBytes: 3_000_000 })];
    world.run(60);
    for (const viewer of world.viewers.values()) for (const { sequence, correct } of viewer.player.delivered) expect(correct, `seed ${seed}, segment ${sequence}`).toBe(true);
    for (const viewer of honest) expect(viewer.player.delivered.length).toBe(10);
  }
});

test("live: what is forged is not passed on, and offload stays", () => {
  const world = signedWorld({ stream: new Stream({ live: true, count: 8 }) });
  const viewers = Array.from({ length: 6 }, (_, i) => {
    world.run(2);
    return world.join(i === 2 ? { tampers: corrupts } : {});
  });
  world.run(80);
  for (const [i, viewer] of viewers.entries()) {
    expect(viewer.player.delivered.every((d) => d.correct)).toBe(true);
    expect(viewer.player.delivered.length).toBeGreaterThan(15);
    if (i !== 2) expect(viewer.player.stalledMs).toBe(0);
  }
  expect(world.copies(world.streams[0]!).steady).toBeLessThan(2.5);
});

test("without lists beside the segments a list is made of what is there", () => {
  const world = signedWorld({ publisher: { list: () => undefined } });
  const alone = world.join();
  world.run(20);
  const second = world.join();
  world.run(80);
  for (const viewer of [alone, second]) expectAllTrue(viewer, 15);
});

test("a list from the origin that is not the signed one is asked for again", () => {
  let asked = 0;
  const world = signedWorld({ publisher: { list: (_sequence, truth) => (asked++ % 2 === 0 ? truth.toReversed() : truth) } });
  const viewer = world.join();
  world.run(90);
  expectAllTrue(viewer, 15);
});

test("an answer of the origin that was altered is fetched again", () => {
  const world = signedWorld();
  const seen = new Set<string>();
  world.origin.alters = (body, { segment }) => {
    if (segment.sequence % 3 !== 1 || seen.has(segment.id)) return body;
    seen.add(segment.id);
    return flipped(body, 20_000);
  };
  const viewer = world.join();
  world.run(90);
  expectAllTrue(viewer, 15);
  expect(seen.size).toBe(5);
  expect(viewer.effectsOf("refused").map(({ code, isFinal }) => [code, isFinal])).toEqual(Array.from(seen, () => ["altered", false]));
  expect(viewer.player.failures).toEqual([]);
});

for (const tellsSize of [true, false])
  test(`an answer of the origin that was cut short is fetched again (${tellsSize ? "told" : "hidden"} sizes)`, () => {
    const world = signedWorld();
    world.origin.tellsSize = tellsSize;
    const seen = new Set<string>();
    world.origin.alters = (body, { segment }) => {
      if (segment.sequence % 3 !== 1 || seen.has(segment.id)) return body;
      seen.add(segment.id);
      return body.subarray(0, 100_000);
    };
    const viewer = world.join();
    world.run(90);
    expectAllTrue(viewer, 15);
    expect(viewer.player.failures).toEqual([]);
  });

test("an origin that always alters a segment is asked three times, and the player hears of a failure, not of false bytes", () => {
  const world = signedWorld();
  world.origin.alters = (body, { segment }) => (segment.sequence === 2 ? flipped(body) : body);
  const viewer = world.join();
  world.run(30);
  expectAllTrue(viewer, 2);
  expect(viewer.player.failures[0]).toMatchObject({ sequence: 2 });
  // A retry asks for what is missing alone, which may be two ranges.
  expect(world.log.filter((f) => f.sequence === 2 && f.atMs <= viewer.player.failures[0]!.atMs).length).toBeLessThan(7);
  expect(viewer.effectsOf("refused").slice(0, 3).map(({ code, isFinal }) => [code, isFinal])).toEqual([["altered", false], ["altered", false], ["altered", true]]);
});

test("a viewer whose origin alters everything plays from peers", () => {
  const world = signedWorld();
  world.join();
  world.run(40);
  const first = world.viewers.size;
  world.origin.alters = (body) => flipped(body);
  const victim = world.join();
  world.run(80);
  expect(first).toBe(1);
  expect(victim.player.delivered.every((d) => d.correct)).toBe(true);
  expect(victim.player.delivered.length).toBe(15);
});

test("without a manifest nothing is played, and the page hears of it once the bounded wait is over", () => {
  const world = signedWorld({ publisher: { refuses: "404" } });
  const viewer = world.join();
  world.run(9);
  expect(viewer.player.delivered).toEqual([]);
  expect(viewer.effectsOf("refused")).toMatchObject([{ code: "unsigned", isFinal: true, reason: "404" }]);
  expect(viewer.player.failures).toMatchObject([{ sequence: 0, status: 403 }]);
  expect(viewer.publisher!.asked.filter(({ type }) => type === "find-signed").length).toBeLessThan(10);
});

test("a manifest that comes late is waited for", () => {
  const world = signedWorld({ publisher: { covers: (_sequence, nowMs) => nowMs > 3_000 } });
  const viewer = world.join();
  world.run(90);
  expectAllTrue(viewer, 15);
  expect(viewer.effectsOf("refused")).toEqual([]);
});

test("live: a segment that the manifest does not have yet is played when it has", () => {
  const stream = new Stream({ live: true, count: 8 });
  const world = signedWorld({ stream, publisher: { covers: (sequence, nowMs) => nowMs > (sequence - 100) * stream.durationS * 1000 + 1_000 } });
  const viewers = [world.join(), world.join()];
  world.run(60);
  for (const viewer of viewers) {
    expect(viewer.player.delivered.length).toBeGreaterThan(12);
    expect(viewer.player.delivered.every((d) => d.correct)).toBe(true);
    expect(viewer.player.stalledMs).toBe(0);
    expect(viewer.effectsOf("refused")).toEqual([]);
  }
});

test("signed and unsigned viewers share one swarm, and nobody of them is banned", () => {
  const world = signedWorld();
  const signed = world.join();
  const { publisher } = world;
  world.publisher = undefined;
  const unsigned = world.join();
  world.run(20);
  world.publisher = publisher;
  const late = world.join();
  world.run(90);
  for (const viewer of [signed, unsigned, late]) {
    expectAllTrue(viewer, 15);
    expect(viewer.effectsOf("banned")).toEqual([]);
  }
});
