import { describe, expect, test } from "vitest";
import type { Message } from "../src/protocol/message.js";
import { signedBelief } from "../src/protocol/signed-judge.js";
import { Bench } from "./bench.js";
import { chunkHashes, rootOf } from "./world-publisher.js";
import { Stream } from "./world-stream.js";

function seeding(setting: ConstructorParameters<typeof Bench>[0] = {}): Bench {
  const b = new Bench(setting);
  b.play();
  const [first] = b.stream.playlist(b.nowMs);
  b.want(first?.ref.sequence ?? 0);
  b.answer(b.of("fetch")[0]!);
  b.alone();
  b.clear();
  return b;
}

describe("A flood (SYSTEMS SE1)", () => {
  const kinds: readonly ((b: Bench) => Message)[] = [
    (b) => ({ type: "HAVE", entries: [b.entry(1)] }),
    (b) => ({ type: "WANT", segments: [b.ref(1)] }),
    (b) => ({ type: "PROMISE", runs: [{ segment: b.ref(1), first: 0, count: 1 }], withdrawn: false }),
    (b) => ({ type: "REQUEST", runs: [{ segment: b.ref(1), first: 0, count: 1 }], urgent: true }),
    (b) => ({ type: "CANCEL", runs: [{ segment: b.ref(0), first: 0, count: 1 }] }),
    (b) => ({ type: "INTEGRITY_REQ", runs: [{ segment: b.ref(0), first: 0, count: 1 }] }),
    () => ({ type: "UNCHOKE" }),
  ];
  for (const kind of kinds) {
    const { type } = kind(seeding());
    test(`of ${type} bans its sender, and nobody else`, () => {
      const b = seeding();
      const [flooder, other] = [b.neighbour(1), b.neighbour(2)];
      for (let i = 0; i < 5_100; i++) b.say(flooder, kind(b));
      expect(b.of("banned")).toMatchObject([{ peer: flooder, reason: "flood" }]);
      expect(b.engine.stats(b.nowMs).neighbours.map(({ peer }) => peer)).toEqual([other]);
    });
  }

  test("is not what a busy neighbour sends: forty messages a second, for ten minutes", () => {
    const b = seeding();
    const busy = b.neighbour(1);
    for (let second = 0; second < 600; second++) {
      for (let i = 0; i < 40; i++) b.say(busy, { type: "WANT", segments: [b.ref(1)] });
      b.nowMs += 1_000;
    }
    expect(b.of("banned")).toEqual([]);
  });

  test("of hashes asked for, which are a hundred times as long as the question, bans its sender, by agreement and by signature", () => {
    for (const belief of [undefined, signedBelief]) {
      const b = seeding({ ...(belief && { belief }) });
      const body = b.stream.body(0);
      b.handle({ type: "signed", track: b.stream.track, segments: [{ sequence: 0, variant: b.ref(0).variant, sizeBytes: body.length, root: rootOf(body.length, chunkHashes(body)) }] });
      for (const { token } of b.of("check-list")) b.handle({ type: "list-checked", token, isTrue: true });
      const flooder = b.neighbour(1);
      const runs = Array.from({ length: 256 }, () => ({ segment: b.ref(0), first: 0, count: b.chunks(0) }));
      for (let i = 0; i < 100; i++) b.say(flooder, { type: "INTEGRITY_REQ", runs });
      b.advance(500);
      expect(b.of("banned")).toMatchObject([{ peer: flooder, reason: "flood" }]);
      const told = b.sent("INTEGRITY", flooder).reduce((sum, { message }) => sum + message.hashes.length, 0);
      expect(told).toBeGreaterThan(0);
      expect(told).toBeLessThan(60_000);
    }
  });

  test("is not what one asks who takes 300 chunks a second of others, for ten minutes", () => {
    const b = seeding();
    const busy = b.neighbour(1);
    for (let second = 0; second < 600; second++) {
      for (let i = 0; i < 30; i++) b.say(busy, { type: "INTEGRITY_REQ", runs: [{ segment: b.ref(0), first: i, count: 10 }] });
      b.nowMs += 1_000;
    }
    expect(b.of("banned")).toEqual([]);
  });

  test("of DATA that nobody asked for bans its sender with the fifth chunk", () => {
    const b = seeding();
    const flooder = b.neighbour(1);
    for (let i = 0; i < 5; i++) b.give(flooder, 0, i);
    expect(b.of("banned")).toMatchObject([{ peer: flooder, reason: "unrequested data" }]);
  });

  test("of chunks that are here already bans one who may push, and of segments that nobody knows as well", () => {
    for (const sequence of [100, 99_999]) {
      const b = seeding({ stream: new Stream({ live: true, count: 6 }), delivery: "hybrid" });
      const child = b.neighbour(1);
      const streams = [0, 1, 2, 3].map(() => ({ sequence: 100, chunks: 8, path: [1] }));
      b.say(child, { type: "SUBSTREAMS", refused: false, track: b.stream.track, bits: 1, slots: 9, spare: 9, streams });
      const payload = b.chunk(100, 0);
      for (let i = 0; i < 1_100; i++) b.say(child, { type: "DATA", segment: { ...b.ref(100), sequence, id: sequence === 100 ? b.ref(100).id : "1.ffff.8" }, chunk: 0, payload });
      expect(b.of("banned"), String(sequence)).toMatchObject([{ peer: child }]);
    }
  });
});
