import type { ChunkHash, FetchId, PeerId, TrackId, WantId } from "./ids.js";
import type { Message } from "./message.js";
import type { SegmentInfo, SegmentRef, TrackKind } from "./segment.js";

/** Everything that can happen to an engine. */
export type Input =
  // the player
  | { readonly type: "playlist"; readonly track: TrackId; readonly kind: TrackKind; readonly live: boolean; readonly bandwidthBps: number; readonly segments: readonly SegmentInfo[] }
  | { readonly type: "playhead"; readonly positionS: number; readonly playing: boolean; readonly rate: number }
  | { readonly type: "want"; readonly want: WantId; readonly kind: TrackKind; readonly segment: SegmentInfo }
  | { readonly type: "unwant"; readonly want: WantId }
  // membership
  | { readonly type: "tracker-peers"; readonly peers: readonly PeerId[]; readonly swarmSize: number }
  | { readonly type: "tracker-down" }
  /** The tracker's: all seats of this peer in a live track, and how many peers hold each slice's. `slice`: index into the segment's slices. */
  | { readonly type: "seats"; readonly track: TrackId; readonly seats: readonly { readonly slice: number; readonly copy: number }[]; readonly of: number }
  /** Whether the page runs as it should: a sleeping tab takes no seats. Awake until told otherwise. */
  | { readonly type: "awake"; readonly awake: boolean }
  // neighbours
  /** The tracker says of a peer with whom signals are exchanged that it has just come. */
  | { readonly type: "newcomer"; readonly peer: PeerId }
  /** `friend`: the viewer's, who is served before others. */
  | { readonly type: "connected"; readonly peer: PeerId; readonly friend?: boolean }
  | { readonly type: "disconnected"; readonly peer: PeerId }
  | { readonly type: "message"; readonly peer: PeerId; readonly message: Message }
  /** The parser refused a message; `reason` is for the log. */
  | { readonly type: "malformed"; readonly peer: PeerId; readonly reason: string }
  /** What the transport still holds of what was sent, bytes; given whenever it falls to the low-water mark. */
  | { readonly type: "writable"; readonly peer: PeerId; readonly bufferedBytes: number }
  // the origin
  /** Response headers. `sizeBytes`: of the whole segment, where the origin told it. `startByte`: 0 when it ignored the range. `bodyMs`: how long the body had been coming, where it is handed over whole. */
  | { readonly type: "origin-head"; readonly fetch: FetchId; readonly startByte: number; readonly sizeBytes: number | undefined; readonly bodyMs?: number }
  /** The next bytes of the body, in order. The engine keeps the array: do not reuse it. */
  | { readonly type: "origin-bytes"; readonly fetch: FetchId; readonly bytes: Uint8Array }
  | { readonly type: "origin-done"; readonly fetch: FetchId }
  /** `status`: the HTTP status, 0 for a network error. */
  | { readonly type: "origin-failed"; readonly fetch: FetchId; readonly status: number; readonly timedOut: boolean }
  // the publisher's signature, where the page has its key
  /** Answers `find-signed`, and may come unasked: all that the manifest of a track's playlist vouches for now. */
  | { readonly type: "signed"; readonly track: TrackId; readonly segments: readonly SignedSegment[] }
  /** Answers `find-signed`: there is no manifest, or none that can be believed. `reason` is for whom it concerns. */
  | { readonly type: "unsigned"; readonly track: TrackId; readonly reason: string }
  /** Answers `fetch-list`: chunk hashes as the origin has them, believed by nobody yet; undefined where it has none. */
  | { readonly type: "list-fetched"; readonly segment: SegmentRef; readonly hashes: readonly ChunkHash[] | undefined }
  /** Answers `check-list`. */
  | { readonly type: "list-checked"; readonly token: number; readonly isTrue: boolean }
  // receipts
  /** Answers `sign-receipt`: this peer's key, and its signature. */
  | { readonly type: "receipt-signed"; readonly token: number; readonly key: Uint8Array; readonly signature: Uint8Array }
  /** Answers `check-receipt`: the receiver's id is the key's, and the signature the key's owner's. */
  | { readonly type: "receipt-checked"; readonly token: number; readonly isTrue: boolean }
  /** Of the strangers that were asked about (see `Engine.strangers`), those who are members of the swarm. */
  | { readonly type: "members"; readonly asked: readonly PeerId[]; readonly present: readonly PeerId[] }
  // slow work
  | { readonly type: "hashed"; readonly segment: SegmentRef; readonly chunk: number; readonly token: number; readonly hash: ChunkHash }
  /** Answers `code`; for a {@link CodedEngine} alone. */
  | { readonly type: "coded"; readonly token: number; readonly payloads: readonly Uint8Array[] };

/** What the publisher vouches for. Without `variant` the playlist has not shown it, and its sequence number has to do. */
export interface SignedSegment {
  readonly sequence: number;
  readonly variant: number | undefined;
  readonly sizeBytes: number;
  /** Over its chunk hashes. */
  readonly root: ChunkHash;
}

export type Receipt = Extract<Message, { type: "RECEIPT" }>;
export type UnsignedReceipt = Omit<Receipt, "key" | "signature">;

