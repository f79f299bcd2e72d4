import { describe, expect, it, vi } from "vitest";
import { Evidence } from "../src/evidence.js";
import { SeatBook } from "./seat-book.js";
import { joinRequest, liveRequest, peerId, secretOf, swarmId, World } from "./world.js";

vi.setConfig({ testTimeout: 30_000 });

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const ALL = [0, 1, 2, 3];

/** A book with `count` viewers that have been there for ten seconds. */
function audience(count: number, options: { seed?: number } = {}): SeatBook {
  const book = new SeatBook(new World({}, { seed: options.seed ?? 1 }));
  for (const n of range(1, count)) book.watch(n);
  book.grow(...range(1, count));
  return book;
}

const distinct = (book: SeatBook): number => new Set(book.holders().flat()).size;
const holder = (book: SeatBook, slice: number, copy = 0): number => book.holders()[slice]?.[copy] ?? Number.NaN;
/** Viewers without a seat. */
const others = (book: SeatBook, count: number): number[] => range(1, count).filter((n) => book.slicesOf(n).length === 0);

describe("seats are given", () => {
  it("to the first viewer of a live track, all of them, with one message", () => {
    const book = new SeatBook(new World());
    book.watch(1);
    expect(book.messages).toBe(1);
    expect(book.told(1)).toEqual({ swarm: swarmId(1), track: 1, seats: ALL.map((slice) => ({ slice, copy: 0 })), of: 1 });
  });

  it("never without an announcement, nor for a swarm that plays nothing live", () => {
    const book = new SeatBook(new World());
    book.world.join(1);
    book.world.advance(10_000);
    book.report(1);
    expect(book.messages).toBe(0);
    expect(book.live(1, { tracks: [] })).toEqual({ ok: true });
    expect(book.messages).toBe(0);
  });

  it("to members only", () => {
    const book = new SeatBook(new World());
    book.world.open(1);
    expect(book.live(1)).toMatchObject({ ok: false, code: "not-a-member" });
    expect(book.missing(1, 1, 0)).toMatchObject({ ok: false, code: "not-a-member" });
    expect(book.messages).toBe(0);
  });

  it("to viewers that serve and are willing; the others are told how many there are", () => {
    const book = new SeatBook(new World());
    book.watch(1, { serves: false });
    book.watch(2, { live: { willing: false } });
    expect(book.told(2)).toMatchObject({ seats: [], of: 0 });
    book.watch(3);
    expect(book.slicesOf(3)).toEqual(ALL);
    book.live(1);
    expect(book.told(1)).toMatchObject({ seats: [], of: 1 });
  });

  it("one slice to a viewer while there are enough", () => {
    expect(distinct(audience(4))).toBe(4);
    expect(distinct(audience(12))).toBe(4);
  });

  it("twice a slice from 30 viewers on, and once again below 20", () => {
    const book = audience(29);
    expect(book.holders().map((each) => each.length)).toEqual([1, 1, 1, 1]);
    book.watch(30);
    expect(book.holders().map((each) => each.length)).toEqual([2, 2, 2, 2]);
    expect(distinct(book)).toBe(8);
    for (const [copy, n] of book.holders()[2]?.entries() ?? []) expect(book.told(n)).toMatchObject({ seats: [{ slice: 2, copy }], of: 2 });
    for (const n of others(book, 30).slice(0, 10)) book.close(n);
    expect(book.holders().map((each) => each.length)).toEqual([2, 2, 2, 2]);
    book.close(others(book, 30).find((n) => book.told(n) !== undefined) ?? Number.NaN);
    expect(book.holders().map((each) => each.length)).toEqual([1, 1, 1, 1]);
    for (const n of book.holders().flat()) expect(book.told(n)?.of).toBe(1);
  });

  it("of each track by itself, and a viewer that has one in one track comes later in the other", () => {
    const book = new SeatBook(new World());
    for (const n of range(1, 8)) book.watch(n, { live: { tracks: [1, 2] } });
    book.grow(...range(1, 8));
    book.report(...range(1, 8));
    for (const track of [1, 2]) expect(new Set(book.holders(track).flat()).size).toBe(4);
    expect(new Set([...book.holders(1).flat(), ...book.holders(2).flat()]).size).toBe(8);
  });

  it("in each swarm by itself", () => {
    const world = new World();
    for (const [n, swarm] of [[1, 1], [2, 2]] as const) {
      world.join(n, { swarm: swarmId(swarm) });
      world.send(n, "live", liveRequest({ swarm: swarmId(swarm) }));
    }
    expect(world.take()).toMatchObject([{ connection: 1, payload: { swarm: swarmId(1), seats: { length: 4 } } }, { connection: 2, payload: { swarm: swarmId(2), seats: { length: 4 } } }]);
  });

  it("to the same viewers in the same run, and not always to the oldest", () => {
    const heirs = (seed: number) => {
      const book = audience(60, { seed });
      for (const n of book.holders().flat()) book.close(n);
      return book.holders();
    };
    expect(heirs(1)).toEqual(heirs(1));
    expect(new Set(range(1, 20).flatMap((seed) => heirs(seed).flat())).size).toBeGreaterThan(12);
  });
});

