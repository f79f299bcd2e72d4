import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GiveToGet, type ChokeView } from "../src/protocol/choker.js";
import type { PeerId } from "../src/protocol/ids.js";
import { Random } from "../src/protocol/random.js";
import { peerId } from "./world.js";

const PERIOD_MS = 10_000;
const view = (index: number, forwardedOurs = 0, forwardedTotal = forwardedOurs): ChokeView => ({ peer: peerId(index), isFriend: false, forwardedOurs, forwardedTotal });

/** Runs so many whole periods with a full uplink, so that only the base is served, and gives the last answer. */
function settle(choker: GiveToGet, neighbours: readonly ChokeView[], { periods = 6, slots = 3, fromMs = 0, random = new Random(1) } = {}): Set<PeerId> {
  let unchoked = new Set<PeerId>();
  for (let i = 0; i < periods; i++) unchoked = choker.review({ neighbours, unchoked, slots, nowMs: fromMs + i * PERIOD_MS }, random) ?? unchoked;
  return unchoked;
}

describe("Give-to-get (Mol et al. 2008, SYSTEMS TR2)", () => {
  const ten = Array.from({ length: 10 }, (_, i) => view(i + 1, i));

  test("serves those who forwarded most of what they got from us", () => {
    const served = settle(new GiveToGet(), ten);
    for (const best of [10, 9, 8]) expect(served).toContain(peerId(best));
  });

  test("ties are decided by all they forwarded, then by id", () => {
    const neighbours = [view(1, 1, 1), view(2, 1, 5), view(3, 1, 3), view(4, 1, 4), view(5, 0, 9), view(6, 0, 9)];
    const served = settle(new GiveToGet(), neighbours);
    for (const best of [2, 3, 4]) expect(served).toContain(peerId(best));
  });

  test("friends come before all others, whatever they forwarded (SYSTEMS TR6)", () => {
    const friend = { ...view(11), isFriend: true };
    expect(settle(new GiveToGet(), [...ten, friend])).toContain(friend.peer);
    expect(settle(new GiveToGet(), [...ten, view(11)], { periods: 1 })).toContain(peerId(10));
  });

  test("serves as many as the uplink can, and one by chance", () => {
    expect(settle(new GiveToGet(), ten, { periods: 20 }).size).toBe(4);
    expect(settle(new GiveToGet(), ten, { periods: 20, slots: 6 }).size).toBe(7);
  });

  test("serves more within a second of the uplink's showing that it can", () => {
    const choker = new GiveToGet();
    const random = new Random(1);
    const unchoked = settle(choker, ten, { random });
    expect(unchoked.size).toBeLessThan(ten.length);
    expect(choker.review({ neighbours: ten, unchoked, slots: 12, nowMs: 61_000 }, random)?.size).toBe(ten.length);
  });

  test("an uplink that has not been measured serves one more every second, while nobody waits", () => {
    const choker = new GiveToGet();
    const random = new Random(1);
    let unchoked = new Set<PeerId>();
    const sizes = [0, 1, 2, 3].map((s) => (unchoked = choker.review({ neighbours: ten, unchoked, slots: undefined, nowMs: s * 1_000 }, random) ?? unchoked).size);
    expect(sizes).toEqual([6, 7, 8, 9]);
  });

  test("changes nothing between periods while all slots are taken", () => {
    const choker = new GiveToGet();
    const random = new Random(1);
    const unchoked = choker.review({ neighbours: ten, unchoked: new Set(), slots: 3, nowMs: 0 }, random)!;
    for (let ms = 500; ms < PERIOD_MS; ms += 500) expect(choker.review({ neighbours: ten, unchoked, slots: 3, nowMs: ms }, random)).toBeUndefined();
  });

  test("the one by chance stays for two periods", () => {
    const choker = new GiveToGet();
    const random = new Random(5);
    settle(choker, ten, { random });
    const byChance: PeerId[] = [];
    let unchoked = new Set<PeerId>();
    for (let i = 6; i < 46; i++) {
      unchoked = choker.review({ neighbours: ten, unchoked, slots: 3, nowMs: i * PERIOD_MS }, random) ?? unchoked;
      byChance.push([...unchoked].find((p) => ![8, 9, 10].map(peerId).includes(p))!);
    }
    for (let i = 0; i < byChance.length; i += 2) expect(byChance[i + 1]).toBe(byChance[i]);
    expect(new Set(byChance).size).toBeGreaterThan(4);
  });

  test("a newcomer is served at once while there is a slot", () => {
    const choker = new GiveToGet();
    expect(choker.admits(0)).toBe(true);
    expect(choker.admits(3)).toBe(true);
    settle(choker, ten, { periods: 20 });
    expect(choker.admits(4)).toBe(false);
  });

  test("one seed, one choice", () => {
    const run = (): string => JSON.stringify([...settle(new GiveToGet(), ten, { random: new Random(3) })].sort());
    expect(run()).toBe(run());
  });

  test("whoever is served is a neighbour, and three are when there are three", () => {
    const roundArb = fc.record({ present: fc.uniqueArray(fc.nat(15), { maxLength: 16 }), forwarded: fc.array(fc.nat(50), { minLength: 16, maxLength: 16 }), slots: fc.integer({ min: 3, max: 20 }), waitMs: fc.nat(15_000) });
    fc.assert(
      fc.property(fc.array(roundArb, { maxLength: 30 }), fc.nat(), (rounds, seed) => {
        const choker = new GiveToGet();
        const random = new Random(seed);
        let nowMs = 0;
        let unchoked = new Set<PeerId>();
        for (const { present, forwarded, slots, waitMs } of rounds) {
          nowMs += waitMs;
          const neighbours = present.map((i) => view(i, forwarded[i]));
          const peers = new Set(neighbours.map((n) => n.peer));
          unchoked = new Set([...unchoked].filter((p) => peers.has(p)));
          const served = choker.review({ neighbours, unchoked, slots, nowMs }, random);
          if (served === undefined) continue;
          for (const p of served) expect(peers).toContain(p);
          expect(served.size).toBeGreaterThanOrEqual(Math.min(3, neighbours.length));
          unchoked = served;
        }
      }),
    );
  });
});