/** Where the bytes of a delivered segment came from, and how fast the line was: what an honest ABR needs. */
export interface Delivery {
  readonly originBytes: number;
  readonly peerBytes: number;
  /** Bytes that were in the store before the player asked. */
  readonly storeBytes: number;
  readonly wantedMs: number;
  readonly firstByteMs: number;
  readonly completeMs: number;
  /** Measured throughput the viewer can count on, bit/s; 0 while nothing was measured. */
  readonly throughputBps: number;
  /** Measured time to first byte of the origin, ms; 0 while nothing was measured. */
  readonly originTtfbMs: number;
}

export type ChunkSource = "origin" | "store" | PeerId;

/** Everything an engine can ask for. */
export type Effect =
  // the player
  | { readonly type: "deliver"; readonly want: WantId; readonly payloads: readonly Uint8Array[]; readonly delivery: Delivery }
  | { readonly type: "progress"; readonly want: WantId; readonly loadedBytes: number; readonly sizeBytes: number }
  /** The origin said no and nobody else has it. `status` as the origin gave it, 0 for a network error. */
  | { readonly type: "fail"; readonly want: WantId; readonly status: number; readonly timedOut: boolean }
  // membership
  | { readonly type: "find-peers"; readonly count: number; readonly except: readonly PeerId[] }
  | { readonly type: "connect"; readonly peer: PeerId }
  | { readonly type: "disconnect"; readonly peer: PeerId; readonly reason: string }
  | { readonly type: "banned"; readonly peer: PeerId; readonly reason: string }
  /** For the tracker, now and after each time that it was joined anew: the live tracks that are played, whether this peer takes seats, its uplink where it was measured. */
  | { readonly type: "live-status"; readonly tracks: readonly TrackId[]; readonly willing: boolean; readonly uplinkBps: number | undefined }
  /** For the tracker: slices of a live segment that should have come from those who have their seats. None: this peer has taken those of its own seats. */
  | { readonly type: "slice-missing"; readonly segment: SegmentRef; readonly slices: readonly number[] }
  /** The playlist of a live track may show something new, and swarm-mates wait for this peer to bring it: it is loaded now, beside the player's own rhythm. */
  | { readonly type: "reload-playlist"; readonly track: TrackId }
  // neighbours
  /** Messages for one peer, in order: what is sent at one moment travels together. */
  | { readonly type: "send"; readonly peer: PeerId; readonly messages: readonly Message[] }
  // the origin. `end` is exclusive; no range: the whole segment
  | { readonly type: "fetch"; readonly fetch: FetchId; readonly segment: SegmentRef; readonly range: { readonly start: number; readonly end: number } | undefined; readonly reason: FetchReason }
  | { readonly type: "abort-fetch"; readonly fetch: FetchId }
  // the publisher's signature
  /** A segment's root is not known: its track's manifest may be new, or has not been looked at. */
  | { readonly type: "find-signed"; readonly segment: SegmentRef }
  /** The segment's chunk hashes are wanted of the origin. */
  | { readonly type: "fetch-list"; readonly segment: SegmentRef }
  | { readonly type: "check-list"; readonly token: number; readonly hashes: readonly ChunkHash[]; readonly sizeBytes: number; readonly root: ChunkHash }
  /** unsigned: no manifest covers the segment, and it is not played. altered: what the origin sends for it is not what was signed; it is asked again while `isFinal` is false. */
  | { readonly type: "refused"; readonly segment: SegmentRef; readonly code: "unsigned" | "altered"; readonly isFinal: boolean; readonly reason: string }
  // receipts
  /** For the giver named in it; the receiver is this peer. */
  | { readonly type: "sign-receipt"; readonly token: number; readonly receipt: UnsignedReceipt }
  | { readonly type: "check-receipt"; readonly token: number; readonly receipt: Receipt }
  // slow work
  | { readonly type: "hash"; readonly segment: SegmentRef; readonly chunk: number; readonly token: number; readonly payload: Uint8Array }
  // for the eye
  | { readonly type: "chunk-stored"; readonly segment: SegmentRef; readonly chunk: number; readonly chunks: number; readonly source: ChunkSource }
  | { readonly type: "segment-evicted"; readonly segment: SegmentRef };

/**
 * Why the origin was asked. start: the first segment, at once. alone: nobody to share with.
 * seat: this peer's by the tracker's word. slice: this peer's share. rescue: a deadline is near. settle: two peers disagree. check: a spot check.
 */
export type FetchReason = "start" | "alone" | "seat" | "slice" | "rescue" | "settle" | "check";

/**
 * What a {@link CodedEngine} asks for beside that, answered by `coded`: the wanted shards of a row, made from known ones, as many as the row has of
 * data. Data shards are numbered from 0, parity shards follow.
 */
export interface CodeEffect {
  readonly type: "code";
  readonly token: number;
  readonly segment: SegmentRef;
  readonly row: number;
  readonly known: readonly { readonly index: number; readonly bytes: Uint8Array }[];
  readonly wanted: readonly { readonly index: number; readonly lengthBytes: number }[];
}
