import { expect, test } from "vitest";
import { sentence } from "../sentence.js";

const plain = (text: string): string => text.replaceAll("\u00a0", " ");
const facts = { mode: "p2p", reason: undefined, tracker: "connected", swarmSize: 3, neighbours: ["a", "b"], originBytes: 12e6, peerBytes: 88e6, uploadedBytes: 4.2e6, offload: 0.88 } as const;

test("sharing says who shares, what the origin sent and what was passed on", () => {
  expect(plain(sentence(facts))).toBe("3 viewers share this stream; the origin sent you 12 % of it, and you passed on 4.2 MB.");
});

test("before the first byte the stream is loading", () => {
  expect(sentence(undefined)).toBe("Loading the stream.");
  expect(sentence({ ...facts, originBytes: 0, peerBytes: 0 })).toBe("Loading the stream.");
});

test("a lone viewer is told what to do", () => {
  expect(sentence({ ...facts, swarmSize: 1, neighbours: [], peerBytes: 0, uploadedBytes: 0, offload: 0 })).toContain("Open another tab");
});

test("a lone viewer whose neighbours have left is told so", () => {
  expect(sentence({ ...facts, swarmSize: 1, neighbours: [] })).toContain("have left");
});

test("a dead tracker does not hide that neighbours still share", () => {
  expect(plain(sentence({ ...facts, tracker: "down" }))).toContain("2 neighbours still share");
});

test("origin-only gives its reason", () => {
  expect(sentence({ ...facts, mode: "origin-only", reason: "this browser has no WebRTC" })).toBe("Everything comes from the origin: this browser has no WebRTC.");
});

test("a dead tracker and no neighbour is said in plain words, whatever code the SDK has for it", () => {
  expect(sentence({ ...facts, mode: "origin-only", reason: "tracker-down: websocket error", tracker: "down", neighbours: [] })).toBe("The tracker does not answer, so the stream comes from the origin alone.");
});