describe("the holder of a seat", () => {
  it("has been there for ten seconds, when somebody has", () => {
    const book = audience(8);
    for (const n of range(9, 20)) book.watch(n);
    for (const n of book.holders().flat()) book.close(n);
    for (const n of book.holders().flat()) expect(n).toBeLessThanOrEqual(8);
  });

  it("has a good uplink, when somebody has; an unknown one will do", () => {
    const book = new SeatBook(new World());
    for (const n of range(1, 4)) book.watch(n, { live: { uplinkBps: 500_000 } });
    expect(book.holders().flat()).toHaveLength(4);
    for (const n of range(5, 12)) book.watch(n, { live: { uplinkBps: n % 2 === 0 ? null : 20_000_000 } });
    book.grow(...range(1, 12));
    for (const n of book.holders().flat()) expect(n).toBeGreaterThan(4);
  });

  it("shares no network with another holder of its slice, and with few of other slices", () => {
    const book = new SeatBook(new World());
    for (const n of range(1, 40)) book.watch(n, { network: n <= 25 ? "office" : `home ${n}` });
    for (let i = 0; i < 3; i += 1) book.grow(...range(1, 40));
    const networks = book.holders().map((each) => each.map((n) => (n <= 25 ? "office" : `home ${n}`)));
    for (const pair of networks) expect(new Set(pair).size).toBe(2);
    expect(networks.flat().filter((network) => network === "office").length).toBeLessThanOrEqual(1);
  });

  it("gives up what it has too much as others come: at once when that is a lot, else when they have stayed", () => {
    const book = new SeatBook(new World());
    book.watch(1);
    book.watch(2);
    expect([book.slicesOf(1).length, book.slicesOf(2).length]).toEqual([3, 1]);
    book.grow(1, 2);
    expect([book.slicesOf(1).length, book.slicesOf(2).length]).toEqual([2, 2]);
    book.watch(3);
    book.watch(4);
    expect(distinct(book)).toBe(2);
    book.grow(3, 4);
    expect(distinct(book)).toBe(4);
  });

  it("keeps its seat while it does its part: others that come and report change nothing, be they half as many again", () => {
    const book = audience(40);
    const before = book.holders();
    for (const n of range(41, 60)) book.watch(n);
    for (let i = 0; i < 10; i += 1) book.grow(...range(1, 60));
    expect(book.holders()).toEqual(before);
  });

  it("gives it to anybody when the audience has doubled: those who came first are each other's neighbours", () => {
    const book = audience(64);
    for (const n of range(65, 1_000)) book.watch(n);
    for (let i = 0; i < 3; i += 1) book.grow(...range(1, 1_000));
    expect(book.holders().flat().filter((n) => n > 250).length).toBeGreaterThan(2);
    expect(distinct(book)).toBe(8);
  });
});

