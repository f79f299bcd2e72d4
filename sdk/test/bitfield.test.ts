import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bitfieldBytes, clearBit, countBits, createBitfield, firstMissing, firstSet, fullBitfield, hasBit, isFull, isWellFormed, setBit } from "../src/protocol/bitfield.js";

const bitsArb = fc.integer({ min: 0, max: 200 });
const fieldArb = bitsArb.chain((bits) => fc.record({ bits: fc.constant(bits), set: fc.uniqueArray(fc.nat(Math.max(0, bits - 1)), { maxLength: bits }) }));

function fieldOf(bits: number, set: readonly number[]): Uint8Array {
  const field = createBitfield(bits);
  for (const index of set) setBit(field, index);
  return field;
}

describe("bitfield", () => {
  test("chunk 0 is the most significant bit of byte 0, chunk 8 that of byte 1", () => {
    expect([...fieldOf(9, [0, 8])]).toEqual([0x80, 0x80]);
    expect([...fieldOf(9, [7])]).toEqual([0x01, 0x00]);
  });

  test("takes as many bytes as its bits need", () => {
    expect([0, 1, 8, 9, 65_535].map(bitfieldBytes)).toEqual([0, 1, 1, 2, 8192]);
  });

  test("answers like a set of indices", () => {
    fc.assert(
      fc.property(fieldArb, ({ bits, set }) => {
        const field = fieldOf(bits, set);
        const members = new Set(set);
        const missing = Array.from({ length: bits }, (_, i) => i).filter((i) => !members.has(i));
        for (let i = 0; i < bits + 20; i++) expect(hasBit(field, i)).toBe(members.has(i));
        expect(countBits(field, bits)).toBe(members.size);
        expect(isFull(field, bits)).toBe(members.size === bits);
        for (let from = 0; from <= bits; from++) {
          expect(firstMissing(field, bits, from)).toBe(missing.find((i) => i >= from) ?? -1);
          expect(firstSet(field, bits, from)).toBe(set.toSorted((a, b) => a - b).find((i) => i >= from) ?? -1);
        }
        expect(isWellFormed(field, bits)).toBe(true);
        for (const index of set) clearBit(field, index);
        expect(field).toEqual(createBitfield(bits));
      }),
    );
  });

  test("a full field has every bit set and its spare bits zero", () => {
    for (let bits = 0; bits < 70; bits++) {
      const field = fullBitfield(bits);
      expect(field).toEqual(fieldOf(bits, Array.from({ length: bits }, (_, i) => i)));
      expect(isFull(field, bits)).toBe(true);
      expect(isWellFormed(field, bits)).toBe(true);
    }
  });

  test("counts no bit past the bits asked for", () => {
    expect(countBits(Uint8Array.of(0xff, 0xff), 9)).toBe(9);
    expect(firstMissing(Uint8Array.of(0xff, 0x80), 9)).toBe(-1);
  });

  test("a wrong length or a spare bit is not well formed", () => {
    expect(isWellFormed(Uint8Array.of(0x80), 9)).toBe(false);
    expect(isWellFormed(Uint8Array.of(0x80, 0x00, 0x00), 9)).toBe(false);
    expect(isWellFormed(Uint8Array.of(0x80, 0x40), 9)).toBe(false);
    expect(isWellFormed(Uint8Array.of(0x80, 0x80), 9)).toBe(true);
  });
});
