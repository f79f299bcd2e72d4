/** A neighbour as the stats show it. */
export interface NeighbourStats {
  readonly peer: string;
  /** Chunk bytes received from it and sent to it. */
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  /** Round trip as requests see it, ms; 0 before the first answer. */
  readonly rttMs: number;
  /** Measured download rate from it, bit/s. */
  readonly rateBps: number;
  /** It does not serve us now. */
  readonly chokesUs: boolean;
  /** We do not serve it now. */
  readonly choked: boolean;
}

/** One player's share of {@link ShoalStats}. */
export interface PlayerStats {
  /** `p2p`: delivering; `origin-only`: plays like plain hls.js, and `reason` says why. */
  readonly mode: "p2p" | "origin-only";
  readonly reason: string | undefined;
  readonly swarm: string;
  /** This viewer's own id in the swarm. */
  readonly peer: string;
  readonly tracker: "connecting" | "connected" | "down";
  /** All viewers of the swarm as the tracker last counted them, this one included; 0 before it answered. */
  readonly swarmSize: number;
  readonly neighbours: readonly NeighbourStats[];
  /** Bytes handed to the player. */
  readonly playedBytes: number;
  /** Bytes of media received from the origin, from neighbours, and sent to neighbours. */
  readonly originBytes: number;
  readonly peerBytes: number;
  readonly uploadedBytes: number;
  /** Bytes that came twice. */
  readonly duplicateBytes: number;
  /** Bytes of all messages but DATA, both directions. */
  readonly controlBytes: number;
  /** 1 - originBytes / (originBytes + peerBytes); 0 before the first byte. */
  readonly offload: number;
  /** Segments or parts of them taken from the origin because a deadline was near. */
  readonly rescues: number;
  /** Origin requests by cause. */
  readonly fetches: Readonly<Record<"start" | "alone" | "seat" | "slice" | "rescue" | "settle" | "check", number>>;
  /** Media ahead of the playhead in the player, seconds. */
  readonly bufferS: number;
  /** Media ahead of the playhead that Shoal holds whole and without a gap, in every track that plays, seconds: what goes on playing when origin and neighbours stop. */
  readonly aheadS: number;
  /** Chunks in Shoal's memory, bytes. */
  readonly storedBytes: number;
  /** Segments of which it holds every chunk. */
  readonly segments: number;
  readonly bannedPeers: number;
  /** Things that went wrong and that the viewer did not notice, by code. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Snapshot over all players of one {@link Shoal}. The sums are over `players`. */
export interface ShoalStats {
  readonly players: readonly PlayerStats[];
  readonly playedBytes: number;
  readonly originBytes: number;
  readonly peerBytes: number;
  readonly uploadedBytes: number;
  readonly offload: number;
  readonly neighbours: number;
}

/** What {@link Shoal.on} can listen to. Every listener gets one object. */
export interface ShoalEvents {
  /** A verified chunk came in: for pictures of where the stream comes from. `source`: `origin`, or a neighbour's id. */
  chunk: { player: number; track: number; sequence: number; startS: number; durationS: number; chunk: number; chunks: number; source: string };
  /** A segment was handed to the player. */
  segment: { player: number; url: string; track: number; sequence: number; startS: number; durationS: number; originBytes: number; peerBytes: number; storeBytes: number };
  /** A data channel opened or closed, or did not open. `permId`: who the peer has proved to be, with the option of that name. */
  neighbour: { player: number; peer: string; connected: boolean; reason: string; permId?: string | undefined };
  /** A peer was caught lying and banned. */
  ban: { player: number; peer: string; reason: string };
  /**
   * With a `contentKey`: something that the publisher has not signed is not played, and the stream stops there unless hls.js finds another
   * way. Each `code` once a stream; `message` says what to do. Without a listener it is said on the console.
   */
  refused: { player: number; code: string; url: string; message: string };
  /** Something went wrong; playback goes on. `code` is stable, `message` says what to do. */
  warning: { player: number; code: string; message: string };
}
