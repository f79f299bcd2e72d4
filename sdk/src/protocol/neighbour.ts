import { MAX_CLAIM_BYTES, MAX_CLAIMS, TRUST_AFTER } from "./config.js";
import { Rate, RoundTrip } from "./estimator.js";
import type { ChunkHash, FetchId, PeerId } from "./ids.js";
import type { Message, SubStream } from "./message.js";
import type { SegmentRef } from "./segment.js";
import type { StoredSegment } from "./stored-segment.js";

/** What a neighbour says it holds of a segment that is not known here, or not by that size. */
export interface Claim {
  readonly segment: SegmentRef;
  readonly sizeBytes: number;
  readonly chunks: "all" | Uint8Array;
}

/** Time-outs in a row after which a neighbour is left alone for a while. */
export const SILENT_AFTER = 3;

/** What an answer takes a neighbour that has not been measured. */
const UNKNOWN_ANSWER_MS = 2_000;

/** Chunks that a neighbour said it is fetching from the origin. */
export interface HeldPromise {
  readonly first: number;
  readonly count: number;
  expiresMs: number;
}

/** A request sent and not answered. */
export interface OutstandingRequest {
  readonly segment: StoredSegment;
  readonly chunk: number;
  readonly urgent: boolean;
  readonly sentMs: number;
  readonly dueMs: number;
}

/** A request received and not served. */
export interface QueuedUpload {
  readonly segment: StoredSegment;
  readonly chunk: number;
  /** From then on it counts as near the playhead. */
  readonly urgentMs: number;
  /** Of what was subscribed to, not asked for: whether it is still to be sent, now that its turn has come. */
  readonly isDue?: (nowMs: number) => boolean;
}

/** A connected peer: what it has and wants, how it answers, and what passed between us. */
export class Neighbour {
  handshaken = false;
  /** Served before others (SYSTEMS TR6). */
  isFriend = false;
  serves = false;
  /** By the tracker's word it has just come: until then it is served as one who gives, since it had nothing to give yet. */
  newUntilMs = -Infinity;
  /** Its buffer map has arrived. */
  mapped = false;
  /** What it holds of known segments is in their columns: see {@link StoredSegment.holders}. */
  readonly claims = new Map<string, Claim>();
  /** Size of the bitfields among them. */
  claimBytes = 0;
  wants = new Map<string, SegmentRef>();
  /** Runs it said it is fetching from the origin, by segment. */
  readonly promises = new Map<string, HeldPromise[]>();

  // what it is told
  /** Messages that wait for company, and until when. */
  waiting: Message[] = [];
  waitingDueMs = Infinity;
  /** The last change of the store that it has heard of, and when. */
  toldChange = 0;
  toldMs = -Infinity;

  /** When a message last came from it. */
  heardMs: number;
  /** It leaves requests unanswered and says nothing else either: it has most likely gone without a word. */
  isLost = false;

  // we ask it
  chokesUs = true;
  outstanding: OutstandingRequest[] = [];
  readonly roundTrip = new RoundTrip();
  readonly rate = new Rate();
  /** Since when a request has been waiting without DATA. */
  waitingSinceMs = 0;
  timeoutsInARow = 0;
  /** Requests timed out or cancelled whose DATA may still come. */
  lateAllowed = 0;
  downloadedBytes = 0;

  // it asks us
  choked = true;
  uploads: QueuedUpload[] = [];
  bufferedBytes = 0;
  /** When the transport last sent some of that. */
  drainedMs = 0;
  uploadedBytes = 0;
  /** When it was served last, counted in chunks. */
  turn = 0;

  // push
  /** Its sub-streams, where it watches the same track; empty where it tells of none. */
  subStreams: readonly SubStream[] = [];
  /** Sub-streams that its uplink could carry, and how many more it would. */
  slots = 0;
  spare = 0;
  /** Sub-streams that it takes from us, one bit each. */
  takes = 0;
  /** When it is told next where we are. */
  mapDueMs = 0;
  /** What was pushed before the last link ended may come until then. */
  pushedUntilMs = 0;
  /** Until when it is not asked for a sub-stream again. */
  readonly shunnedMs: number[] = [];

  // give-to-get (TR2)
  forwardedOurs = 0;
  forwardedTotal = 0;

  // trust
  points = 0;
  pointsMs = 0;
  /** Chunks of its whose hash another neighbour or the origin confirmed. */
  confirmedChunks = 0;
  /** A chunk of its was compared with the origin and found good. */
  checked = false;
  /** False chunks of its, by segment and chunk, with their hash: whether it lied or was deceived its own word will tell. */
  readonly falseChunks = new Map<string, ChunkHash>();
  /** When it was asked for its word on what is known here for certain. */
  probedMs = -Infinity;
  /** The origin is being asked about a chunk of its. */
  check: FetchId | undefined;

  /** `bit`: its column in every segment, a power of two that no other neighbour has. */
  constructor(
    readonly peer: PeerId,
    readonly bit: number,
    readonly connectedMs: number,
  ) {
    this.heardMs = connectedMs;
  }

  holds(segment: StoredSegment, chunk: number): boolean {
    return ((segment.holders[chunk] ?? 0) & this.bit) !== 0;
  }

  /** Kept until the segment is known by that size, as far as there is room: the first one is the one that has not been renewed for longest. The one before of that segment has been dropped. */
  claim(claim: Claim): void {
    for (const oldest of this.claims.keys()) {
      if (this.claims.size < MAX_CLAIMS && this.claimBytes <= MAX_CLAIM_BYTES) break;
      this.dropClaim(oldest);
    }
    this.claims.set(claim.segment.id, claim);
    if (claim.chunks !== "all") this.claimBytes += claim.chunks.length;
  }

  dropClaim(segmentId: string): void {
    const claim = this.claims.get(segmentId);
    if (claim === undefined) return;
    if (claim.chunks !== "all") this.claimBytes -= claim.chunks.length;
    this.claims.delete(segmentId);
  }

  /** Whether it has promised the chunk, and still may keep that. */
  hasPromised(segmentId: string, chunk: number, nowMs: number): boolean {
    return this.promises.get(segmentId)?.some((p) => p.expiresMs > nowMs && chunk >= p.first && chunk < p.first + p.count) === true;
  }

  /** Measured rate, bit/s; falls while requests wait in vain. */
  rateBps(nowMs: number): number {
    return this.rate.bps(this.outstanding.length > 0 ? nowMs - this.waitingSinceMs : 0);
  }

  /** When a request is likely to be answered, ms. */
  expectedMs(request: OutstandingRequest): number {
    return request.sentMs + (this.roundTrip.srttMs || UNKNOWN_ANSWER_MS);
  }

  /** Its word has been found true: by the origin, or often enough by others of whom that is known. */
  get isProven(): boolean {
    return this.checked || this.confirmedChunks >= TRUST_AFTER;
  }

  /** Whether a request sent now would be served. */
  get usable(): boolean {
    return this.handshaken && this.serves && !this.chokesUs && !this.isLost && this.timeoutsInARow < SILENT_AFTER;
  }
}
