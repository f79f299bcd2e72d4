import { describe, expect, test } from "vitest";
import type { PeerId, TrackId } from "../src/protocol/ids.js";
import { Bench } from "./bench.js";
import { Stream } from "./world-stream.js";

const SLICE = 16 * 16_384;

/** A viewer of a live stream of three slices a segment that has begun to play, in a swarm of `swarmSize`; 101 is about to appear. */
function watching(setting: { swarmSize?: number; serves?: boolean; ranges?: boolean } = {}): { b: Bench; peer: PeerId } {
  const b = new Bench({ stream: new Stream({ live: true, count: 6 }), ...(setting.serves === undefined ? {} : { serves: setting.serves }) });
  b.play();
  b.at(-60, false);
  b.want(100);
  b.answer(b.of("fetch")[0]!);
  const peer = b.neighbour(1);
  b.handle({ type: "tracker-peers", peers: [], swarmSize: setting.swarmSize ?? 14 });
  return { b, peer };
}

function seats(b: Bench, held: readonly { slice: number; copy: number }[], of = 1): void {
  b.handle({ type: "seats", track: b.stream.track, seats: held, of });
}

/** Lets 101 appear, and the playlist show it. */
function appear(b: Bench): void {
  b.advance(3_000);
  b.clear();
  b.reload();
}

const asked = (b: Bench): [reason: string, start: number | undefined][] => b.of("fetch").map((f) => [f.reason, f.range?.start]);
const bits = (b: Bench, first: number, count: number): Uint8Array => {
  const field = new Uint8Array(Math.ceil(b.chunks(101) / 8));
  for (let i = first; i < Math.min(first + count, b.chunks(101)); i++) field[i >> 3]! |= 0x80 >> (i & 7);
  return field;
};

