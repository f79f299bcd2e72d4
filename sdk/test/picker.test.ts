import { describe, expect, test } from "vitest";
import { Neighbour } from "../src/protocol/neighbour.js";
import { candidates, pickChunks, pickEndgame, type Candidate } from "../src/protocol/picker.js";
import { CHUNK_BYTES, segmentRef, type SegmentInfo, type TrackKind } from "../src/protocol/segment.js";
import { EngineState } from "../src/protocol/state.js";
import { Chunk, StoredSegment } from "../src/protocol/stored-segment.js";
import type { TrackId, WantId } from "../src/protocol/ids.js";
import { peerId, SWARM } from "./world.js";

const CHUNKS = 4;

function info(sequence: number, track = 1): SegmentInfo {
  return { ref: segmentRef(track as TrackId, sequence, 0), startS: sequence * 4, durationS: 4, sizeBytes: CHUNKS * CHUNK_BYTES };
}

function stateWith(setting: { count?: number; live?: boolean; kind?: TrackKind } = {}): EngineState {
  const state = new EngineState({ peer: peerId(0), swarm: SWARM, seed: 1, serves: true, memoryBytes: 2 ** 28, maxNeighbours: 12 });
  const { count = 60, live = false, kind = "main" } = setting;
  state.store.updateTrack({ id: 1 as TrackId, kind, live, bandwidthBps: 0, segments: Array.from({ length: count }, (_, i) => info(i)) }, 0);
  state.activate(kind, 1 as TrackId, 0);
  return state;
}

/** So many others hold chunk `i`. */
function heldBy(segment: StoredSegment, counts: readonly number[]): void {
  counts.forEach((count, i) => (segment.holders[i] = ((segment.holders[i] ?? 0) & 1) | (((1 << count) - 1) << 1)));
}

function seeder(state: EngineState): Neighbour {
  const neighbour = new Neighbour(peerId(1), 1, 0);
  for (const s of state.store.segments.values()) s.setHolder(neighbour, "all");
  return neighbour;
}

const sequences = (list: readonly Candidate[], priority: Candidate["priority"]): number[] => list.filter((c) => c.priority === priority).map((c) => c.segment.ref.sequence);
const options = { count: 64, lowCount: 64, offset: 0, nowMs: 0 };

