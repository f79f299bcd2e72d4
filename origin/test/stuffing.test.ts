import { expect, test } from "vitest";

import { loadSampleMedia } from "../sample-media.js";
import { labelsOf, stuff, TS_PACKET_BYTES } from "../stuffing.js";

const media = loadSampleMedia();
const level = media.levels[0];
if (level === undefined) throw new Error("the sample has no level");
const segment = media.segment(level, 0, 4);

const packets = (bytes: Buffer): Buffer[] =>
  Array.from({ length: bytes.length / TS_PACKET_BYTES }, (_, index) => bytes.subarray(index * TS_PACKET_BYTES, (index + 1) * TS_PACKET_BYTES));
const isNull = (packet: Buffer): boolean => (packet.readUInt16BE(1) & 0x1fff) === 0x1fff;

test("taking the null packets out gives the media back", () => {
  const stuffed = stuff({ media: segment, targetBytes: 150_000, label: "a" });
  expect(stuffed.length).toBe(Math.floor(150_000 / TS_PACKET_BYTES) * TS_PACKET_BYTES);
  expect(packets(stuffed).every((packet) => packet[0] === 0x47)).toBe(true);
  expect(Buffer.concat(packets(stuffed).filter((packet) => !isNull(packet))).equals(segment)).toBe(true);
});

test("every 16 KiB of a segment differ from position to position, and are the same each time", () => {
  const [a, b] = ["vod/level0/seg0", "vod/level0/seg15"].map((label) => stuff({ media: segment, targetBytes: 150_000, label }));
  if (a === undefined || b === undefined) throw new Error("unreachable");
  for (let at = 0; at < a.length; at += 16_384) expect(a.subarray(at, at + 16_384).equals(b.subarray(at, at + 16_384))).toBe(false);
  expect(stuff({ media: segment, targetBytes: 150_000, label: "vod/level0/seg0" }).equals(a)).toBe(true);
  expect(labelsOf(a)).toEqual(["vod/level0/seg0"]);
});

test("media that is too large already still gets its label", () => {
  expect(labelsOf(stuff({ media: segment, targetBytes: 10, label: "live/level0/seg7" }))).toEqual(["live/level0/seg7"]);
});

test("all levels leave room for stuffing, so that each has its announced rate", () => {
  for (const each of media.levels) {
    for (let position = 0; position < media.segmentsPerLoop(4); position += 1) {
      expect(media.segment(each, position, 4).length).toBeLessThan((each.announcedBps / 8) * 4 - TS_PACKET_BYTES * 50);
    }
  }
});

test("a segment length that does not divide the sample is refused in words", () => {
  expect(() => media.segmentsPerLoop(3)).toThrow(/do not divide/);
  expect(media.segmentsPerLoop(2)).toBe(30);
});