describe("Origin seats (DESIGN, Delivery 3)", () => {
  test("who has one takes its slices the moment that its playlist shows the segment, and promises them", () => {
    const { b, peer } = watching();
    seats(b, [{ slice: 0, copy: 0 }, { slice: 2, copy: 0 }]);
    appear(b);
    expect(asked(b)).toEqual([["seat", 0], ["seat", 2 * SLICE]]);
    expect(b.sent("PROMISE", peer)).toHaveLength(2);
  });

  test("each once, also when the segment is shorter than the playlist promised", () => {
    const { b } = watching();
    seats(b, [{ slice: 2, copy: 0 }]);
    appear(b);
    b.handle({ type: "origin-failed", fetch: b.of("fetch")[0]!.fetch, status: 416, timedOut: false });
    b.advance(3_000);
    expect(asked(b)).toHaveLength(1);
  });

  test("again when the origin has failed", () => {
    const { b } = watching();
    seats(b, [{ slice: 1, copy: 0 }]);
    appear(b);
    b.handle({ type: "origin-failed", fetch: b.of("fetch")[0]!.fetch, status: 503, timedOut: false });
    b.advance(1_000);
    expect(asked(b)).toEqual([["seat", SLICE], ["seat", SLICE]]);
  });

  test("neighbours hear at once of what it has brought", () => {
    const { b, peer } = watching();
    seats(b, [{ slice: 0, copy: 0 }]);
    appear(b);
    b.answer(b.of("fetch")[0]!);
    b.advance(60);
    expect(b.sent("HAVE", peer)).toHaveLength(1);
  });

  test("not a slice that a neighbour holds already, all of it", () => {
    const { b, peer } = watching();
    seats(b, [{ slice: 0, copy: 0 }, { slice: 1, copy: 0 }]);
    b.advance(3_000);
    b.clear();
    b.say(peer, { type: "HAVE", entries: [b.entry(101, bits(b, 0, 16))] });
    b.reload();
    expect(asked(b)).toEqual([["seat", SLICE]]);
  });

  test("the second of two waits half a second, and takes what nobody near has", () => {
    const { b, peer } = watching();
    seats(b, [{ slice: 0, copy: 1 }, { slice: 1, copy: 1 }], 2);
    appear(b);
    b.say(peer, { type: "PROMISE", runs: [{ segment: b.ref(101), first: 0, count: 16 }], withdrawn: false });
    b.advance(450);
    expect(asked(b)).toEqual([]);
    b.advance(600);
    expect(asked(b)).toEqual([["seat", SLICE]]);
  });

  test("also where the first has begun, in a large swarm: it may leave, and the rest of the slice with it", () => {
    const { b, peer } = watching({ swarmSize: 200 });
    seats(b, [{ slice: 0, copy: 1 }], 2);
    appear(b);
    b.say(peer, { type: "HAVE", entries: [b.entry(101, bits(b, 0, 12))] });
    b.advance(450);
    expect(asked(b)).toEqual([]);
    b.advance(600);
    expect(b.of("fetch")).toMatchObject([{ reason: "seat", range: { start: 12 * 16_384, end: SLICE } }]);
  });

  test("everybody else leaves the segment to those who have them, for some seconds", () => {
    const { b } = watching();
    seats(b, []);
    appear(b);
    b.advance(4_400);
    expect(asked(b)).toEqual([]);
    b.advance(5_000);
    expect(asked(b).map(([reason]) => reason)).toContain("slice");
  });

  test("what was taken is told, once a segment, and what nobody has seen by then is reported, once, but for one's own slices", () => {
    const { b, peer } = watching();
    seats(b, [{ slice: 2, copy: 0 }]);
    appear(b);
    b.say(peer, { type: "HAVE", entries: [b.entry(101, bits(b, 0, 1))] });
    b.advance(100);
    const taken = { type: "slice-missing", segment: b.ref(101), slices: [] };
    expect(b.of("slice-missing")).toEqual([taken]);
    b.advance(9_000);
    expect(b.of("slice-missing")).toEqual([taken, { ...taken, slices: [1] }]);
  });

  test("that nothing is left to take is told too: where the segment has no such slice, and where it is all here", () => {
    const taken = (b: Bench): unknown => [{ type: "slice-missing", segment: b.ref(101), slices: [] }];
    const short = watching().b;
    seats(short, [{ slice: 3, copy: 0 }]);
    appear(short);
    expect(asked(short)).toEqual([]);
    expect(short.of("slice-missing")).toEqual(taken(short));

    const { b } = watching();
    seats(b, []);
    appear(b);
    b.want(101);
    for (let waited = 0; waited < 20 && b.of("deliver").length === 0; waited++) {
      b.advance(1_000);
      const fetches = b.of("fetch");
      b.clear();
      for (const fetch of fetches) b.answer(fetch);
    }
    expect(b.of("deliver")).toHaveLength(1);
    b.clear();
    seats(b, [{ slice: 0, copy: 0 }]);
    b.advance(600);
    expect(b.of("slice-missing")).toEqual(taken(b));
  });

  test("in a large swarm by few: sixteen or so", () => {
    let reports = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const b = new Bench({ stream: new Stream({ live: true, count: 6 }), seed });
      b.play();
      b.at(-60, false);
      b.want(100);
      b.answer(b.of("fetch")[0]!);
      b.neighbour(1);
      b.handle({ type: "tracker-peers", peers: [], swarmSize: 60 });
      seats(b, []);
      appear(b);
      b.advance(6_000);
      reports += b.of("slice-missing").length;
    }
    expect(reports).toBeGreaterThan(8);
    expect(reports).toBeLessThan(28);
  });

  test("segments that were there when the playlist was loaded first are not waited for, nor reported", () => {
    const { b } = watching();
    seats(b, []);
    b.clear();
    b.want(99);
    b.advance(9_000);
    expect(b.of("slice-missing")).toEqual([]);
    expect(asked(b).length).toBeGreaterThan(0);
  });

  test.each([["that nobody can have", (b: Bench) => seats(b, [], 0)], ["of a tracker that is gone", (b: Bench) => { seats(b, []); b.handle({ type: "tracker-down" }); }]])(
    "%s: viewers agree among themselves, at once", (_name, lose) => {
      const { b } = watching();
      lose(b);
      appear(b);
      b.advance(3_500);
      expect(asked(b).map(([reason]) => reason)).toContain("slice");
      expect(b.of("slice-missing")).toEqual([]);
    });

  test("when the tracker is back they count again", () => {
    const { b } = watching();
    seats(b, [{ slice: 0, copy: 0 }]);
    b.handle({ type: "tracker-down" });
    seats(b, [{ slice: 1, copy: 0 }]);
    appear(b);
    expect(asked(b)).toEqual([["seat", SLICE]]);
  });

  test("in a small swarm too", () => {
    const { b } = watching({ swarmSize: 3 });
    seats(b, [{ slice: 0, copy: 0 }]);
    appear(b);
    expect(asked(b)).toEqual([["seat", 0]]);
  });

  test("of an origin without ranges: the first slice's stands for the segment, the others for nothing", () => {
    for (const [slice, expected] of [[0, [["seat", undefined]]], [1, []]] as const) {
      const { b } = watching();
      b.want(99);
      b.advance(8_000);
      for (const f of b.of("fetch").slice(1)) b.handle({ type: "origin-head", fetch: f.fetch, startByte: f.range?.start ?? 0, sizeBytes: undefined });
      b.at(b.stream.info(b.stream.edge(b.nowMs)).startS, false);
      seats(b, [{ slice, copy: 0 }]);
      b.advance(4_000);
      b.clear();
      b.reload();
      expect(asked(b).filter(([reason]) => reason === "seat").slice(0, 1)).toEqual(expected);
    }
  });

  test("what they bring is brought to its end for the others when the own player wants it no more", () => {
    const { b } = watching();
    seats(b, [{ slice: 0, copy: 0 }]);
    appear(b);
    const want = b.want(101);
    b.handle({ type: "unwant", want });
    expect(b.of("abort-fetch")).toEqual([]);
  });

  test("who has one looks for the next segment before the player does, until it is there", () => {
    const { b } = watching();
    seats(b, [{ slice: 0, copy: 0 }]);
    b.clear();
    b.advance(2_900);
    expect(b.of("reload-playlist")).toEqual([]);
    b.advance(1_200);
    expect(b.of("reload-playlist").map((e) => e.track)).toEqual([b.stream.track, b.stream.track, b.stream.track]);
    b.reload();
    b.clear();
    b.advance(2_900);
    expect(b.of("reload-playlist")).toEqual([]);
  });

  test("or a neighbour tells of it; but not for ever", () => {
    const { b, peer } = watching();
    seats(b, [{ slice: 0, copy: 0 }]);
    b.clear();
    b.say(peer, { type: "HAVE", entries: [b.entry(101)] });
    b.advance(100);
    expect(b.of("reload-playlist")).toHaveLength(1);
    b.advance(60_000);
    expect(b.of("reload-playlist").length).toBeLessThan(20);
  });
});

