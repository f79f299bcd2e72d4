/**
 * The signaling protocol: Socket.IO events and their payloads, shared with the SDK as types only.
 * Ids are lowercase hex: a peer 16 digits, a swarm 32. Every payload is validated by the server; a bad one is answered with
 * an {@link ErrorReply} and changes nothing.
 */

export interface JoinRequest {
  swarm: string;
  /** Chosen by the peer: the hash of a key of its, or at random. */
  peer: string;
  /** 32 hex digits known to this peer alone: lets it take its place back after a lost connection. */
  secret: string;
  /** Whether it uploads; peers that do not are offered last. */
  serves: boolean;
  /** Human name for the channel list, at most 120 characters; a URL without its query by default. */
  channel: string;
  /** Needed where the server wants tickets, ignored elsewhere. */
  ticket?: JoinTicket;
}

/** By whose leave, and as whom, a peer joins. Binary fields are base64url without padding. */
export interface JoinTicket {
  /** The site's, at most 2,048 characters; claims `swarm` (its name, not its id), `sub`, `jti` and `exp`. HS256 or Ed25519. */
  jwt: string;
  /** The peer's public key: ECDSA P-256, uncompressed point, 65 bytes. The ticket is good for this key only from now on. */
  key: string;
  /** That key's signature (SHA-256, r and s, 64 bytes) over `shoal join`, a zero byte, the swarm's id, the peer's and the JWT: a ticket alone is not enough. */
  proof: string;
}

export interface FindRequest {
  swarm: string;
  /** At most this many peers; the server has a bound of its own. */
  count: number;
  except: string[];
}

/** STAT_REPORT, sent every `statIntervalMs`. Bytes are totals since joining. */
export interface StatReport {
  swarm: string;
  /** Number of complete segments this peer can give. */
  segments: number;
  neighbours: number;
  originBytes: number;
  peerBytes: number;
  uploadedBytes: number;
  /** Peers of whom the sender wants to know whether they are members, at most 64: receipts that they have signed wait for it. */
  strangers?: string[];
}

/** An SDP description or ICE candidate as simple-peer emits it; opaque to the server, bounded in size. */
export type SignalData = { type?: string; [key: string]: unknown };

export interface SignalRequest {
  swarm: string;
  to: string;
  data: SignalData;
}

/**
 * The live tracks that this peer plays, all of them: sent when it begins to play one, when they change, when anything else
 * here does, and after every join. Answered by one {@link SeatsMessage} a track, too. Never of VoD.
 */
export interface LiveRequest {
  swarm: string;
  /** Track ids, unsigned 32-bit; at most 4. None: it plays nothing live (any more). */
  tracks: number[];
  /** Ready to hold origin seats: it is awake and may upload. False gives its seats back at once. */
  willing: boolean;
  /** As measured, bits per second; null while unknown. */
  uplinkBps: number | null;
}

/**
 * Slices that have not shown up within 5 s of their segment's appearance, at most one report a segment. Who holds seats sends one with no slices for each
 * segment, when it has asked for its own, or nothing of them was left to ask for: who is 2 s later than usual, while others go on, loses its seats.
 */
export interface MissingRequest {
  swarm: string;
  track: number;
  /** The segment's media sequence number. */
  sequence: number;
  /** 0 to 3, none twice. */
  slices: number[];
}

/** "I have banned this peer": it lied, flooded or broke the protocol. Counts only with those of others, on other networks. */
export interface MisbehavedRequest {
  swarm: string;
  /** Somebody the sender has exchanged signals with. */
  peer: string;
}

/**
 * The seats of one peer in one track, all of them. A seat is the right, and the duty, to take that slice of every segment
 * from the origin as it appears.
 */
export interface SeatsMessage {
  swarm: string;
  track: number;
  /** None: whatever it held is gone. `copy`: which of the `of` viewers that take the slice it is, from 0. */
  seats: { slice: number; copy: number }[];
  /** How many viewers take each slice: 0 (nobody can, so viewers are on their own), 1 or 2. */
  of: number;
}

export interface JoinReply {
  ok: true;
  /** A random subset of the swarm, those who can help first. */
  peers: string[];
  /** All members, the joiner included. */
  size: number;
  iceServers: { urls: string | string[]; username?: string; credential?: string }[];
  statIntervalMs: number;
  /** Where the server wants tickets. */
  ticket?: ChannelTicket;
}

/** What peers demand of each other in HANDSHAKE. */
export interface ChannelTicket {
  /** 124 bytes as base64url: ARCHITECTURE.md has the layout. Good for this swarm, this peer and its key. */
  channel: string;
  /** Public key of who signed it, as {@link JoinTicket.key}. */
  issuer: string;
  /** When it and the membership end, and what time it is, by the server's clock, ms since 1970. Join again before that with a new JWT. */
  expiresMs: number;
  nowMs: number;
}

export interface FindReply {
  ok: true;
  peers: string[];
  size: number;
}

export interface ChannelsReply {
  ok: true;
  channels: { swarm: string; channel: string; peers: number }[];
}

export interface StatReply {
  ok: true;
  size: number;
  /** Those of the report's strangers who are; where there were any. */
  members?: string[];
}

export interface MissingReply {
  ok: true;
  /** As in {@link SeatsMessage}, now. */
  of: number;
}

export interface OkReply {
  ok: true;
}

/** What can be wrong with a ticket. `replayed`: another key has used it; `unproven`: the key's owner did not ask; `limit`: its viewer is in too often. */
export type TicketErrorCode = "ticket-missing" | "ticket-invalid" | "ticket-expired" | "ticket-other-swarm" | "ticket-replayed" | "ticket-unproven" | "ticket-limit";

export type ErrorCode = "bad-payload" | "rate-limited" | "not-a-member" | "unknown-peer" | "peer-id-taken" | "too-many-swarms" | "swarm-full" | "shutting-down" | TicketErrorCode;

export interface ErrorReply {
  ok: false;
  code: ErrorCode;
  /** One sentence that says what to do. */
  message: string;
}

export interface ClientToServerEvents {
  join: (request: JoinRequest, reply: (answer: JoinReply | ErrorReply) => void) => void;
  leave: (request: { swarm: string }, reply?: (answer: OkReply | ErrorReply) => void) => void;
  find: (request: FindRequest, reply: (answer: FindReply | ErrorReply) => void) => void;
  stat: (report: StatReport, reply?: (answer: StatReply | ErrorReply) => void) => void;
  signal: (request: SignalRequest, reply?: (answer: OkReply | ErrorReply) => void) => void;
  live: (request: LiveRequest, reply?: (answer: OkReply | ErrorReply) => void) => void;
  missing: (request: MissingRequest, reply?: (answer: MissingReply | ErrorReply) => void) => void;
  misbehaved: (request: MisbehavedRequest, reply?: (answer: OkReply | ErrorReply) => void) => void;
  channels: (reply: (answer: ChannelsReply | ErrorReply) => void) => void;
}

export interface ServerToClientEvents {
  /** `newcomer`: `from` has joined within the last 15 s, so it cannot have given anybody anything yet. Absent: it has not. */
  signal: (message: { swarm: string; from: string; data: SignalData; newcomer?: true }) => void;
  "peer-left": (message: { swarm: string; peer: string }) => void;
  seats: (message: SeatsMessage) => void;
}
