import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rendezvousWinner } from "../src/protocol/rendezvous.js";
import { peerId } from "./world.js";

const peersArb = fc.uniqueArray(fc.nat(10_000), { minLength: 1, maxLength: 20 }).map((list) => list.map(peerId));

describe("Rendezvous hashing", () => {
  test("peers that know the same candidates agree, in whatever order they know them", () => {
    fc.assert(fc.property(peersArb, fc.string(), fc.nat(), (peers, key, turn) => {
      const turned = [...peers.slice(turn % peers.length), ...peers.slice(0, turn % peers.length)];
      expect(rendezvousWinner(turned.toReversed(), key)).toBe(rendezvousWinner(peers, key));
    }));
  });

  test("when a peer leaves only its own slices move", () => {
    fc.assert(fc.property(peersArb, fc.string(), fc.nat(), (peers, key, index) => {
      const winner = rendezvousWinner(peers, key);
      const leaver = peers[index % peers.length]!;
      const after = rendezvousWinner(peers.filter((p) => p !== leaver), key);
      if (winner !== leaver) expect(after).toBe(winner);
    }));
  });

  test("slices of one segment spread over the peers", () => {
    const peers = [1, 2, 3, 4].map(peerId);
    const won = new Map(peers.map((p) => [p, 0]));
    for (let sequence = 0; sequence < 500; sequence++)
      for (const first of [0, 16, 32, 48]) {
        const winner = rendezvousWinner(peers, `1.${sequence.toString(16)}.9/${first}`)!;
        won.set(winner, won.get(winner)! + 1);
      }
    for (const count of won.values()) expect(Math.abs(count - 500)).toBeLessThan(75);
  });

  test("nobody wins among nobody", () => {
    expect(rendezvousWinner([], "x")).toBeUndefined();
  });
});
