import { expect, test } from "vitest";
import { ChunkMap } from "../chunk-map.js";

const slotOf = (source: string): number => ({ origin: 1, store: 2 })[source] ?? 3;
const place = { player: 0, track: 7, sequence: 4, startS: 16, durationS: 4 };
const bytes = (count: number): number => count * 16 * 1024;

const chunk = (index: number, source: string, chunks = 3) => ({ ...place, chunk: index, chunks, source });
const segment = (shares: { originBytes?: number; peerBytes?: number; storeBytes?: number }) => ({ ...place, url: "4.ts", originBytes: 0, peerBytes: 0, storeBytes: 0, ...shares });
const slots = (map: ChunkMap): number[][] => [...map.values()].map((entry) => [...entry.slots]);

test("a chunk takes the colour of who sent it, the others stay empty", () => {
  const map = new ChunkMap(slotOf);
  map.addChunk(chunk(0, "origin"));
  map.addChunk(chunk(2, "aaaa"));
  expect(slots(map)).toEqual([[1, 0, 3]]);
});

test("a segment handed over for the first time keeps the colours of its chunks", () => {
  const map = new ChunkMap(slotOf);
  for (const index of [0, 1, 2]) map.addChunk(chunk(index, "aaaa"));
  map.addSegment(segment({ storeBytes: bytes(3) }), "main");
  expect(slots(map)).toEqual([[3, 3, 3]]);
});

test("a segment that is played again without fetching comes from the own store", () => {
  const map = new ChunkMap(slotOf);
  for (const index of [0, 1, 2]) map.addChunk(chunk(index, "aaaa"));
  map.addSegment(segment({ peerBytes: bytes(3) }), "main");
  map.addSegment(segment({ storeBytes: bytes(3) }), "main");
  expect(slots(map)).toEqual([[2, 2, 2]]);
});

test("initialization segments take no time and do not show", () => {
  const map = new ChunkMap(slotOf);
  map.addChunk({ ...chunk(0, "origin"), durationS: 0 });
  expect(slots(map)).toEqual([]);
});

test("another file under the same number starts from empty", () => {
  const map = new ChunkMap(slotOf);
  map.addChunk(chunk(0, "origin"));
  map.addChunk(chunk(1, "origin", 2));
  expect(slots(map)).toEqual([[0, 1]]);
});

test("the chunks of a span are counted by colour", () => {
  const map = new ChunkMap(slotOf);
  map.addChunk(chunk(0, "origin"));
  map.addChunk(chunk(1, "aaaa"));
  map.addChunk({ ...chunk(0, "origin"), sequence: 90, startS: 360 });
  expect([...map.countBySlot(10, 30)]).toEqual([[1, 1], [3, 1]]);
});

test("hours of playing keep a bounded number of segments, the newest", () => {
  const map = new ChunkMap(slotOf);
  for (let sequence = 0; sequence < 5_000; sequence += 1) map.addChunk({ ...chunk(0, "origin"), sequence, startS: sequence * 4 });
  const kept = [...map.values()];
  expect(kept.length).toBe(300);
  expect(kept.at(-1)?.startS).toBe(4_999 * 4);
});

test("a track's kind is learned from its first segment that is handed over", () => {
  const map = new ChunkMap(slotOf);
  map.addChunk(chunk(0, "aaaa"));
  const [entry] = map.values();
  expect(entry && map.kindOf(entry)).toBe("main");
  map.addSegment(segment({ peerBytes: bytes(3) }), "audio");
  expect(entry && map.kindOf(entry)).toBe("audio");
});