describe("a seat moves", () => {
  it.each([
    ["its holder's connection closes", (book: SeatBook, n: number) => book.close(n)],
    ["its holder leaves", (book: SeatBook, n: number) => (book.world.send(n, "leave", { swarm: swarmId(1) }), book.close(n))],
    ["its holder's tab goes to sleep", (book: SeatBook, n: number) => book.live(n, { willing: false })],
    ["its holder stops serving", (book: SeatBook, n: number) => (book.world.send(n, "join", joinRequest(n, { serves: false })), book.read())],
    ["its holder goes on with another track", (book: SeatBook, n: number) => book.live(n, { tracks: [7] })],
    ["its holder plays nothing live any more", (book: SeatBook, n: number) => book.live(n, { tracks: [] })],
  ])("at once when %s, and both are told", (_, go) => {
    const book = audience(10);
    const n = holder(book, 2);
    const messages = book.messages;
    go(book, n);
    const heir = holder(book, 2);
    expect(heir).not.toBe(n);
    expect(book.told(heir)).toMatchObject({ seats: [{ slice: 2, copy: 0 }], of: 1 });
    expect(book.slicesOf(n)).toEqual([]);
    expect(book.messages - messages).toBeLessThanOrEqual(3);
  });

  it("from a holder that has missed a report to the next viewer that reports, and the holder may get one again", () => {
    const book = audience(5);
    const n = holder(book, 0);
    book.world.advance(10_000);
    const here = range(1, 5).filter((each) => each !== n);
    book.report(...here);
    book.world.advance(6_000);
    book.report(...here);
    expect(holder(book, 0)).not.toBe(n);
    expect(book.told(n)).toMatchObject({ seats: [] });
    book.report(n);
    for (const each of here.slice(1)) book.close(each);
    expect(book.slicesOf(n)).toHaveLength(2);
  });

  it("from a holder that has fallen silent even when nobody else speaks", () => {
    const book = new SeatBook(new World());
    book.watch(1);
    book.world.advance(30_000);
    book.world.advance(30_000);
    book.read();
    expect(book.told(1)).toMatchObject({ seats: [], of: 0 });
    book.report(1);
    expect(book.slicesOf(1)).toEqual(ALL);
  });

  it("not when its holder takes its place back over a new connection, which is told what it holds when it asks", () => {
    const book = audience(10);
    const n = holder(book, 1);
    book.world.open(100, "elsewhere");
    book.world.send(100, "join", joinRequest(n, { secret: secretOf(n) }));
    book.close(n);
    expect(book.read()).toBe(0);
    book.live(100);
    expect(book.told(100)).toMatchObject({ seats: [{ slice: 1, copy: 0 }], of: 1 });
  });

  it("with the second copy moving up when the first goes", () => {
    const book = audience(30);
    const [first = Number.NaN, second = Number.NaN] = book.holders()[3] ?? [];
    book.close(first);
    expect(holder(book, 3, 0)).toBe(second);
    expect(holder(book, 3, 1)).not.toBe(first);
  });
});

