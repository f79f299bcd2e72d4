import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ChunkHash, TrackId, WantId } from "../src/protocol/ids.js";
import { assertSegments } from "../src/protocol/invariants.js";
import { CHUNK_BYTES, segmentRef, type SegmentInfo } from "../src/protocol/segment.js";
import { Store } from "../src/protocol/store.js";
import type { StoredSegment } from "../src/protocol/stored-segment.js";
import { peerId } from "./world.js";

const TRACK = 1 as TrackId;
const info = (sequence: number): SegmentInfo => ({ ref: segmentRef(TRACK, sequence, 0), startS: sequence * 4, durationS: 4, sizeBytes: 2 * CHUNK_BYTES });
const sequences = (segments: Iterable<StoredSegment>): number[] => [...segments].map((s) => s.ref.sequence);

function fill(store: Store, segment: StoredSegment): void {
  for (let i = 0; i < segment.chunks; i++) {
    segment.receive(i, new Uint8Array(segment.chunkLength(i)), peerId(1));
    store.heldBytes += segment.chunkLength(i);
    segment.verify(i, "" as ChunkHash);
  }
}

function storeOf(count: number, { live = false, limitSegments = 100 } = {}): Store {
  const store = new Store(limitSegments * 2 * CHUNK_BYTES);
  store.updateTrack({ id: TRACK, kind: "main", live, bandwidthBps: 0, segments: Array.from({ length: count }, (_, i) => info(i)) }, 0);
  return store;
}

describe("Store", () => {
  test("nothing is evicted within the bound", () => {
    const store = storeOf(4);
    for (const s of store.segments.values()) fill(store, s);
    expect(store.overflow(0)).toEqual([]);
  });

  test("evicts what has been played first, the oldest of it before the rest, then what is furthest ahead", () => {
    const store = storeOf(8, { limitSegments: 3 });
    for (const s of store.segments.values()) fill(store, s);
    expect(sequences(store.overflow(12))).toEqual([0, 1, 2, 7, 6]);
  });

  test("never evicts what the player waits for", () => {
    const store = storeOf(4, { limitSegments: 1 });
    for (const s of store.segments.values()) {
      fill(store, s);
      s.wants.add(1 as WantId);
    }
    expect(store.overflow(100)).toEqual([]);
  });

  test("an evicted segment keeps its name, size and what neighbours hold of it", () => {
    const store = storeOf(1);
    const [segment] = store.segments.values();
    fill(store, segment!);
    segment!.holders.fill(3);
    store.evict(segment!);
    expect(store.heldBytes).toBe(0);
    expect(segment).toMatchObject({ sizeBytes: 2 * CHUNK_BYTES, verifiedCount: 0, complete: false });
    expect([...segment!.holders]).toEqual([3, 3]);
  });

  test("live: what is three segments behind the playlist is discarded (TR3)", () => {
    const store = storeOf(5, { live: true });
    for (const s of store.segments.values()) fill(store, s);
    const gone = store.updateTrack({ id: TRACK, kind: "main", live: true, bandwidthBps: 0, segments: [5, 6, 7, 8, 9].map(info) }, 0);
    expect(sequences(gone)).toEqual([0, 1]);
    expect(store.discardBefore(TRACK)).toBe(2);
    expect(store.heldBytes).toBe(3 * 2 * CHUNK_BYTES);
    assertSegments(store.segments.values());
  });

  test("live: what the player waits for is kept until it has it", () => {
    const store = storeOf(2, { live: true });
    const [first] = store.segments.values();
    first!.wants.add(1 as WantId);
    const update = (from: number) => store.updateTrack({ id: TRACK, kind: "main", live: true, bandwidthBps: 0, segments: [from, from + 1].map(info) }, 0);
    expect(sequences(update(10))).toEqual([1]);
    first!.wants.clear();
    expect(sequences(update(11))).toEqual([0]);
  });

  test("live: a segment that a neighbour tells of is known before the playlist shows it", () => {
    const store = storeOf(3, { live: true });
    const told = store.foresee(info(3).ref, 0);
    expect(told).toMatchObject({ startS: info(3).startS, durationS: info(3).durationS, listed: false });
    store.updateTrack({ id: TRACK, kind: "main", live: true, bandwidthBps: 0, segments: [1, 2, 3].map(info) }, 0);
    expect(store.get(info(3).ref)).toBe(told);
    expect(told?.listed).toBe(true);
  });

  test("live: a segment that the playlist never shows is forgotten once it has passed it", () => {
    const store = storeOf(3, { live: true });
    const other = { ...info(3).ref, variant: 7, id: "other" };
    expect(store.foresee(other, 0)).toBeDefined();
    const gone = store.updateTrack({ id: TRACK, kind: "main", live: true, bandwidthBps: 0, segments: [1, 2, 3].map(info) }, 0);
    expect(gone.map((s) => s.ref.id)).toEqual(["other"]);
    expect(store.get(other)).toBeUndefined();
  });

  test("live: one segment a sequence, and none further ahead than two, is taken on a neighbour's word", () => {
    const store = storeOf(3, { live: true });
    expect(store.foresee(info(2).ref, 0)).toBeUndefined();
    expect(store.foresee(info(5).ref, 0)).toBeUndefined();
    expect(store.foresee(info(4).ref, 0)).toBeDefined();
    expect(store.foresee({ ...info(4).ref, variant: 7, id: "other" }, 0)).toBeUndefined();
  });

  test("VoD: nothing is discarded", () => {
    const store = storeOf(3);
    expect(store.updateTrack({ id: TRACK, kind: "main", live: false, bandwidthBps: 0, segments: [info(10)] }, 0)).toEqual([]);
    expect(store.discardBefore(TRACK)).toBe(0);
  });

  test("bytes balance whatever happens to a segment", () => {
    const stepArb = fc.tuple(fc.constantFrom("receive", "verify", "drop", "evict", "size", "forget"), fc.nat(3), fc.nat(3));
    fc.assert(fc.property(fc.array(stepArb, { maxLength: 80 }), (steps) => {
      const store = storeOf(4);
      for (const [step, sequence, chunk] of steps) {
        const segment = store.open(info(sequence), "main");
        const before = segment.heldBytes;
        if (step === "evict") store.evict(segment);
        else if (step === "forget") store.forget(segment);
        else {
          if (step === "receive" && chunk < segment.chunks && segment.payloads[chunk] === undefined) segment.receive(chunk, new Uint8Array(segment.chunkLength(chunk)), "origin");
          if (step === "verify" && segment.state[chunk] === 1) segment.verify(chunk, "" as ChunkHash);
          if (step === "drop") segment.drop(chunk);
          if (step === "size") segment.setSize((chunk + 1) * CHUNK_BYTES - 5, true);
          store.heldBytes += segment.heldBytes - before;
        }
        assertSegments(store.segments.values());
        expect([...store.segments.values()].reduce((sum, s) => sum + s.heldBytes, 0)).toBe(store.heldBytes);
      }
    }));
  });
});
