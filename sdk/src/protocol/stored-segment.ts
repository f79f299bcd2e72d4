import { type Bitfield, clearBit, createBitfield, hasBit, popCount, setBit } from "./bitfield.js";
import type { ChunkHash, PeerId, WantId } from "./ids.js";
import type { BufferMapEntry } from "./message.js";
import type { Claim, Neighbour } from "./neighbour.js";
import { CHUNK_BYTES, chunkCount, chunkLength, type SegmentInfo, type SegmentRef, type TrackKind } from "./segment.js";

/** Words kept of one chunk: as many as there can be neighbours. */
const MAX_WORDS = 64;

/** What is known of one chunk. */
export const Chunk = { missing: 0, unverified: 1, verified: 2 } as const;

/** A neighbour's word on a chunk: what it says the hash is, and whether it had the chunk from the origin itself. */
export interface Word {
  readonly from: Neighbour;
  readonly hash: ChunkHash;
  readonly fromOrigin: boolean;
}

/** Where the size is not known: shared, since a playlist may have very many segments. */
const NONE = new Uint8Array(0);
const NO_TIMES = new Float64Array(0);
const NO_COLUMNS = new Uint32Array(0);

/** One segment as this peer sees it: its chunks, who asked for it, and who is about to have it. */
export class StoredSegment {
  readonly ref: SegmentRef;
  readonly kind: TrackKind;
  /** Of its track, as the playlist has it; 0 for sound, and where nobody tells. */
  bandwidthBps = 0;
  startS: number;
  durationS: number;
  /** Undefined until the origin, the playlist or a neighbour tells it. */
  sizeBytes: number | undefined;
  /** The size comes from the origin or the playlist, not from a neighbour's word. */
  sizeCertain = false;
  /** Neighbours tell different sizes, and the origin has not been heard. */
  sizeDisputed = false;
  /** Both it and what the size is are the publisher's word. */
  signed = false;
  /** The playlist has shown it: the origin can be asked. */
  listed = true;
  /** When it did so first; live only. */
  listedMs = Infinity;
  /** When it was first heard of as a new one at the live edge, from the playlist or a neighbour. */
  appearedMs = Infinity;
  /** Slices that this peer's seats have made it ask for, one bit each, and one more once the tracker was told; and whether it was of those that are missing. */
  seated = 0;
  missingTold = false;
  /** When chunks of it last came to this peer or a neighbour. */
  progressMs = -Infinity;
  chunks = 0;
  /** Per chunk one of {@link Chunk}. */
  state: Uint8Array = NONE;
  payloads: (Uint8Array | undefined)[] = [];
  /** Hashes of verified chunks. */
  hashes: (ChunkHash | undefined)[] = [];
  /** Who gave each chunk. */
  givers: (PeerId | "origin" | undefined)[] = [];
  /** Chunks whose hash the origin itself gave. */
  certain: Uint8Array = NONE;
  /** Chunks accepted on one neighbour's word alone. */
  soleWord: Uint8Array = NONE;
  /** What neighbours say of each chunk's hash. */
  words: (readonly Word[] | undefined)[] = [];
  /** When a witness was last asked for its word on the chunk, ms; 0: never. */
  asked = NO_TIMES;
  verified: Bitfield = NONE;
  verifiedCount = 0;
  /** Requests outstanding per chunk, with all neighbours together. */
  requested = NONE;
  /** Own origin fetches that will bring the chunk. */
  fetching = NONE;
  /** Neighbours that hold each chunk, and those that we sent it to: a column a neighbour, by its bit. */
  holders = NO_COLUMNS;
  given = NO_COLUMNS;
  /** Neighbours that were told of it because they are pushed its chunks. */
  pushedTo = 0;
  /** Number of the last change that neighbours should hear of. */
  change = 0;
  /** Bytes in memory. */
  heldBytes = 0;
  #open: number[] | undefined;
  #entry: BufferMapEntry | undefined;
  readonly wants = new Set<WantId>();
  wantedMs = Infinity;
  firstByteMs = 0;
  /** Verified bytes by source since the player asked, and what was there before. */
  originBytes = 0;
  peerBytes = 0;
  storeBytes = 0;
  /** Rescue margin of this peer for this segment, seconds; drawn when the segment is first planned. */
  marginS = 0;
  /** When it last had to wait for earlier segments. */
  heldBackMs = -Infinity;
  /** When its deadline was first near, what the origin would have taken for it then, seconds, and the share of it that was here. */
  rescueMs = Infinity;
  rescueS = 0;
  rescueShare = 0;
  /** After a failed fetch the origin is not asked again for this segment before this time. */
  originRetryMs = 0;
  originFailures = 0;
  /** What the origin answered last, when that was an error. */
  failure: { readonly status: number; readonly timedOut: boolean } | undefined;

  constructor(info: SegmentInfo, kind: TrackKind) {
    this.ref = info.ref;
    this.kind = kind;
    this.startS = info.startS;
    this.durationS = info.durationS;
    if (info.sizeBytes !== undefined) this.setSize(info.sizeBytes, true);
  }

  get complete(): boolean {
    return this.chunks > 0 && this.verifiedCount === this.chunks;
  }

  get endS(): number {
    return this.startS + this.durationS;
  }

  /** Fixes the size and makes room; everything known under another size is forgotten. */
  setSize(sizeBytes: number, certain: boolean): void {
    if (this.sizeBytes === sizeBytes) {
      this.sizeCertain ||= certain;
      return;
    }
    this.sizeBytes = sizeBytes;
    this.sizeCertain = certain;
    this.#clear(chunkCount(sizeBytes));
  }