describe("a holder that does not say that it has taken its slices", () => {
  const PERIOD_MS = 4_000;
  const taken = (book: SeatBook, sequence: number, holders: readonly number[]): void => holders.forEach((n) => book.missing(n, sequence));
  const everybody = range(1, 40);
  const seated = (book: SeatBook): number[] => [...new Set(book.holders().flat())];
  /** 40 viewers, and a minute of a stream of which all holders of seats have taken what is theirs, the last time just now. */
  const running = (options: { network?: (n: number) => string } = {}): SeatBook => {
    const book = new SeatBook(new World());
    for (const n of everybody) book.watch(n, { network: options.network?.(n) ?? `home ${n}` });
    book.grow(...everybody);
    for (const sequence of range(1, 15)) {
      book.world.advance(PERIOD_MS);
      taken(book, sequence, seated(book));
      book.report(...everybody);
    }
    return book;
  };

  it("loses its seats when it is 2 s late and others go on, to viewers heard of since", () => {
    const book = running();
    const dead = [holder(book, 0), holder(book, 0, 1)];
    const alive = others(book, 40);
    book.world.advance(PERIOD_MS);
    taken(book, 16, seated(book).filter((n) => !dead.includes(n)));
    book.world.advance(1_900);
    book.report(...alive);
    expect([holder(book, 0), holder(book, 0, 1)]).toEqual(dead);
    book.world.advance(200);
    book.report(alive[0] ?? 0);
    for (const n of dead) expect(book.slicesOf(n)).toEqual([]);
    expect(alive).toEqual(expect.arrayContaining(book.holders()[0] ?? []));
    expect(book.holders().flat()).toHaveLength(8);
  });

  it("loses them when a single holder of all is left", () => {
    const book = running();
    const [survivor = 0, ...dead] = seated(book);
    book.world.advance(PERIOD_MS);
    taken(book, 16, [survivor]);
    book.world.advance(2_100);
    book.report(...others(book, 40));
    for (const n of dead) expect(book.slicesOf(n)).toEqual([]);
    expect(book.slicesOf(survivor)).not.toEqual([]);
  });

  it("loses them too when it never said so", () => {
    const book = running();
    const [dead = 0, ...rest] = seated(book);
    book.close(dead);
    const heir = seated(book).find((n) => !rest.includes(n)) ?? 0;
    book.world.advance(PERIOD_MS);
    taken(book, 16, rest);
    book.report(...everybody);
    expect(book.slicesOf(heir)).not.toEqual([]);
    book.world.advance(2_100);
    book.report(...everybody);
    expect(book.slicesOf(heir)).toEqual([]);
  });

  it("hands them to those who are there, where few are", () => {
    const book = new SeatBook(new World());
    const [a, b, ...there] = [1, 2, 3, 4];
    for (const n of [1, 2, 3, 4]) book.watch(n);
    book.grow(1, 2, 3, 4);
    for (const sequence of range(1, 10)) {
      book.world.advance(PERIOD_MS);
      taken(book, sequence, [1, 2, 3, 4]);
      book.report(1, 2, 3, 4);
    }
    expect(seated(book)).toHaveLength(4);
    book.world.advance(PERIOD_MS);
    taken(book, 11, there);
    book.world.advance(2_100);
    book.report(...there);
    for (const gone of [a, b]) expect(book.slicesOf(gone ?? 0)).toEqual([]);
  });

  it("keeps them while all are silent, and 2 s more when one goes on", () => {
    const book = running();
    const all = seated(book);
    const before = book.holders();
    book.world.advance(9_000);
    book.report(...everybody);
    taken(book, 16, all.slice(0, 1));
    book.world.advance(1_900);
    book.report(...everybody);
    expect(book.holders()).toEqual(before);
    taken(book, 16, all);
    book.world.advance(PERIOD_MS);
    book.report(...everybody);
    expect(book.holders()).toEqual(before);
  });

  it("keeps them when the stream begins anew, and is missed then as before", () => {
    const book = running();
    const all = seated(book);
    const before = book.holders();
    for (const sequence of range(0, 15)) {
      book.world.advance(PERIOD_MS);
      taken(book, sequence, all);
      book.report(...everybody);
      expect(book.holders()).toEqual(before);
    }
    const [dead = 0, ...rest] = all;
    book.world.advance(PERIOD_MS);
    taken(book, 16, rest);
    book.world.advance(2_100);
    book.report(...others(book, 40));
    expect(book.slicesOf(dead)).toEqual([]);
  });

  it("keeps them when a segment is late for all, also when another lags behind", () => {
    const book = running();
    const all = seated(book);
    const [late = 0, ...rest] = all;
    const before = book.holders();
    const pass = (ms: number): void => {
      book.world.advance(ms);
      book.report(...everybody);
      expect(book.holders()).toEqual(before);
    };
    for (const sequence of range(16, 20)) {
      taken(book, sequence, rest);
      pass(2_500);
      taken(book, sequence, [late]);
      pass(sequence === 19 ? 5_000 : 1_500);
    }
  });

  it("keeps them when its first words come all at once", () => {
    const book = running();
    const [gone = 0, ...rest] = seated(book);
    book.close(gone);
    const heirs = seated(book).filter((n) => !rest.includes(n));
    for (const sequence of [13, 14, 15]) taken(book, sequence, heirs);
    const before = book.holders();
    for (const sequence of range(16, 30)) {
      book.world.advance(PERIOD_MS + 2_000);
      book.report(...everybody);
      taken(book, sequence, [...rest, ...heirs]);
      expect(book.holders()).toEqual(before);
    }
  });

  it("keeps them while it keeps its own time, whatever others say", () => {
    const book = running({ network: (n) => (n % 2 === 0 ? "office" : `home ${n}`) });
    const all = seated(book);
    const liars = all.filter((n) => n % 2 === 0);
    const before = book.holders();
    for (const sequence of range(16, 60)) {
      for (const step of range(1, 4)) {
        taken(book, 2 ** 31 + 4 * sequence + step, liars);
        book.world.advance(PERIOD_MS / 4);
        book.report(...everybody);
      }
      taken(book, sequence, all.filter((n) => !liars.includes(n)));
      expect(book.holders()).toEqual(before);
    }
  });

  it("keeps them when it lags behind the others, and now and then a little more", () => {
    const book = running();
    const all = seated(book);
    const [late = 0, ...rest] = all;
    const before = book.holders();
    for (const sequence of range(16, 60)) {
      taken(book, sequence, rest);
      const lagMs = sequence % 3 === 0 ? 1_500 : 300;
      book.world.advance(lagMs);
      taken(book, sequence, [late]);
      book.world.advance(PERIOD_MS - lagMs);
      book.report(...everybody);
      expect(book.holders()).toEqual(before);
    }
  });
});

