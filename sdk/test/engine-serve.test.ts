import { describe, expect, test } from "vitest";
import type { PeerId } from "../src/protocol/ids.js";
import { CHUNK_BYTES } from "../src/protocol/segment.js";
import { Bench } from "./bench.js";
import { Stream } from "./world-stream.js";

/** Holds segment 0 whole. */
function seeding(setting: ConstructorParameters<typeof Bench>[0] = {}): Bench {
  const b = new Bench(setting);
  b.play();
  b.want(0);
  b.answer(b.of("fetch")[0]!);
  b.alone();
  b.advance(300);
  b.clear();
  return b;
}

const ask = (b: Bench, peer: PeerId, first: number, count: number, sequence = 0): void => b.say(peer, { type: "REQUEST", runs: [{ segment: b.ref(sequence), first, count }], urgent: false });
const given = (b: Bench, peer: PeerId): number[] => b.sent("DATA", peer).map(({ message }) => message.chunk);

describe("Serving", () => {
  test("a newcomer hears what we have, all of it, and is unchoked", () => {
    const b = seeding();
    const peer = b.neighbour(1);
    expect(b.sent("HAVE", peer)[0]?.message.entries).toEqual([b.entry(0)]);
    expect(b.sent("UNCHOKE", peer)).toHaveLength(1);
  });

  test("an empty buffer map is sent too, so that nobody waits for it", () => {
    const b = new Bench();
    const peer = b.neighbour(1);
    expect(b.sent("HAVE", peer)).toMatchObject([{ message: { entries: [] } }]);
  });

  test("one who does not serve announces and promises nothing", () => {
    const b = seeding({ serves: false });
    const peer = b.neighbour(1);
    b.want(1);
    b.advance(3_000);
    expect(b.sent("HAVE", peer)).toMatchObject([{ message: { entries: [] } }]);
    expect(b.sent("PROMISE", peer)).toEqual([]);
    expect(b.sent("UNCHOKE", peer)).toEqual([]);
    ask(b, peer, 0, 4);
    expect(given(b, peer)).toEqual([]);
  });

  test("requests are answered with DATA, in order", () => {
    const b = seeding();
    const peer = b.neighbour(1);
    ask(b, peer, 2, 4);
    expect(given(b, peer)).toEqual([2, 3, 4, 5]);
  });

  test("no more is handed to the transport than 128 KiB, until it drains", () => {
    const b = seeding();
    const peer = b.neighbour(1);
    ask(b, peer, 0, 20);
    expect(given(b, peer)).toHaveLength(8);
    b.handle({ type: "writable", peer, bufferedBytes: 64 * 1024 });
    expect(given(b, peer)).toHaveLength(12);
  });

  test("a friend is served before others who asked first, and admitted when all slots are taken", () => {
    const b = seeding();
    const [peer, friend] = [b.neighbour(1), b.neighbour(2, { isFriend: true })];
    ask(b, peer, 0, 20);
    ask(b, friend, 0, 20);
    expect(given(b, friend)).toEqual([]);
    b.handle({ type: "writable", peer, bufferedBytes: 0 });
    expect([given(b, peer).length, given(b, friend).length]).toEqual([8, 8]);
    const late = [3, 4, 5, 6, 7].map((i) => b.neighbour(i));
    expect(b.sent("UNCHOKE", late.at(-1)!)).toEqual([]);
    expect(b.sent("UNCHOKE", b.neighbour(8, { isFriend: true }))).toHaveLength(1);
  });

  test("a neighbour whose line has died keeps nobody waiting", () => {
    const b = seeding();
    const dead = b.neighbour(1);
    ask(b, dead, 0, 20);
    const peer = b.neighbour(2);
    ask(b, peer, 0, 20);
    expect(given(b, peer)).toHaveLength(0);
    // Nothing is known of the uplink yet, so this may be a slow one.
    b.advance(6_000);
    expect(given(b, peer).length).toBeGreaterThan(0);
    expect(given(b, dead)).toHaveLength(8);
  });

  test("what is cancelled is not sent", () => {
    const b = seeding();
    const peer = b.neighbour(1);
    ask(b, peer, 0, 20);
    b.say(peer, { type: "CANCEL", runs: [{ segment: b.ref(0), first: 8, count: 4 }] });
    b.handle({ type: "writable", peer, bufferedBytes: 0 });
    expect(given(b, peer).slice(8)).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
  });

  test("what is not here is rejected, not left unanswered", () => {
    const b = seeding();
    const peer = b.neighbour(1);
    ask(b, peer, 0, 4, 7);
    expect(b.sent("REJECT", peer)).toMatchObject([{ message: { runs: [{ first: 0, count: 4 }] } }]);
  });

  test("at most 256 requests queue; the rest is rejected", () => {
    const b = seeding();
    const peer = b.neighbour(1);
    b.say(peer, { type: "REQUEST", runs: Array.from({ length: 10 }, () => ({ segment: b.ref(0), first: 0, count: 36 })), urgent: false });
    expect(b.sent("REJECT", peer).flatMap(({ message }) => message.runs).reduce((sum, r) => sum + r.count, 0)).toBe(360 - 256);
  });

  test("HAVE is batched for 400 ms and tells whole segments as one word", () => {
    const b = seeding();
    const peer = b.neighbour(1);
    b.clear();
    b.want(1);
    b.advance(600);
    for (const fetch of b.of("fetch")) b.answer(fetch);
    b.advance(2_000);
    const told = b.sent("HAVE", peer);
    expect(told.at(-1)?.message.entries).toMatchObject([{ chunks: "all" }]);
    told.slice(1).forEach(({ atMs }, i) => expect(atMs - (told[i]?.atMs ?? 0)).toBeGreaterThanOrEqual(400));
  });
});

