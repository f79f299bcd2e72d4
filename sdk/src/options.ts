/** Settings of a {@link Shoal}. Only `tracker` is needed. */
export interface ShoalOptions {
  /** Address of the signaling server, `https://host[:port]`. */
  readonly tracker: string;
  /**
   * Name of the swarm. Default: the stream's URL without its query, so that viewers with different tokens meet.
   * Set it when one stream has several URLs (several CDNs).
   */
  readonly swarm?: string;
  /**
   * The publisher's public key, as `shoal keygen` prints it. With it nothing is played or passed on but what the publisher has signed with
   * `shoal publish`, whether it comes from a viewer or from the origin: what is not is refused, and `refused` says why. Default: viewers
   * compare with each other and the origin.
   */
  readonly contentKey?: string;
  /** Whether this viewer serves others. Default true. */
  readonly upload?: boolean;
  /**
   * Most that this viewer sends to others, bit/s with headers, per player. Default: as much as the line carries without slowing what the viewer downloads;
   * that is measured.
   */
  readonly maxUploadBps?: number;
  /** Bound on verified chunks kept in memory, bytes per player. Default 256 MiB. */
  readonly memoryBytes?: number;
  /** Most neighbours at a time, 32 at the utmost. Default 12. */
  readonly maxNeighbours?: number;
  /**
   * How chunks come from other viewers. `mesh`: asked for, one by one. `tree`: a live stream is pushed from viewer to viewer in one
   * tree; `hybrid`: in four; what they leave out is asked for. `coded`: as `hybrid`, and where chunks are late any four of eight shards of a row will do;
   * simulated, that is no better than `hybrid`. `auto`: `hybrid` where the player is so close to the live edge that asking
   * costs too much time, and viewers' uplinks carry it, else `mesh`. Viewers of one stream should have the same. Default `auto`.
   */
  readonly delivery?: "mesh" | "tree" | "hybrid" | "coded" | "auto";
  /** STUN and TURN servers. Default: those that the tracker names. */
  readonly iceServers?: readonly RTCIceServer[];
  /**
   * Asked once a stream, when its first segment is there, before the signaling server or any viewer is connected. Unless it resolves to true
   * (rejecting is no, too) nobody is, and the stream plays like plain hls.js. Default: nobody is asked.
   */
  readonly consent?: () => Promise<boolean>;
  /** Whether viewers are connected through TURN servers alone, so that none learns this one's address. Default false. */
  readonly relayOnly?: boolean;
  /**
   * The site's ticket for this viewer and swarm, a JWT, where the signaling server wants one; or a function that gets one from the site, called with
   * the swarm's name for every join and before the last one expires. With it, peers without a ticket of the tracker's are not connected. Default: none.
   */
  readonly ticket?: string | ((swarm: string) => Promise<string>);
  /**
   * Whether only peers are connected that prove who they are, by a key that their browser keeps. Then nobody sits in the middle, not even the
   * signaling server. The same for all viewers of a swarm, as those who do and those who do not are never connected. Default: false, but with `ticket` or `friends` always.
   */
  readonly permId?: boolean;
  /** PermIDs (`Shoal.permId()`) of viewers who are served before others. Default: none. */
  readonly friends?: readonly string[];
}