describe("Picker (Tribler's windows, SYSTEMS TR1)", () => {
  test("the high window is the next 10 s, the mid one four times as long, the low one what follows", () => {
    const list = candidates(stateWith(), 0);
    expect(sequences(list, "high")).toEqual([0, 1, 2]);
    expect(sequences(list, "mid")).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(sequences(list, "low")[0]).toBe(13);
  });

  test("the windows move with the playhead, and what lies behind it is not fetched", () => {
    const state = stateWith();
    Object.assign(state.playhead, { positionS: 20, playing: true, atMs: 0 });
    expect(sequences(candidates(state, 0), "high")).toEqual([5, 6, 7]);
    // Eight seconds later, nobody has told the position since.
    expect(sequences(candidates(state, 8_000), "high")).toEqual([7, 8, 9]);
  });

  test("prefetch ends where the low window does", () => {
    expect(Math.max(...candidates(stateWith({ count: 200 }), 0).map((c) => c.segment.startS))).toBeLessThanOrEqual(110);
  });

  test("what the player waits for is high wherever it lies", () => {
    const state = stateWith();
    const far = state.store.get(info(40).ref)!;
    far.wants.add(1 as WantId);
    state.wanted.add(far);
    expect(sequences(candidates(state, 0), "high")).toEqual([0, 1, 2, 40]);
  });

  test("a live joiner fetches nothing older than its hook-in point (TR3)", () => {
    const state = stateWith({ live: true, count: 10 });
    state.activate("main", 1 as TrackId, 0);
    const late = new EngineState(state.options);
    late.store.updateTrack({ id: 1 as TrackId, kind: "main", live: true, bandwidthBps: 0, segments: Array.from({ length: 10 }, (_, i) => info(i)) }, 0);
    late.activate("main", 1 as TrackId, 7);
    expect(candidates(late, 0).map((c) => c.segment.ref.sequence)).toEqual([7, 8, 9]);
  });

  test("complete segments are no candidates", () => {
    const state = stateWith({ count: 3 });
    const first = state.store.get(info(0).ref)!;
    for (let i = 0; i < CHUNKS; i++) first.verify(i, "" as never);
    expect(candidates(state, 0).map((c) => c.segment.ref.sequence)).toEqual([1, 2]);
  });

  test("high: strict in order, whatever is rare", () => {
    const state = stateWith();
    const first = state.store.get(info(0).ref)!;
    heldBy(first, [9, 1, 5, 2]);
    const picks = pickChunks(seeder(state), candidates(state, 0), { ...options, count: 6 });
    expect(picks.map((p) => [p.segment.ref.sequence, p.chunk])).toEqual([[0, 0], [0, 1], [0, 2], [0, 3], [1, 0], [1, 1]]);
  });

  test("mid: rarest first over the whole window", () => {
    const state = stateWith();
    Object.assign(state.playhead, { positionS: 0 });
    const list = candidates(state, 0).filter((c) => c.priority === "mid");
    for (const { segment } of list) heldBy(segment, [5, 5, 5, 5]);
    heldBy(list[4]!.segment, [5, 5, 1, 5]);
    heldBy(list[7]!.segment, [2, 5, 5, 5]);
    const picks = pickChunks(seeder(state), list, { ...options, count: 2 });
    expect(picks.map((p) => [p.segment, p.chunk])).toEqual([[list[4]!.segment, 2], [list[7]!.segment, 0]]);
  });

  test("peers with different offsets begin with different chunks among equally rare ones", () => {
    const state = stateWith();
    const list = candidates(state, 0).filter((c) => c.priority === "mid");
    const first = (offset: number): number => pickChunks(seeder(state), list, { ...options, count: 1, offset })[0]!.chunk;
    expect([0, 1, 2, 3].map(first)).toEqual([0, 1, 2, 3]);
  });

  test("low takes no more than its share of the pipeline", () => {
    const state = stateWith();
    const list = candidates(state, 0).filter((c) => c.priority === "low");
    expect(pickChunks(seeder(state), list, { ...options, count: 20, lowCount: 2 })).toHaveLength(2);
    expect(pickChunks(seeder(state), list, { ...options, count: 20, lowCount: 0 })).toHaveLength(0);
  });

  test("nothing that is here, asked for, being fetched, or not held by that neighbour", () => {
    const state = stateWith({ count: 1 });
    const segment = state.store.get(info(0).ref)!;
    const neighbour = seeder(state);
    segment.setHolder(neighbour, Uint8Array.of(0b1110_0000));
    segment.countRequest(0, 1);
    segment.countFetch(1, 1);
    expect(pickChunks(neighbour, candidates(state, 0), options).map((p) => p.chunk)).toEqual([2]);
    segment.receive(2, new Uint8Array(1), peerId(2));
    expect(pickChunks(neighbour, candidates(state, 0), options)).toEqual([]);
  });

  test("live: what hardly anybody has takes half of the room before what is urgent", () => {
    const state = stateWith({ live: true, count: 4 });
    Object.assign(state.playhead, { positionS: 0 });
    for (const s of state.store.segments.values()) heldBy(s, [9, 9, 9, 9]);
    const fresh = state.store.get(info(3).ref)!;
    heldBy(fresh, [9, 1, 2, 9]);
    const picks = pickChunks(seeder(state), candidates(state, 0), { ...options, count: 4 });
    expect(picks.map((p) => [p.segment.ref.sequence, p.chunk, p.urgent])).toEqual([[3, 1, false], [3, 2, false], [0, 0, true], [0, 1, true]]);
  });

  test("live: segments that neighbours have told of come after those of the playlist", () => {
    const state = stateWith({ live: true, count: 3 });
    state.store.foresee(info(3).ref, 0);
    expect(candidates(state, 0).map((c) => c.segment.ref.sequence)).toEqual([0, 1, 2, 3]);
  });

  test("end-game: only slow chunks of the high window that exactly one neighbour was asked for", () => {
    const state = stateWith({ count: 4 });
    const list = candidates(state, 0);
    const [first, second] = [0, 1].map((s) => state.store.get(info(s).ref)!) as [StoredSegment, StoredSegment];
    first.requested.set([0, 1, 2, 1]);
    second.requested.fill(1);
    first.state[3] = Chunk.unverified;
    first.originFailures = 1;
    const picks = pickEndgame(seeder(state), list, { count: 10, isSlow: (s) => s === first });
    expect(picks.map((p) => [p.segment, p.chunk])).toEqual([[first, 1]]);
  });

  test("sound comes before picture at the same time", () => {
    const state = stateWith({ count: 2 });
    state.store.updateTrack({ id: 2 as TrackId, kind: "audio", live: false, bandwidthBps: 0, segments: [info(0, 2), info(1, 2)] }, 0);
    state.activate("audio", 2 as TrackId, 0);
    expect(candidates(state, 0).map((c) => `${c.segment.kind} ${c.segment.ref.sequence}`)).toEqual(["audio 0", "main 0", "audio 1", "main 1"]);
  });
});