describe("Priorities in serving (SYSTEMS ES5)", () => {
  const UPLINK_BPS = 1e6;
  const audio = new Stream({ track: 2, kind: "audio", bandwidthBps: 128_000 });
  const low = new Stream({ track: 3, bandwidthBps: 300_000 });

  /** Two neighbours ask for the first segment of each, in this order; every chunk takes its time on the line. When all of each had been sent, s. */
  function sentAfterS(first: Stream, second: Stream): { readonly first: number; readonly second: number } {
    const streams = [first, second];
    const b = new Bench();
    b.play();
    for (const s of streams) {
      b.handle({ type: "playlist", track: s.track, kind: s.kind, live: false, bandwidthBps: s.bandwidthBps, segments: s.playlist(0) });
      b.want(0, s);
      const { fetch } = b.of("fetch").find((f) => f.segment.track === s.track && f.segment.sequence === 0)!;
      b.handle({ type: "origin-head", fetch, startByte: 0, sizeBytes: s.body(0).length });
      b.handle({ type: "origin-bytes", fetch, bytes: s.body(0) });
      b.handle({ type: "origin-done", fetch });
    }
    b.alone();
    b.advance(300);
    const peers = [b.neighbour(1), b.neighbour(2)];
    b.clear();
    const fromMs = b.nowMs;
    for (const s of streams)
      for (const peer of peers) b.say(peer, { type: "REQUEST", runs: [{ segment: s.info(0).ref, first: 0, count: Math.ceil(s.body(0).length / CHUNK_BYTES) }], urgent: true });
    const held = new Map<PeerId, number>();
    const chunks = (): ReturnType<typeof b.sent<"DATA">> => b.sent("DATA");
    const wanted = peers.length * streams.reduce((sum, s) => sum + Math.ceil(s.body(0).length / CHUNK_BYTES), 0);
    for (let seen = 0; seen < wanted && b.nowMs < fromMs + 60_000; ) {
      for (const { to, message } of chunks().slice(seen)) held.set(to, (held.get(to) ?? 0) + message.payload.length);
      seen = chunks().length;
      const [peer, bytes] = [...held].sort((x, y) => y[1] - x[1])[0] as [PeerId, number];
      const left = Math.min(bytes, CHUNK_BYTES);
      b.advance(Math.max(10, (left * 8_000) / UPLINK_BPS));
      held.set(peer, bytes - left);
      if (left > 0) b.handle({ type: "writable", peer, bufferedBytes: bytes - left });
    }
    expect(chunks()).toHaveLength(wanted);
    const lastS = (s: Stream): number => (Math.max(...chunks().filter(({ message }) => message.segment.track === s.track).map(({ atMs }) => atMs)) - fromMs) / 1000;
    return { first: lastS(first), second: lastS(second) };
  }

  test("sound goes before picture, though it was asked for later, where the uplink does not suffice for both", () => {
    const { first, second } = sentAfterS(new Stream(), audio);
    console.log(`ES5: two neighbours' sound sent after ${second.toFixed(1)} s, their picture after ${first.toFixed(1)} s`);
    expect(second).toBeLessThan(first / 3);
  });

  test("a low level goes before a high one", () => {
    const { first, second } = sentAfterS(new Stream(), low);
    console.log(`ES5: the low level sent after ${second.toFixed(1)} s, the high one after ${first.toFixed(1)} s`);
    expect(second).toBeLessThan(first / 2);
  });
});

