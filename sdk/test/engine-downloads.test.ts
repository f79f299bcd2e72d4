import { describe, expect, test } from "vitest";
import type { PeerId } from "../src/protocol/ids.js";
import { createBitfield, setBit } from "../src/protocol/bitfield.js";
import { CHUNK_BYTES } from "../src/protocol/segment.js";
import { Bench, indices } from "./bench.js";
import { World } from "./world.js";
import { Stream } from "./world-stream.js";

/** Started, alone with the neighbours that the test adds; far from any deadline. */
function started(setting: ConstructorParameters<typeof Bench>[0] = {}): Bench {
  const b = new Bench(setting);
  b.play();
  b.want(0);
  b.answer(b.of("fetch")[0]!);
  b.alone();
  b.clear();
  return b;
}

const outstanding = (b: Bench, peer: PeerId): number => b.requested(peer).length - b.sent("CANCEL", peer).flatMap(({ message }) => message.runs.flatMap(indices)).length;

describe("Requests to neighbours", () => {
  test("the high window is asked for in order", () => {
    const b = started();
    const peer = b.neighbour(1, { has: [1, 2, 3] });
    expect(b.requested(peer)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(b.sent("REQUEST", peer)[0]?.message.runs[0]?.segment.sequence).toBe(1);
  });

  test("eight at first, and not all of a pipeline is let run dry before more are asked for", () => {
    const b = started();
    const peer = b.neighbour(1, { has: [1] });
    expect(outstanding(b, peer)).toBe(8);
    for (let i = 0; i < 3; i++) b.give(peer, 1, i);
    expect(b.requested(peer)).toHaveLength(8);
    b.give(peer, 1, 3);
    expect(b.requested(peer)).toHaveLength(12);
  });

  test("a fast path far away gets a deeper pipeline, bounded at 64", () => {
    const b = started();
    const peer = b.neighbour(1, { has: [1, 2, 3] });
    for (let given = 0, round = 0; round < 12; round++) {
      b.advance(100);
      const asked = b.sent("REQUEST", peer).flatMap(({ message }) => message.runs.flatMap((r) => indices(r).map((c) => [r.segment.sequence, c] as const)));
      for (; given < asked.length; given++) b.give(peer, ...asked[given]!);
    }
    const perMessage = b.sent("REQUEST", peer).map(({ message }) => message.runs.reduce((sum, r) => sum + r.count, 0));
    expect(Math.max(...perMessage)).toBeGreaterThan(8);
    expect(Math.max(...perMessage)).toBeLessThanOrEqual(64);
  });

  test("several neighbours share one segment, none is asked for what another was (PS2)", () => {
    const b = started();
    const peers = [1, 2, 3].map((i) => b.neighbour(i, { has: [1] }));
    b.advance(10);
    const all = peers.flatMap((p) => b.requested(p, 1));
    expect(new Set(all).size).toBe(all.length);
    for (const p of peers) expect(b.requested(p, 1)).toHaveLength(8);
  });

  test("they bring it in proportion to their rates (PS2)", () => {
    const stream = new Stream({ count: 40 });
    const world = new World([stream], 3);
    const rates = [2_000_000, 8_000_000];
    const seeders = rates.map((uplinkBps) => world.join({ uplinkBps, goalS: 200 }));
    // Till they have all they want: who fetches for himself gives little.
    world.run(90);
    const leecher = world.join({ goalS: 200 });
    world.run(12);
    const [slow, fast] = seeders.map((s) => leecher.stats().neighbours.find((n) => n.peer === s.peer)?.downloadedBytes ?? 0) as [number, number];
    expect(fast / slow).toBeGreaterThan(2);
    expect(slow).toBeGreaterThan(200_000);
  });

  test("only chunks that the neighbour says it has", () => {
    const b = started();
    const field = createBitfield(b.chunks(1));
    for (const i of [3, 5, 6]) setBit(field, i);
    const peer = b.neighbour(1, { entries: [b.entry(1, field)] });
    expect(b.requested(peer)).toEqual([3, 5, 6]);
  });

  test("nothing while it chokes us, or when it does not serve", () => {
    const b = started();
    const choking = b.neighbour(1, { has: [1], unchokes: false });
    const mean = b.neighbour(2, { has: [1], serves: false });
    b.advance(500);
    expect(b.requested(choking)).toEqual([]);
    expect(b.requested(mean)).toEqual([]);
    b.say(choking, { type: "UNCHOKE" });
    expect(b.requested(choking)).toHaveLength(8);
  });

  test("what a neighbour was asked for goes elsewhere when it chokes us", () => {
    const b = started();
    const first = b.neighbour(1, { has: [1] });
    const second = b.neighbour(2, { has: [1] });
    b.say(first, { type: "CHOKE" });
    for (let i = 8; i < 16; i++) b.give(second, 1, i);
    b.advance(100);
    expect(b.requested(second)).toEqual(expect.arrayContaining(b.requested(first)));
  });

  test("what a neighbour was asked for goes elsewhere when it is lost", () => {
    const b = started();
    const first = b.neighbour(1, { has: [1] });
    b.handle({ type: "disconnected", peer: first });
    const second = b.neighbour(2, { has: [1] });
    expect(b.requested(second)).toEqual(b.requested(first));
  });

  test("what it rejects goes elsewhere", () => {
    const b = started();
    const first = b.neighbour(1, { has: [1] });
    b.say(first, { type: "REJECT", runs: [{ segment: b.ref(1), first: 0, count: 8 }] });
    const second = b.neighbour(2, { has: [1] });
    expect(b.requested(second)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test("a request without an answer is taken back after 2 s, before anything is measured (QQ4)", () => {
    const b = started();
    const peer = b.neighbour(1, { has: [1] });
    b.advance(1_900);
    expect(b.sent("CANCEL", peer)).toEqual([]);
    b.advance(300);
    expect(b.sent("CANCEL", peer).flatMap(({ message }) => message.runs.flatMap(indices))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test("and after srtt + 4 rttvar once it is (QQ4)", () => {
    const b = started();
    const peer = b.neighbour(1, { has: [1] });
    b.advance(50);
    for (let i = 0; i < 8; i++) b.give(peer, 1, i);
    b.clear();
    b.advance(1_400);
    expect(b.sent("CANCEL", peer)).toEqual([]);
    b.advance(500);
    expect(b.sent("CANCEL", peer).length).toBeGreaterThan(0);
  });

  test("timed-out requests go to another neighbour", () => {
    const b = started();
    const silent = b.neighbour(1, { has: [1] });
    const lost = b.requested(silent);
    b.advance(1_000);
    const good = b.neighbour(2, { has: [1] });
    for (let round = 0, given = 0; round < 14; round++) {
      b.advance(100);
      for (const c of b.requested(good, 1).slice(given, (given += 4))) b.give(good, 1, c);
    }
    expect(b.requested(good, 1)).toEqual(expect.arrayContaining(lost));
  });

  test("a neighbour that was silent for long is tried again", () => {
    const b = started();
    b.at(0, false);
    const peer = b.neighbour(1, { has: [1, 2, 3] });
    b.advance(30_000);
    b.clear();
    b.advance(12_000);
    expect(b.requested(peer).length).toBeGreaterThan(0);
  });

  test("DATA that comes late is welcome", () => {
    const b = started();
    const peer = b.neighbour(1, { has: [1] });
    b.advance(2_500);
    b.give(peer, 1, 0);
    b.neighbour(2, { has: [1] });
    b.vouch(peer, { segment: b.ref(1), first: 0, count: 1 });
    expect(b.of("banned")).toEqual([]);
    expect(b.of("hash").some((h) => h.segment.sequence === 1 && h.chunk === 0)).toBe(true);
  });

  test("end-game: near the deadline a slow chunk that the origin failed to give is asked of a second neighbour, never of a third", () => {
    const { b, peers } = endgame();
    b.advance(400);
    const asked = peers.flatMap((p) => b.requested(p, 1));
    for (let c = 0; c < 8; c++) expect(asked.filter((a) => a === c)).toHaveLength(2);
  });

  test("far from the deadline nothing is asked for twice", () => {
    const { b, peers } = endgame(0);
    b.advance(400);
    const asked = peers.flatMap((p) => b.requested(p, 1));
    expect(asked).toHaveLength(8);
  });

  test("the first answer of two takes the other request back", () => {
    const { b, peers } = endgame();
    b.advance(400);
    const [first, second] = peers.filter((p) => b.requested(p, 1).includes(0)) as [PeerId, PeerId];
    b.give(second, 1, 0);
    expect(b.sent("CANCEL", first).flatMap(({ message }) => message.runs.flatMap(indices))).toContain(0);
  });

  test("unrequested DATA bans after a few", () => {
    const b = started();
    const peer = b.neighbour(1);
    for (let i = 0; i < 5; i++) b.give(peer, 1, i);
    expect(b.of("banned")).toMatchObject([{ peer }]);
  });

  test("a neighbour that is banned in the middle of giving is asked for nothing more", () => {
    const b = started();
    const peer = b.neighbour(1, { has: [1, 2] });
    for (let i = 0; i < 4; i++) b.say(peer, { type: "DATA", segment: b.ref(1), chunk: i, payload: new Uint8Array(7) });
  });

  test("what a rescue fetches is taken back from neighbours", () => {
    const b = started();
    const peer = b.neighbour(1, { has: [1] });
    b.want(1);
    b.at(3.9);
    b.advance(400);
    const cancelled = new Set(b.sent("CANCEL", peer).flatMap(({ message }) => message.runs.flatMap(indices)));
    for (const c of b.requested(peer, 1)) expect(cancelled).toContain(c);
  });

  test("what a neighbour was asked for is not fetched from the origin too", () => {
    const b = started();
    const peer = b.neighbour(1, { entries: [b.entry(1, firstEight(b.chunks(1)))] });
    b.want(1);
    b.advance(600);
    expect(b.requested(peer, 1)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(b.of("fetch")[0]).toMatchObject({ range: { start: 8 * CHUNK_BYTES } });
  });
});

function firstEight(chunks: number): Uint8Array {
  const field = createBitfield(chunks);
  for (let i = 0; i < 8; i++) setBit(field, i);
  return field;
}

/** Four neighbours that hold the same eight chunks of the next segment; the first is asked for them and is slow. */
function endgame(positionS = 1.5): { b: Bench; peers: PeerId[] } {
  const b = started();
  b.at(positionS, false);
  b.want(1);
  b.handle({ type: "origin-failed", fetch: b.of("fetch").at(-1)!.fetch, status: 503, timedOut: false });
  const peers = [1, 2, 3, 4].map((i) => b.neighbour(i, { entries: [b.entry(1, firstEight(b.chunks(1)))] }));
  return { b, peers };
}

describe("What is needed in many seconds is asked for as urgent", () => {
  /** Started with the first segment of six; who comes holds the last, and is asked for it. */
  function ahead(live = true): { readonly b: Bench; readonly come: (index: number) => PeerId; readonly isUrgent: (peer: PeerId) => boolean | undefined } {
    const b = new Bench({ stream: new Stream({ live, count: 6 }) });
    const [first, last] = [b.stream.playlist(b.nowMs)[0]!, b.stream.playlist(b.nowMs)[5]!].map(({ ref }) => ref.sequence) as [number, number];
    b.play();
    b.want(first);
    b.answer(b.of("fetch")[0]!);
    b.alone();
    b.clear();
    return { b, come: (index) => b.neighbour(index, { has: [last] }), isUrgent: (peer) => b.sent("REQUEST", peer).at(-1)?.message.urgent };
  }

  test("by a viewer of a live stream of whom nobody wants anything", () => {
    const { come, isUrgent } = ahead();
    expect(isUrgent(come(1))).toBe(true);
  });

  test("but not while somebody waits for what it gives", () => {
    const { b, come, isUrgent } = ahead();
    const other = b.neighbour(2);
    const { ref } = b.stream.playlist(b.nowMs)[0]!;
    b.say(other, { type: "REQUEST", runs: [{ segment: ref, first: 0, count: 16 }], urgent: true });
    expect(b.sent("DATA", other).length).toBeLessThan(16);
    expect(isUrgent(come(1))).toBe(false);
  });

  test("nor of one who has given more than came back", () => {
    const { b, come, isUrgent } = ahead();
    const peer = come(1);
    const { segment } = b.sent("REQUEST", peer)[0]!.message.runs[0]!;
    for (const chunk of b.requested(peer).slice(0, 4)) b.give(peer, segment.sequence, chunk);
    expect(b.requested(peer).length).toBeGreaterThan(8);
    expect(isUrgent(peer)).toBe(false);
  });

  test("nor on demand", () => {
    const { come, isUrgent } = ahead(false);
    expect(isUrgent(come(1))).toBe(false);
  });
});

describe("While the origin brings a newcomer to a live stream its second segment", () => {
  /** How many chunks of later segments neighbours are asked for in the second after that has begun, over a line that brings a segment in so long. */
  function askedAhead(segmentMs: number): number {
    const b = new Bench({ stream: new Stream({ live: true, count: 6 }) });
    const [first, second, third] = b.stream.playlist(b.nowMs).map(({ ref }) => ref.sequence) as [number, number, number];
    b.reload();
    b.want(first);
    const { fetch } = b.of("fetch")[0]!;
    const body = b.stream.body(first);
    b.advance(50);
    b.handle({ type: "origin-head", fetch, startByte: 0, sizeBytes: body.length });
    for (let part = 0; part < 10; part++) {
      b.advance(segmentMs / 10);
      b.handle({ type: "origin-bytes", fetch, bytes: body.slice(Math.floor((part * body.length) / 10), Math.floor(((part + 1) * body.length) / 10)) });
    }
    b.handle({ type: "origin-done", fetch });
    b.alone();
    b.at(b.stream.info(second).startS - 3.2);
    const peer = b.neighbour(1, { has: [third], unchokes: false });
    b.want(second);
    b.advance(500);
    expect(b.of("fetch").filter((f) => f.segment.sequence === second)).toHaveLength(1);
    b.clear();
    b.say(peer, { type: "UNCHOKE" });
    b.advance(500);
    return b.requested(peer, third).length;
  }

  test("its slow line is left to it", () => expect(askedAhead(2_000)).toBe(0));

  test("a fast one has room for what neighbours bring too", () => expect(askedAhead(200)).toBeGreaterThan(0));
});