describe("reports of a missing slice", () => {
  it("move its seat at the first one where there is nobody else to ask", () => {
    const book = audience(2);
    const slice = book.slicesOf(1)[0] ?? Number.NaN;
    book.world.advance(5_000);
    expect(book.missing(2, 10, slice)).toEqual({ ok: true, of: 1 });
    expect(book.slicesOf(2)).toContain(slice);
    expect(book.slicesOf(1)).not.toContain(slice);
    expect(book.world.tracker.stats().seatsLost).toBe(1);
  });

  it("need two peers where there are two others, on two networks where there are two", () => {
    const book = new SeatBook(new World());
    for (const n of range(1, 12)) book.watch(n, { network: n <= 6 ? "office" : `home ${n}` });
    book.grow(...range(1, 12));
    book.world.advance(10_000);
    const n = holder(book, 0);
    const [ann = 0, bob = 0] = others(book, 6);
    const [eve = 0] = others(book, 12).filter((each) => each > 6);
    for (const sequence of [10, 11, 12]) book.missing(ann, sequence, 0);
    book.missing(bob, 12, 0);
    expect(holder(book, 0)).toBe(n);
    book.missing(eve, 12, 0);
    expect(holder(book, 0)).not.toBe(n);
  });

  it("need one network where all viewers are on one, and four peers in a large audience", () => {
    const book = new SeatBook(new World({}, { check: false }));
    for (const n of range(1, 120)) book.watch(n, { network: "office" });
    book.grow(...range(1, 120));
    book.world.advance(10_000);
    const n = book.holders()[0];
    for (const each of others(book, 120).slice(0, 3)) book.missing(each, 5, 0);
    expect(book.holders()[0]).toEqual(n);
    book.missing(others(book, 120)[3] ?? 0, 6, 0);
    expect(book.holders()[0]).not.toEqual(n);
  });

  it("of one liar move nothing, whatever it says and however often", () => {
    const book = audience(10);
    const before = book.holders();
    const [liar = 0] = others(book, 10);
    for (let i = 0; i < 200; i += 1) {
      book.world.advance(1_000);
      book.missing(liar, i % 3 === 0 ? i : 1, ...ALL);
      if (i % 10 === 9) book.report(...range(1, 10));
    }
    expect(book.holders()).toEqual(before);
    expect(book.world.tracker.stats().seatsLost).toBe(0);
  });

  it("must be of the same or following segments, within some seconds", () => {
    const book = audience(10);
    book.world.advance(10_000);
    const before = holder(book, 0);
    const [ann = 0, bob = 0] = others(book, 10);
    book.missing(ann, 10, 0);
    book.missing(bob, 20, 0);
    book.world.advance(13_000);
    book.missing(ann, 20, 0);
    expect(holder(book, 0)).toBe(before);
    book.missing(bob, 21, 0);
    expect(holder(book, 0)).not.toBe(before);
  });

  it("do not count soon after the seat was given, since they are about its last holder, nor from viewers that came just now", () => {
    const book = audience(10);
    const first = holder(book, 0);
    book.close(first);
    const heir = holder(book, 0);
    const [ann = 0, bob = 0] = others(book, 10).filter((n) => n !== first);
    book.world.advance(9_000);
    for (const n of [ann, bob]) book.missing(n, 10, 0);
    expect(holder(book, 0)).toBe(heir);
    book.watch(11);
    book.watch(12);
    book.world.advance(2_000);
    for (const n of [11, 12]) book.missing(n, 11, 0);
    expect(holder(book, 0)).toBe(heir);
    for (const n of [ann, bob]) book.missing(n, 11, 0);
    expect(holder(book, 0)).not.toBe(heir);
  });

  it("take a seat from the one of two holders that has it for longer, then from the other", () => {
    const book = audience(40);
    const [first = 0, second = 0] = book.holders()[0] ?? [];
    book.world.advance(10_000);
    book.report(...range(1, 40));
    const complain = () => others(book, 40).slice(0, 2).forEach((n) => book.missing(n, 10, 0));
    complain();
    complain();
    const senior = [first, second].filter((n) => book.slicesOf(n).length === 0);
    expect(senior).toHaveLength(1);
    book.world.advance(10_000);
    complain();
    expect(book.slicesOf(first)).toEqual([]);
    expect(book.slicesOf(second)).toEqual([]);
  });

  it("keep the loser from seats for a minute, unless nobody else is there", () => {
    const book = audience(3);
    const loser = holder(book, 0);
    const [ann = 0, bob = 0] = range(1, 3).filter((n) => n !== loser);
    book.world.advance(10_000);
    const slices = book.slicesOf(loser);
    for (const n of [ann, bob]) book.missing(n, 10, ...slices);
    expect(book.slicesOf(loser)).toEqual([]);
    for (let i = 0; i < 5; i += 1) {
      book.grow(1, 2, 3);
      expect(book.slicesOf(loser)).toEqual([]);
    }
    book.grow(1, 2, 3);
    expect(book.slicesOf(loser)).toHaveLength(1);

    const two = audience(2);
    two.world.advance(10_000);
    two.missing(2, 10, ...two.slicesOf(1));
    expect(two.slicesOf(2)).toEqual(ALL);
    two.close(2);
    expect(two.slicesOf(1)).toEqual(ALL);
  });

  it("move a seat once each, also between two viewers of which both have lost some", () => {
    const book = audience(2);
    book.world.advance(10_000);
    book.missing(1, 10, ...book.slicesOf(2));
    expect(book.slicesOf(1)).toEqual(ALL);
    book.grow(1, 2);
    book.missing(2, 13, ...ALL);
    expect(book.slicesOf(2)).toEqual(ALL);
  });

  it("come from where their viewer is now", () => {
    const book = new SeatBook(new World());
    for (const n of range(1, 12)) book.watch(n, { network: n <= 6 ? "office" : `home ${n}` });
    book.grow(...range(1, 12));
    book.world.advance(10_000);
    const before = holder(book, 0);
    const [ann = 0, bob = 0] = others(book, 6);
    book.missing(ann, 10, 0);
    book.world.open(100, "train");
    book.world.send(100, "join", joinRequest(bob));
    book.missing(100, 10, 0);
    expect(holder(book, 0)).not.toBe(before);
  });

  it("of the holder itself give its seat up", () => {
    const book = audience(10);
    book.world.advance(10_000);
    const n = holder(book, 3);
    book.missing(n, 10, 3);
    expect(holder(book, 3)).not.toBe(n);
  });

  it("leave a seat where it is when there is nobody to take it", () => {
    const book = audience(1);
    book.world.advance(20_000);
    expect(book.missing(1, 10, ...ALL)).toEqual({ ok: true, of: 1 });
    expect(book.slicesOf(1)).toEqual(ALL);
  });

  it("of a track that the reporter does not play, or that nobody may take, say that it is on its own", () => {
    const book = audience(3);
    expect(book.world.send(1, "missing", { swarm: swarmId(1), track: 9, sequence: 1, slices: [0] })).toEqual({ ok: true, of: 0 });
    for (const n of [1, 2, 3]) book.live(n, { willing: false });
    expect(book.missing(1, 10, 0)).toEqual({ ok: true, of: 0 });
  });

  it("are kept bounded, and stray ones of one peer do not push out those of others", () => {
    const evidence = new Evidence();
    evidence.add({ peer: peerId(1), network: "a", sequence: 10, atMs: 0 });
    for (let i = 0; i < 100; i += 1) evidence.add({ peer: peerId(2), network: "b", sequence: 1000 + i, atMs: i });
    expect(evidence.add({ peer: peerId(3), network: "b", sequence: 11, atMs: 200 })).toEqual({ peers: 2, networks: 2 });
    for (let n = 0; n < 100; n += 1) expect(evidence.add({ peer: peerId(n + 10), network: "c", sequence: 10, atMs: 300 }).peers).toBeLessThanOrEqual(16);
  });
});