describe("What was asked for ahead of time", () => {
  /** How long a chunk of the newest segment waits while somebody else always asks for something urgent, ms. */
  function waitedMs(stream: Stream): number {
    const b = new Bench({ stream });
    const sequence = stream.playlist(0).at(-1)!.ref.sequence;
    b.play();
    b.want(sequence);
    b.answer(b.of("fetch")[0]!);
    b.alone();
    b.advance(300);
    // So many hold it that nothing of it is rare.
    const [hurried, early] = [1, 2, 3].map((i) => b.neighbour(i, { has: [sequence] })) as [PeerId, PeerId];
    b.clear();
    const askUrgently = (first: number, count: number): void => b.say(hurried, { type: "REQUEST", runs: [{ segment: b.ref(sequence), first, count }], urgent: true });
    askUrgently(0, 16);
    ask(b, early, 20, 1, sequence);
    const fromMs = b.nowMs;
    // A chunk drains every quarter of a second, and one more is asked for.
    for (let drained = 1; given(b, early).length === 0 && drained < 80; drained++) {
      b.advance(250);
      b.handle({ type: "writable", peer: hurried, bufferedBytes: (given(b, hurried).length - drained) * CHUNK_BYTES });
      askUrgently(30, 1);
    }
    return (b.sent("DATA", early)[0]?.atMs ?? Infinity) - fromMs;
  }

  test("of a live stream waits for what is urgent, but not until its deadline", () => {
    const ms = waitedMs(new Stream({ live: true, count: 6 }));
    expect(ms).toBeGreaterThanOrEqual(3_000);
    expect(ms).toBeLessThan(4_000);
  });

  test("on demand, where it may be needed in a minute, waits for all that is urgent", () => expect(waitedMs(new Stream())).toBe(Infinity));
});

describe("Give-to-get (SYSTEMS TR2)", () => {
  /** Ten neighbours whose queues never drain: the uplink is full. */
  function crowded(): { b: Bench; peers: PeerId[] } {
    const b = seeding();
    const peers = Array.from({ length: 10 }, (_, i) => b.neighbour(i + 1));
    return { b, peers };
  }
  const unchoked = (b: Bench): string[] => b.engine.stats(b.nowMs).neighbours.filter((n) => !n.choked).map((n) => n.peer);
  const fill = (b: Bench, peers: readonly PeerId[]): void => {
    for (const p of peers) ask(b, p, 0, 36);
  };

  test("while the uplink is not full everybody is served in the end", () => {
    const { b } = crowded();
    b.advance(15_000);
    expect(unchoked(b)).toHaveLength(10);
  });

  test("a full uplink leaves three, and one by chance", () => {
    const { b, peers } = crowded();
    for (let i = 0; i < 12; i++) {
      fill(b, peers);
      b.advance(10_000);
    }
    expect(unchoked(b).length).toBeGreaterThanOrEqual(3);
    expect(unchoked(b).length).toBeLessThanOrEqual(4);
  });

  test("choked, its queue is rejected rather than forgotten", () => {
    const { b, peers } = crowded();
    for (let i = 0; i < 12; i++) {
      fill(b, peers);
      b.advance(10_000);
    }
    const choked = peers.filter((p) => !unchoked(b).includes(p));
    for (const p of choked) {
      const chokes = b.sent("CHOKE", p);
      if (chokes.length === 0) continue;
      expect(b.sent("REJECT", p).some((r) => r.atMs === chokes[0]!.atMs)).toBe(true);
    }
  });
});
