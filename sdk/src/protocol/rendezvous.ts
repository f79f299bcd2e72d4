import type { PeerId } from "./ids.js";

/**
 * Uniform in [0, 1): how strongly `peer` is called to `key`. Highest-random-weight hashing (Thaler and Ravishankar 1998): peers that know the same
 * candidates agree on their order without a word, and when one leaves only its own slices move.
 */
export const rendezvousWeight = (peer: PeerId, key: string): number => hash32(`${peer}/${key}`) / 4294967296;

/** FNV-1a with the final mix of MurmurHash3, since FNV alone leaves the high bits of similar keys alike. */
export function hash32(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
