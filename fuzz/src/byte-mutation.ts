import { type Chance, pick } from "./chance.js";

/** One of the corpus after up to three mutations, none included. */
export function mutated(corpus: readonly Uint8Array[], chance: Chance): Uint8Array {
  let bytes = pick(corpus, chance);
  for (let mutations = chance(4); mutations > 0; mutations--) bytes = mutate(bytes, { other: pick(corpus, chance), chance });
  return bytes;
}

export const noise = (chance: Chance): Uint8Array => Uint8Array.from({ length: chance(chance(16) === 0 ? 2048 : 80) }, () => chance(256));

function mutate(bytes: Uint8Array, { other, chance }: { other: Uint8Array; chance: Chance }): Uint8Array {
  const at = chance(bytes.length + 1);
  const until = Math.min(bytes.length, at + chance(20));
  const copy = bytes.slice();
  switch (chance(7)) {
    case 0: copy[at] = (copy[at] ?? 0) ^ (1 << chance(8)); return copy;
    case 1: copy[at] = pick(EDGES, chance); return copy;
    case 2: return copy.fill(pick(EDGES, chance), at, until);
    case 3: return copy.subarray(0, at);
    case 4: return joined(bytes.subarray(0, at), bytes.subarray(until));
    case 5: return joined(bytes.subarray(0, until), bytes.subarray(at));
    default: return joined(bytes.subarray(0, at), other.subarray(chance(other.length + 1)));
  }
}

/** Where lengths, flags and variable-length numbers change their meaning. */
const EDGES: readonly number[] = [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xfe, 0xff];

export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

export const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
