import { hasBit } from "./bitfield.js";
import { Rate, RoundTrip } from "./estimator.js";
import type { ChunkHash, PeerId } from "./ids.js";
import type { SegmentRef } from "./segment.js";
import type { StoredSegment } from "./stored-segment.js";

/** What a neighbour says it holds of a segment. */
export interface Holding {
  readonly sizeBytes: number;
  readonly chunks: "all" | Uint8Array;
}

/** A request sent and not answered. */
export interface OutstandingRequest {
  readonly segment: StoredSegment;
  readonly chunk: number;
  readonly sentMs: number;
  readonly dueMs: number;
}

/** A request received and not served. */
export interface QueuedUpload {
  readonly segment: SegmentRef;
  readonly chunk: number;
}

/** A connected peer: what it has and wants, how it answers, and what passed between us. */
export class Neighbour {
  handshaken = false;
  serves = false;
  /** Its buffer map has arrived. */
  mapped = false;
  readonly holdings = new Map<string, Holding>();
  wants = new Map<string, SegmentRef>();

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
  uploadedBytes = 0;

  // give-to-get (TR2)
  forwardedOurs = 0;
  forwardedTotal = 0;

  // trust
  points = 0;
  pointsMs = 0;
  /** Chunks of its whose hash another neighbour or the origin confirmed. */
  confirmedChunks = 0;
  checked = false;
  checking = false;
  /** Hashes it vouched for: segment id, then chunk. */
  readonly words = new Map<string, Map<number, { readonly hash: ChunkHash; readonly fromOrigin: boolean }>>();

  constructor(
    readonly peer: PeerId,
    readonly connectedMs: number,
  ) {}

  holds(segment: StoredSegment, chunk: number): boolean {
    const holding = this.holdings.get(segment.ref.id);
    if (holding === undefined || holding.sizeBytes !== segment.sizeBytes) return false;
    return holding.chunks === "all" || hasBit(holding.chunks, chunk);
  }

  /** Measured rate, bit/s; falls while requests wait in vain. */
  rateBps(nowMs: number): number {
    return this.rate.bps(this.outstanding.length > 0 ? nowMs - this.waitingSinceMs : 0);
  }

  /** Whether a request sent now would be served. */
  get usable(): boolean {
    return this.handshaken && this.serves && !this.chokesUs && this.timeoutsInARow < 3;
  }
}
