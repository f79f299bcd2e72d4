import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { SeatBook } from "./seat-book.js";
import { joinRequest, liveRequest, secretOf, statReport, swarmId, World } from "./world.js";

vi.setConfig({ testTimeout: 60_000 });

const VIEWERS = 45;
const TRACKS = [1, 2];
/** A track's seats are at most eight, so at most eight viewers lose one and eight get one, beside the one that acts. */
const MAX_MESSAGES = TRACKS.length * 17;

interface Shadow {
  serves: boolean;
  willing: boolean;
  tracks: number[];
}

const viewer = fc.integer({ min: 1, max: VIEWERS });
const watch = fc.record({ type: fc.constant("watch" as const), n: viewer, network: fc.nat(12), serves: fc.boolean(), tracks: fc.subarray(TRACKS), willing: fc.boolean(), uplinkBps: fc.constantFrom(null, 100_000, 10_000_000) });
const step = fc.oneof(
  { weight: 5, arbitrary: watch },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("live" as const), n: viewer, tracks: fc.subarray(TRACKS), willing: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("missing" as const), n: viewer, track: fc.constantFrom(...TRACKS, 3), sequence: fc.integer({ min: 10, max: 13 }), slices: fc.oneof(fc.constant([]), fc.subarray([0, 1, 2, 3], { minLength: 2 })) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("close" as const), n: viewer }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("leave" as const), n: viewer }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("rejoin" as const), n: viewer, serves: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("wait" as const), ms: fc.nat(8_000) }) },
);
/** Whether most are there from the beginning: else a second copy would hardly ever be reached. */
const crowd = fc.boolean();

describe("under any sequence of events", () => {
  it("each slice has as many holders as it should, all of them told and able, and no event sends more than a bounded number of messages", () => {
    let moved = 0;
    let doubled = 0;
    fc.assert(
      fc.property(crowd, fc.array(step, { minLength: 20, maxLength: 150, size: "max" }), fc.integer(), (isCrowd, steps, seed) => {
        const world = new World({ events: { burst: 1e6, perSecond: 0 } }, { seed });
        const book = new SeatBook(world);
        const there = new Map<number, Shadow>();
        const copies = new Map(TRACKS.map((track) => [track, 1]));
        const watches = (n: number, over: { network: number; serves: boolean; tracks: number[]; willing: boolean; uplinkBps: number | null }) => {
          world.open(n, `network ${over.network}`);
          world.send(n, "join", joinRequest(n, { serves: over.serves }));
          there.set(n, { serves: over.serves, willing: false, tracks: [] });
          settle();
          const { tracks, willing, uplinkBps } = over;
          expect(world.send(n, "live", liveRequest({ tracks, willing, uplinkBps }))).toEqual({ ok: true });
          there.set(n, { ...over });
        };
        /** Folds in what was said, and checks all of it. */
        const settle = () => {
          expect(book.read()).toBeLessThanOrEqual(MAX_MESSAGES);
          for (const track of TRACKS) {
            const audience = [...there.values()].filter((each) => each.tracks.includes(track));
            copies.set(track, audience.length >= (copies.get(track) === 2 ? 20 : 30) ? 2 : 1);
            const eligible = audience.filter((each) => each.serves && each.willing).length;
            const expected = Math.min(copies.get(track) ?? 0, eligible);
            if (expected === 2) doubled += 1;
            for (const holders of book.holders(track)) {
              expect(new Set(holders.filter((n) => n !== undefined)).size).toBe(expected);
              for (const n of holders) {
                const { serves, willing, tracks } = there.get(n) ?? {};
                const isAble = serves === true && willing === true && tracks?.includes(track) === true;
                if (!isAble || book.told(n, track)?.of !== expected) throw new Error(`viewer ${n} should not hold that seat`);
              }
            }
          }
        };
        if (isCrowd) for (let n = 1; n <= 35; n += 1) watches(n, { network: n % 9, serves: true, tracks: TRACKS, willing: true, uplinkBps: null });
        for (const action of steps) {
          if (action.type === "watch") {
            if (!there.has(action.n)) watches(action.n, action);
          } else if (action.type === "live") {
            const answer = book.live(action.n, { tracks: action.tracks, willing: action.willing }) as { ok: boolean } | undefined;
            const known = there.get(action.n);
            expect(answer?.ok ?? false).toBe(known !== undefined);
            if (known !== undefined) Object.assign(known, { tracks: action.tracks, willing: action.willing });
          } else if (action.type === "missing") {
            world.send(action.n, "missing", { swarm: swarmId(1), track: action.track, sequence: action.sequence, slices: action.slices });
          } else if (action.type === "close") {
            there.delete(action.n);
            book.close(action.n);
          } else if (action.type === "leave") {
            world.send(action.n, "leave", { swarm: swarmId(1) });
            there.delete(action.n);
            // as closing does, for the book; the connection is gone with it
            book.close(action.n);
          } else if (action.type === "rejoin") {
            const known = there.get(action.n);
            if (known !== undefined) {
              world.send(action.n, "join", joinRequest(action.n, { serves: action.serves, secret: secretOf(action.n) }));
              known.serves = action.serves;
            }
          } else {
            // with everybody's report, so that nobody falls silent
            world.advance(action.ms);
            for (const n of there.keys()) {
              world.send(n, "stat", statReport(1));
              expect(book.read()).toBeLessThanOrEqual(MAX_MESSAGES);
            }
          }
          settle();
        }
        moved += world.tracker.stats().seatsLost;
        for (const n of there.keys()) book.close(n);
        expect(book.holders().flat()).toEqual([]);
        expect(world.tracker.stats()).toMatchObject({ peers: 0, swarms: 0, connections: 0 });
      }),
      { numRuns: 50 },
    );
    // it was about something
    expect(moved).toBeGreaterThan(5);
    expect(doubled).toBeGreaterThan(100);
  });
});