describe("the cost of seats", () => {
  it("is the same in an audience of 100,000 as in one of 1,000", () => {
    const cost = (size: number) => {
      const world = new World({ peersPerReply: 0, peersPerSwarm: size + 2, events: { burst: 1e6, perSecond: 0 } }, { check: false });
      const book = new SeatBook(world);
      for (let n = 1; n <= size; n += 1) book.watch(n);
      world.advance(10_000);
      // a tenth has reported, so that both young and grown are there
      for (let n = 1; n <= size / 10; n += 1) book.report(n);
      const measure = (act: () => void) => {
        const [draws, messages] = [world.draws, book.messages];
        act();
        return { draws: world.draws - draws, messages: book.messages - messages };
      };
      const first = holder(book, 0);
      const reporters = others(book, size / 10).slice(0, 4);
      return [
        measure(() => book.watch(size + 1)),
        measure(() => book.report(size)),
        measure(() => book.live(size, { willing: false })),
        measure(() => (world.advance(10_000), reporters.forEach((n) => book.missing(n, 7, ...ALL)))),
        measure(() => book.close(first)),
        measure(() => book.close(holder(book, 1))),
      ];
    };
    const [small, large] = [cost(1_000), cost(100_000)];
    expect(large.map((each) => each.messages)).toEqual(small.map((each) => each.messages));
    for (const [i, each] of large.entries()) {
      expect(each.draws).toBeLessThanOrEqual(4 * 10);
      expect(Math.abs(each.draws - (small[i]?.draws ?? Number.NaN))).toBeLessThanOrEqual(4);
      expect(each.messages).toBeLessThanOrEqual(12);
    }
  });
});
