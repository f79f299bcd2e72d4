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
  /** Bound on verified chunks kept in memory, bytes per player. Default 256 MiB. */
  readonly memoryBytes?: number;
  /** Most neighbours at a time, 32 at the utmost. Default 12. */
  readonly maxNeighbours?: number;
  /**
   * How chunks come from other viewers. `mesh`: asked for, one by one. `tree`: a live stream is pushed from viewer to viewer in one
   * tree; `hybrid`: in four; what they leave out is asked for. `auto`: `hybrid` where the player is so close to the live edge that asking
   * costs too much time, and viewers' uplinks carry it, else `mesh`. Viewers of one stream should have the same. Default `auto`.
   */
  readonly delivery?: "mesh" | "tree" | "hybrid" | "auto";
  /** STUN and TURN servers. Default: those that the tracker names. */
  readonly iceServers?: readonly RTCIceServer[];
}