describe("What the tracker is told of a live viewer", () => {
  test("the tracks it plays, when it has its first picture, and when it changes them", () => {
    const { b } = watching();
    expect(b.of("live-status")).toEqual([{ type: "live-status", tracks: [1], willing: true, uplinkBps: undefined }]);
    b.clear();
    const other = new Stream({ track: 2, live: true, count: 6 });
    b.handle({ type: "playlist", track: other.track, kind: other.kind, live: true, bandwidthBps: other.bandwidthBps, segments: other.playlist(b.nowMs) });
    b.want(100, other);
    expect(b.of("live-status").map((e) => e.tracks)).toEqual([[2 as TrackId]]);
  });

  test("nothing of VoD", () => {
    const b = new Bench();
    b.play();
    b.want(0);
    b.answer(b.of("fetch")[0]!);
    b.advance(5_000);
    expect(b.of("live-status")).toEqual([]);
  });

  test("that it takes no seats while it sleeps, or does not serve", () => {
    const { b } = watching();
    b.handle({ type: "awake", awake: false });
    b.handle({ type: "awake", awake: false });
    b.handle({ type: "awake", awake: true });
    expect(b.of("live-status").map((e) => e.willing)).toEqual([true, false, true]);
    expect(watching({ serves: false }).b.of("live-status").map((e) => e.willing)).toEqual([false]);
  });

  test("its uplink, when it is measured", () => {
    const { b, peer } = watching();
    b.say(peer, { type: "REQUEST", runs: [{ segment: b.ref(100), first: 0, count: 4 }], urgent: false });
    b.advance(100);
    b.handle({ type: "writable", peer, bufferedBytes: 0 });
    b.advance(1_500);
    expect(b.of("live-status").at(-1)?.uplinkBps).toBeGreaterThan(1_000_000);
  });
});