  /** Forgets all payloads, as after an eviction. */
  evict(): void {
    const { holders, given } = this;
    this.#clear(this.chunks);
    this.holders = holders;
    this.given = given;
  }

  #clear(chunks: number): void {
    this.chunks = chunks;
    this.#open = undefined;
    this.#entry = undefined;
    this.words = [];
    // One piece of memory: a small array of its own costs four times its contents.
    const memory = new ArrayBuffer(chunks * 21);
    const bytes = (column: number): Uint8Array<ArrayBuffer> => new Uint8Array(memory, chunks * column, chunks);
    this.asked = new Float64Array(memory, 0, chunks);
    this.holders = new Uint32Array(memory, chunks * 8, chunks);
    this.given = new Uint32Array(memory, chunks * 12, chunks);
    this.state = bytes(16);
    this.requested = bytes(17);
    this.fetching = bytes(18);
    this.certain = bytes(19);
    this.soleWord = bytes(20);
    this.payloads = Array.from({ length: chunks });
    this.hashes = Array.from({ length: chunks });
    this.givers = Array.from({ length: chunks });
    this.verified = createBitfield(chunks);
    this.verifiedCount = 0;
    this.heldBytes = 0;
  }

  chunkLength(index: number): number {
    return chunkLength(this.sizeBytes ?? 0, index);
  }

  /** How many neighbours hold a chunk, or were given it by this peer. */
  spread(chunk: number): number {
    return popCount((this.holders[chunk] ?? 0) | (this.given[chunk] ?? 0));
  }

  /** How many neighbours hold a chunk. */
  rarity(chunk: number): number {
    return popCount(this.holders[chunk] ?? 0);
  }

  /** A neighbour's buffer map of this segment, by our size of it; "none" when it is gone. */
  setHolder({ bit }: Neighbour, held: Claim["chunks"] | "none"): void {
    const { holders, chunks } = this;
    for (let i = 0; i < chunks; i++) holders[i] = held === "all" || (held !== "none" && hasBit(held, i)) ? (holders[i] as number) | bit : (holders[i] as number) & ~bit;
  }

  /** Whether a neighbour holds anything of it. */
  isHeldBy({ bit }: Neighbour): boolean {
    return this.holders.some((bits) => (bits & bit) !== 0);
  }

  /** A neighbour is gone, and its column free for another one. */
  clearColumn({ bit }: Neighbour): void {
    const { holders, given, chunks } = this;
    for (let i = 0; i < chunks; i++) {
      holders[i] = (holders[i] as number) & ~bit;
      given[i] = (given[i] as number) & ~bit;
    }
  }

  /** What our buffer map says of it. */
  get entry(): BufferMapEntry {
    return (this.#entry ??= { segment: this.ref, sizeBytes: this.sizeBytes ?? 0, chunks: this.complete ? "all" : this.verifiedCount === 0 ? "none" : this.verified.slice() });
  }

  /** Chunks that are neither here nor asked for, in order. */
  get open(): readonly number[] {
    if (this.#open === undefined) {
      this.#open = [];
      for (let i = 0; i < this.chunks; i++) if (this.state[i] === Chunk.missing && this.requested[i] === 0 && this.fetching[i] === 0) this.#open.push(i);
    }
    return this.#open;
  }

  /** A request to a neighbour has been made (+1), or has ended (-1). */
  countRequest(chunk: number, by: 1 | -1): void {
    this.requested[chunk] = Math.max(0, (this.requested[chunk] ?? 0) + by);
    this.#open = undefined;
  }

  /** A request to the origin will bring the chunk (+1), or no longer (-1). */
  countFetch(chunk: number, by: 1 | -1): void {
    if (chunk >= this.fetching.length) return;
    this.fetching[chunk] = Math.max(0, (this.fetching[chunk] ?? 0) + by);
    this.#open = undefined;
  }

  /** Keeps an arrived payload until its hash is judged. */
  receive(index: number, payload: Uint8Array, giver: PeerId | "origin"): void {
    this.state[index] = Chunk.unverified;
    this.#open = undefined;
    this.payloads[index] = payload;
    this.givers[index] = giver;
    this.heldBytes += payload.length;
  }

  /** Bytes that are believed. */
  get verifiedBytes(): number {
    const last = this.chunks - 1;
    const whole = this.verifiedCount * CHUNK_BYTES;
    return this.state[last] === Chunk.verified ? whole - CHUNK_BYTES + this.chunkLength(last) : whole;
  }

  verify(index: number, hash: ChunkHash): void {
    this.state[index] = Chunk.verified;
    this.hashes[index] = hash;
    setBit(this.verified, index);
    this.verifiedCount++;
    this.#entry = undefined;
  }

  /** One word a neighbour: the last one counts. */
  keepWord(chunk: number, word: Word): void {
    this.words[chunk] = [...(this.words[chunk]?.filter((w) => w.from !== word.from) ?? []), word].slice(-MAX_WORDS);
  }

  /** Drops a chunk, verified or not. */
  drop(index: number): void {
    const payload = this.payloads[index];
    if (payload === undefined) return;
    if (this.state[index] === Chunk.verified) {
      this.verifiedCount--;
      clearBit(this.verified, index);
      this.#entry = undefined;
    }
    this.state[index] = Chunk.missing;
    this.#open = undefined;
    this.payloads[index] = undefined;
    this.hashes[index] = undefined;
    this.givers[index] = undefined;
    this.soleWord[index] = 0;
    this.heldBytes -= payload.length;
  }
}
