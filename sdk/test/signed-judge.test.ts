import { expect, test } from "vitest";
import type { ChunkHash, PeerId } from "../src/protocol/ids.js";
import { signedBelief } from "../src/protocol/signed-judge.js";
import { Bench } from "./bench.js";
import { chunkHashes, rootOf } from "./world-publisher.js";
import { hashOf } from "./world-stream.js";

/** Started; segment 1 comes from the neighbours that the test adds, its list from whoever the test says. Hashes are answered by {@link hash}. */
function started(covered: readonly number[] = [0, 1]): Bench {
  const b = new Bench({ belief: signedBelief, hashes: false });
  b.play();
  b.at(0, false);
  sign(b, covered);
  b.alone();
  b.want(0);
  for (const fetch of b.of("fetch")) b.answer(fetch);
  hash(b);
  b.clear();
  return b;
}

const list = (b: Bench, sequence = 1): ChunkHash[] => chunkHashes(b.stream.body(sequence));
const sign = (b: Bench, covered: readonly number[]): void => {
  const segments = covered.map((sequence) => {
    const sizeBytes = b.stream.body(sequence).length;
    return { sequence, variant: b.ref(sequence).variant, sizeBytes, root: rootOf(sizeBytes, list(b, sequence)) };
  });
  b.handle({ type: "signed", track: b.stream.track, segments });
};
/** Answers all hash and check effects there are. */
const hash = (b: Bench): void => {
  for (const { segment, chunk, token, payload } of b.of("hash")) b.handle({ type: "hashed", segment, chunk, token, hash: hashOf(payload) });
  check(b);
};
const check = (b: Bench): void => {
  for (const { token, hashes, sizeBytes, root } of b.of("check-list")) b.handle({ type: "list-checked", token, isTrue: rootOf(sizeBytes, hashes) === root });
};
const giveList = (b: Bench, peer: PeerId, hashes = list(b)): void => b.say(peer, { type: "INTEGRITY", segment: b.ref(1), first: 0, fromOrigin: false, hashes });
const forge = (b: Bench, peer: PeerId, chunk: number): void => b.say(peer, { type: "DATA", segment: b.ref(1), chunk, payload: b.chunk(1, chunk).map((byte) => byte ^ 1) });
const stored = (b: Bench): number[] => b.of("chunk-stored").map((e) => e.chunk);
const bans = (b: Bench): string[] => b.of("banned").map((e) => `${e.peer.at(-1)} ${e.reason}`);

test("the list is asked for along with the first chunks, once, of the neighbour that gives them", () => {
  const b = started();
  const giver = b.neighbour(1, { has: [1] });
  b.neighbour(2, { has: [1] });
  b.advance(500);
  expect(b.sent("INTEGRITY_REQ").map(({ to, message }) => [to, message.runs])).toEqual([[giver, [{ segment: b.ref(1), first: 0, count: b.chunks(1) }]]]);
});

test("a chunk that comes before the list waits: it is neither stored nor given to others", () => {
  const b = started();
  const [giver, other] = [b.neighbour(1, { has: [1] }), b.neighbour(2)];
  b.give(giver, 1, 0);
  hash(b);
  expect(stored(b)).toEqual([]);
  b.say(other, { type: "REQUEST", runs: [{ segment: b.ref(1), first: 0, count: 1 }], urgent: true });
  b.advance(500);
  expect(b.sent("REJECT", other)).toMatchObject([{ message: { runs: [{ first: 0 }] } }]);
  expect(b.sent("DATA", other)).toEqual([]);
  giveList(b, giver);
  check(b);
  expect(stored(b)).toEqual([0]);
});

test("a list before the root waits for it", () => {
  const b = started([0]);
  const giver = b.neighbour(1, { has: [1] });
  giveList(b, giver);
  b.give(giver, 1, 0);
  hash(b);
  expect(b.of("check-list")).toEqual([]);
  expect(b.of("find-signed").some(({ segment }) => segment.id === b.ref(1).id)).toBe(true);
  sign(b, [0, 1]);
  check(b);
  expect(stored(b)).toEqual([0]);
});

test("a verdict on one payload is none on another that took its place", () => {
  const b = started();
  const first = b.neighbour(1, { has: [1] });
  b.give(first, 1, 0);
  hash(b);
  // Its giver is banned for something else, and what it gave dropped; a liar gives the chunk anew.
  b.handle({ type: "malformed", peer: first, reason: "" });
  b.clear();
  const second = b.neighbour(2, { has: [1] });
  expect(b.requested(second, 1)).toContain(0);
  forge(b, second, 0);
  giveList(b, second);
  check(b);
  expect(stored(b)).toEqual([]);
  hash(b);
  expect(stored(b)).toEqual([]);
  expect(bans(b)).toEqual(["2 forged chunk"]);
});

test("a list that nobody was asked for is not looked at", () => {
  const b = started();
  const [, stranger] = [b.neighbour(1, { has: [1] }), b.neighbour(2, { has: [1] })];
  giveList(b, stranger, list(b).toReversed());
  expect(b.of("check-list")).toEqual([]);
  expect(bans(b)).toEqual([]);
});

test("a neighbour that stays silent for a second is done without, and one whose list was true is asked first the next time", () => {
  const b = started();
  const [silent, good] = [b.neighbour(1, { has: [1] }), b.neighbour(2, { has: [1, 2], unchokes: false })];
  b.advance(1_300);
  expect(b.sent("INTEGRITY_REQ").map(({ to }) => to)).toEqual([silent, good]);
  giveList(b, good);
  check(b);
  b.clear();
  b.want(2);
  const other = b.neighbour(3, { has: [2] });
  expect(b.requested(other, 2).length).toBeGreaterThan(0);
  expect(b.sent("INTEGRITY_REQ").map(({ to }) => to)).toEqual([good]);
});

test("a neighbour is told the whole list, also of chunks that are not here", () => {
  const b = started();
  const [giver, asker] = [b.neighbour(1, { has: [1] }), b.neighbour(2)];
  giveList(b, giver);
  b.give(giver, 1, 3);
  hash(b);
  b.say(asker, { type: "INTEGRITY_REQ", runs: [{ segment: b.ref(1), first: 0, count: b.chunks(1) }] });
  b.advance(500);
  expect(b.sent("INTEGRITY", asker)).toMatchObject([{ message: { first: 0, fromOrigin: false, hashes: list(b) } }]);
});
