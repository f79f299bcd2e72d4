import type { EngineOptions } from "./config.js";
import type { Effect, FetchReason } from "./contract.js";
import type { PeerId, TrackId } from "./ids.js";
import type { Message } from "./message.js";
import type { Neighbour } from "./neighbour.js";
import { Random } from "./random.js";
import type { TrackKind } from "./segment.js";
import { Store, type Track } from "./store.js";
import type { StoredSegment } from "./stored-segment.js";

/** The player's position on its own timeline. */
export interface Playhead {
  positionS: number;
  playing: boolean;
  rate: number;
  /** When the position was told, for reckoning on from there. */
  atMs: number;
}

/** Totals since the engine was made. */
export interface Counters {
  playedBytes: number;
  originBytes: number;
  peerBytes: number;
  uploadedBytes: number;
  duplicateBytes: number;
  rescues: number;
  bannedPeers: number;
  fetches: Record<FetchReason, number>;
}

export const noCounters = (): Counters => ({
  playedBytes: 0, originBytes: 0, peerBytes: 0, uploadedBytes: 0, duplicateBytes: 0, rescues: 0, bannedPeers: 0,
  fetches: { start: 0, alone: 0, seat: 0, slice: 0, rescue: 0, settle: 0, check: 0 },
});

/** What the engine's parts share. */
export class EngineState {
  readonly random: Random;
  readonly store: Store;
  /** Handshaken or not, by id, in order of connection. */
  readonly neighbours = new Map<PeerId, Neighbour>();
  readonly playhead: Playhead = { positionS: 0, playing: false, rate: 1, atMs: 0 };
  readonly counters = noCounters();
  /** Segments the player has asked for and does not have yet. */
  readonly wanted = new Set<StoredSegment>();
  /** The track of each kind that the player asked for last, and the first sequence it asked for: the hook-in point (TR3). */
  readonly #active = new Map<TrackKind, TrackId>();
  readonly #hookIns = new Map<TrackId, number>();
  /** Viewers of the swarm as the tracker counts them. */
  swarmSize = 0;
  /** When a deadline last made it ask the origin. */
  rescuedMs = -Infinity;
  /** Whether a neighbour may still come that the tracker has promised. */
  gathering = true;
  readonly #effects: Effect[] = [];
  /** What is sent at this moment, by peer: more may be added. */
  readonly #open = new Map<PeerId, Message[]>();

  constructor(readonly options: EngineOptions) {
    this.random = new Random(options.seed);
    this.store = new Store(options.memoryBytes);
  }

  /** Every viewer of the swarm can be a neighbour: who wants what, and who fetches what, is known to all. */
  get isSmall(): boolean {
    return this.swarmSize <= this.options.maxNeighbours + 1;
  }

  get handshaken(): Neighbour[] {
    const list: Neighbour[] = [];
    for (const n of this.neighbours.values()) if (n.handshaken) list.push(n);
    return list;
  }

  /** Whether it is so of any neighbour. */
  some(is: (neighbour: Neighbour) => boolean): boolean {
    for (const n of this.neighbours.values()) if (is(n)) return true;
    return false;
  }

  emit(effect: Effect): void {
    this.#effects.push(effect);
  }

  send(peer: PeerId, message: Message): void {
    // A chunk goes alone, so that nothing waits for its end; what comes after it shares its last packet.
    const open = message.type === "DATA" ? undefined : this.#open.get(peer);
    if (open !== undefined) return void open.push(message);
    const messages = [message];
    this.#open.set(peer, messages);
    this.#effects.push({ type: "send", peer, messages });
  }

  /** Peers that something is sent to at this moment. */
  get addressed(): Iterable<PeerId> {
    return this.#open.keys();
  }

  poll(): Effect | undefined {
    const effect = this.#effects.shift();
    if (effect === undefined && this.#open.size > 0) this.#open.clear();
    return effect;
  }

  /** The player asks for this track now. */
  activate(kind: TrackKind, track: TrackId, sequence: number): void {
    this.#active.set(kind, track);
    this.#hookIns.set(track, Math.min(sequence, this.#hookIns.get(track) ?? Infinity));
  }

  activeTracks(): Track[] {
    const tracks: Track[] = [];
    for (const id of this.#active.values()) {
      const track = this.store.tracks.get(id);
      if (track !== undefined) tracks.push(track);
    }
    return tracks;
  }

  /** hls.js chooses where a live joiner starts, and Shoal does not move it: nothing older is fetched. */
  hookIn(track: Track): number {
    return track.live ? (this.#hookIns.get(track.id) ?? Infinity) : 0;
  }

  /** Where the player is now, reckoned from its last word. */
  positionS(nowMs: number): number {
    const { positionS, playing, rate, atMs } = this.playhead;
    return playing ? positionS + ((nowMs - atMs) / 1000) * rate : positionS;
  }

  /** Media that is here whole and in order from the playhead on, in every track that plays, seconds (PL4). */
  aheadS(nowMs: number): number {
    const positionS = this.positionS(nowMs);
    const ends = [...this.activeTracks()].map(({ segments }) => segments.find((s) => s.endS > positionS && !s.complete)?.startS ?? segments.at(-1)?.endS ?? 0);
    return ends.length === 0 ? 0 : Math.max(0, Math.min(...ends) - positionS);
  }

  /** Seconds until the player needs what starts at `startS`; negative when it is late. A paused player may go on at any time. */
  timeLeftS(startS: number, nowMs: number): number {
    return (startS - this.positionS(nowMs)) / Math.max(0.1, this.playhead.rate);
  }
}
