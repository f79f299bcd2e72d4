import type { ChunkHash, PeerId, SwarmId, TrackId } from "./ids.js";
import type { SegmentRef } from "./segment.js";

export const PROTOCOL_VERSION = 1;

/** A run of consecutive chunks of one segment. */
export interface ChunkRun {
  readonly segment: SegmentRef;
  readonly first: number;
  /** At least 1. */
  readonly count: number;
}

/** Which chunks of a segment a peer holds, verified. It replaces what the peer said of the segment before. */
export interface BufferMapEntry {
  readonly segment: SegmentRef;
  /** Size of the whole segment, bytes. */
  readonly sizeBytes: number;
  /** `all`, or bit i of byte i >> 3 (most significant first) is chunk i; `none` after an eviction. */
  readonly chunks: "all" | "none" | Uint8Array;
}

/** What a peer says of one of its sub-streams: chunks whose index has the same remainder. */
export interface SubStream {
  /** Newest segment of which it holds some of the sub-stream's chunks, and how many. */
  readonly sequence: number;
  readonly chunks: number;
  /** Path vector: {@link nodeOf} of its parent, of that one's parent, and so on to the root; a root's is empty. */
  readonly path: readonly number[];
}

/** A peer in a path vector: the first half of its id. */
export const nodeOf = (peer: PeerId): number => parseInt(peer.slice(0, 8), 16);

/** What peers say to each other; ARCHITECTURE.md gives the bytes. */
export type Message =
  /** First message of both sides. A different version or swarm ends the connection. */
  | { readonly type: "HANDSHAKE"; readonly version: number; readonly swarm: SwarmId; readonly peer: PeerId; readonly serves: boolean }
  /** Buffer map, whole after the handshake, then what changed, batched. */
  | { readonly type: "HAVE"; readonly entries: readonly BufferMapEntry[] }
  /** The segments the sender's player has asked for and that are not complete; replaces the last one. */
  | { readonly type: "WANT"; readonly segments: readonly SegmentRef[] }
  /** "I am fetching these from the origin": others need not. Withdrawn when the fetch fails. */
  | { readonly type: "PROMISE"; readonly runs: readonly ChunkRun[]; readonly withdrawn: boolean }
  /** `urgent`: the playhead is near; such chunks are served before others'. */
  | { readonly type: "REQUEST"; readonly runs: readonly ChunkRun[]; readonly urgent: boolean }
  /** Takes back requests that are not answered yet. */
  | { readonly type: "CANCEL"; readonly runs: readonly ChunkRun[] }
  /** These requests will not be answered: choked, evicted or never held. */
  | { readonly type: "REJECT"; readonly runs: readonly ChunkRun[] }
  | { readonly type: "DATA"; readonly segment: SegmentRef; readonly chunk: number; readonly payload: Uint8Array }
  | { readonly type: "CHOKE" }
  | { readonly type: "UNCHOKE" }
  /** Asks for the sender's word on chunk hashes. */
  | { readonly type: "INTEGRITY_REQ"; readonly runs: readonly ChunkRun[] }
  /** The sender's word on consecutive chunks; `fromOrigin` where it fetched them from the origin itself. */
  | {
      readonly type: "INTEGRITY";
      readonly segment: SegmentRef;
      readonly first: number;
      readonly fromOrigin: boolean;
      readonly hashes: readonly ChunkHash[];
    }
  /** "`receiver` got these chunks from `giver`": what give-to-get counts. The giver passes it on, as it is, to its own givers. */
  | {
      readonly type: "RECEIPT";
      readonly giver: PeerId;
      readonly receiver: PeerId;
      /** The receiver's, whose id is its hash, and what it has signed the rest with: {@link KEY_BYTES}, {@link SIGNATURE_BYTES}. */
      readonly key: Uint8Array;
      readonly signature: Uint8Array;
      readonly runs: readonly ChunkRun[];
    }
  /**
   * Sub-stream map of one live track (New Coolstreaming's two vectors): where the sender is in each sub-stream, and, bit k for the k-th,
   * which ones the receiver is to push from now on, without further requests. It replaces the one before. `refused`: instead, which ones
   * the sender does not push, or no longer. `slots`: how many its uplink could carry in
   * all, to whomever, and `spare` how many more.
   */
  | { readonly type: "SUBSTREAMS"; readonly refused: boolean; readonly track: TrackId; readonly bits: number; readonly slots: number; readonly spare: number; readonly streams: readonly SubStream[] };

export type MessageType = Message["type"];

/** Bounds that the parser enforces and every sender keeps. */
/** What a data channel carries at a time. */
export const MAX_FRAME_BYTES = 64 * 1024;
/** A frame of one message. */
export const MAX_MESSAGE_BYTES = MAX_FRAME_BYTES - 2;
export const MAX_ENTRIES = 1024;
export const MAX_RUNS = 256;
export const MAX_HASHES = 1024;
export const MAX_SUBSTREAMS = 16;
/** ECDSA P-256: public key as an uncompressed point, signature as r and s. */
export const KEY_BYTES = 65;
export const SIGNATURE_BYTES = 64;
/** Peers in a path vector. */
export const MAX_PATH = 16;
