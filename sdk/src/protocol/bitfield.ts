/**
 * A set of chunk indices, one bit each: bit i of byte i >> 3, most significant first, as in a buffer map on the wire.
 * Functions over a plain Uint8Array, so that a field read from a message is used as it is.
 * Spare bits after the last one are zero, always; every function here counts on it and keeps it.
 */
export type Bitfield = Uint8Array;

export const bitfieldBytes = (bits: number): number => (bits + 7) >>> 3;

/** `bits` bits, none of them set. */
export const createBitfield = (bits: number): Bitfield => new Uint8Array(bitfieldBytes(bits));

/** `bits` bits, all of them set. */
export function fullBitfield(bits: number): Bitfield {
  const field = createBitfield(bits).fill(0xff);
  if ((bits & 7) !== 0) field[field.length - 1] = usedMask(bits);
  return field;
}

/** False for an index past the end. */
export const hasBit = (field: Bitfield, index: number): boolean => ((field[index >>> 3] ?? 0) & (0x80 >>> (index & 7))) !== 0;

export function setBit(field: Bitfield, index: number): void {
  const byte = index >>> 3;
  field[byte] = (field[byte] ?? 0) | (0x80 >>> (index & 7));
}

export function clearBit(field: Bitfield, index: number): void {
  const byte = index >>> 3;
  field[byte] = (field[byte] ?? 0) & ~(0x80 >>> (index & 7));
}

/** How many of the first `bits` bits are set. */
export function countBits(field: Bitfield, bits: number): number {
  let count = 0;
  const bytes = bits >>> 3;
  for (let i = 0; i < bytes; i++) count += popCount(field[i] ?? 0);
  if ((bits & 7) !== 0) count += popCount((field[bytes] ?? 0) & usedMask(bits));
  return count;
}

/** How many bits of a 32-bit number are set. */
export function popCount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x5555_5555);
  n = (n & 0x3333_3333) + ((n >>> 2) & 0x3333_3333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

export const isFull = (field: Bitfield, bits: number): boolean => firstMissing(field, bits) === -1;

/** The lowest index from `from` on that is not set, or -1. */
export function firstMissing(field: Bitfield, bits: number, from = 0): number {
  return firstWhere(field, { bits, from, flip: 0xff });
}

/** The lowest index from `from` on that is set, or -1. */
export function firstSet(field: Bitfield, bits: number, from = 0): number {
  return firstWhere(field, { bits, from, flip: 0 });
}

/** Whether the field has the length and the zero spare bits of one for `bits` bits: what a parser must ask. */
export const isWellFormed = (field: Bitfield, bits: number): boolean =>
  field.length === bitfieldBytes(bits) && ((bits & 7) === 0 || ((field[field.length - 1] ?? 0) & ~usedMask(bits)) === 0);

/** The bits of the last byte that are in use; `bits` is not a multiple of 8. */
const usedMask = (bits: number): number => 0xff & ~(0xff >>> (bits & 7));

function firstWhere(field: Bitfield, { bits, from, flip }: { bits: number; from: number; flip: number }): number {
  let mask = 0xff >>> (from & 7);
  for (let byte = from >>> 3; byte << 3 < bits; byte++) {
    const found = ((field[byte] ?? 0) ^ flip) & mask;
    if (found !== 0) {
      const index = (byte << 3) + Math.clz32(found) - 24;
      return index < bits ? index : -1;
    }
    mask = 0xff;
  }
  return -1;
}
