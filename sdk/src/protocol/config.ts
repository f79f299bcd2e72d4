import type { Belief } from "./belief.js";
import type { Push, PushParts } from "./push.js";
import type { ReceiptParts, Receipts } from "./receipts.js";
import type { PeerId, SwarmId } from "./ids.js";

export interface EngineOptions {
  readonly peer: PeerId;
  readonly swarm: SwarmId;
  /** Seed of every random choice of this engine. */
  readonly seed: number;
  /** Whether this peer uploads. */
  readonly serves: boolean;
  /** Most that it uploads, bit/s with headers. Default: what the line carries. */
  readonly maxUploadBps?: number | undefined;
  /** Bound on stored chunks, bytes. */
  readonly memoryBytes: number;
  /** Most neighbours at a time. DESIGN: 8-12 are enough. */
  readonly maxNeighbours: number;
  /** How chunks come to be believed. Default: by agreement between peers and the origin. */
  readonly belief?: Belief;
  /** How chunks come from neighbours. Default: mesh. */
  readonly delivery?: DeliveryMode;
  /** What signs, checks and counts receipts, where the build has it; without it nobody's forwarding counts. */
  readonly receipts?: (parts: ReceiptParts) => Receipts;
  /** What pushes, where the build has it; without it all is pulled. */
  readonly push?: (parts: PushParts) => Push;
}

/**
 * mesh: pulled. tree, hybrid: pushed in one sub-stream or in four, and pulled where that leaves gaps. coded: hybrid with four parity sub-streams, any
 * four of the eight make all (needs a {@link CodedEngine}). auto: hybrid where it wins, else mesh.
 */
export type DeliveryMode = "mesh" | "tree" | "hybrid" | "coded" | "auto";

/** Tribler's high-priority window, seconds from the playhead: fetched strictly in order (SYSTEMS TR1). */
export const HIGH_WINDOW_S = 10;
/** Mid-priority window behind it: four times as long, rarest first (TR1). */
export const MID_WINDOW_S = 4 * HIGH_WINDOW_S;
/** Low priority ends here, since what is further ahead is mostly thrown away by viewers who leave. */
export const LOW_WINDOW_S = 60;

/** A neighbour is told of new chunks at most this often (DESIGN: 200-400 ms, which with 1,000 viewers is 0.1 points of control above its bar)... */
export const HAVE_INTERVAL_MS = 450;
/** ...or when something else goes to it, then at most this often. */
export const RIDE_INTERVAL_MS = 150;
/** What an origin seat has brought few others have: neighbours hear of it this soon. */
export const SEAT_NEWS_MS = 50;
/** Words on hashes may wait so long for company. */
export const WORD_DELAY_MS = 100;
/** Requests in flight with a neighbour that has not been measured (DESIGN: about eight); afterwards as its rate says. */
export const START_PIPELINE = 8;
export const MAX_PIPELINE = 160;
/** Bytes handed to the transport of one neighbour before waiting for it to drain (FACTS: 64-128 KiB). */
export const SEND_HIGH_WATER_BYTES = 128 * 1024;
/** Requests a neighbour may queue with us; the rest is rejected. */
export const MAX_UPLOAD_QUEUE = 256;

/** Give-to-get period (TR2). */
export const CHOKE_PERIOD_MS = 10_000;
/** Peers unchoked whatever the uplink says (TR2). */
export const UNCHOKE_BASE = 3;
/** Who gives back one of so many is served before who does not: many an honest viewer has little to give, or nothing that is wanted. */
export const RETURN = 32;
/** Receipts are batched this long: each costs a signature, 129 bytes. */
export const RECEIPT_INTERVAL_MS = 12_000;
/** And may wait that much longer for company. */
export const RECEIPT_DELAY_MS = 1_000;

/** Wait after the player asked before a slice is fetched, so that WANT and PROMISE of others can arrive. */
export const SETTLE_MS = 300;
/** A promise that shows no progress for this long is void. */
export const PROMISE_MS = 3_000;
/** Rescue margin, seconds, drawn anew for every segment (DESIGN: 1.5-2.5 s). */
export const RESCUE_MARGIN_S = [1.5, 2.5] as const;
/** How long the first segments wait for neighbours that the tracker promised. */
export const GATHER_MS = 3_000;

/** Slices of a segment that different peers fetch from the origin. */
export const SLICES = 4;
export const MIN_SLICE_CHUNKS = 16;

/** Live tracks that the tracker is told of. */
export const MAX_LIVE_TRACKS = 4;

/** A neighbour's INTEGRITY answer is waited for this long. */
export const OPINION_MS = 1_000;
/** Chunks confirmed by others after which a neighbour's word alone is taken. */
export const TRUST_AFTER = 8;
/** Points of misbehaviour at which a peer is banned; a point decays every second. */
export const BAN_POINTS = 100;
export const BAN_MS = 600_000;

/** Segments of which a neighbour's buffer map is remembered. */
export const MAX_CLAIMS = 8_192;
/** And their bitfields together, bytes. */
export const MAX_CLAIM_BYTES = 1024 * 1024;
/** Segments that one neighbour may have promised at a time. */
export const MAX_PROMISED_SEGMENTS = 64;
