import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PeerId } from "../src/protocol/ids.js";
import { rendezvousWeight } from "../src/protocol/rendezvous.js";
import { peerId } from "./world.js";

const peersArb = fc.uniqueArray(fc.nat(10_000), { minLength: 1, maxLength: 20 }).map((list) => list.map(peerId));

/** Whose turn it is first. */
const first = (peers: readonly PeerId[], key: string): PeerId | undefined => [...peers].sort((a, b) => rendezvousWeight(b, key) - rendezvousWeight(a, key) || (a < b ? -1 : 1))[0];

describe("Rendezvous hashing", () => {
  test("peers that know the same candidates agree, in whatever order they know them", () => {
    fc.assert(fc.property(peersArb, fc.string(), fc.nat(), (peers, key, turn) => {
      const turned = [...peers.slice(turn % peers.length), ...peers.slice(0, turn % peers.length)];
      expect(first(turned.toReversed(), key)).toBe(first(peers, key));
    }));
  });

  test("when a peer leaves only its own slices move", () => {
    fc.assert(fc.property(peersArb, fc.string(), fc.nat(), (peers, key, index) => {
      const winner = first(peers, key);
      const leaver = peers[index % peers.length]!;
      const after = first(peers.filter((p) => p !== leaver), key);
      if (winner !== leaver) expect(after).toBe(winner);
    }));
  });

  test("slices of one segment spread over the peers", () => {
    const peers = [1, 2, 3, 4].map(peerId);
    const won = new Map(peers.map((p) => [p, 0]));
    for (let sequence = 0; sequence < 500; sequence++)
      for (const at of [0, 16, 32, 48]) {
        const winner = first(peers, `1.${sequence.toString(16)}.9/${at}`)!;
        won.set(winner, won.get(winner)! + 1);
      }
    for (const count of won.values()) expect(Math.abs(count - 500)).toBeLessThan(75);
  });

  test("nobody wins among nobody", () => {
    expect(first([], "x")).toBeUndefined();
  });
});
