import { MAX_LIVE_TRACKS } from "./config.js";
import type { Effect, Input } from "./contract.js";
import type { TrackId } from "./ids.js";
import type { EngineState } from "./state.js";

/** The tracker is told of another uplink when it is that many times as fast, or as slow. */
const UPLINK_NEWS = 1.5;
/** And no sooner than this after it was told last: what an uplink brings is measured afresh all the time. */
const UPLINK_NEWS_MS = 10_000;

/**
 * Players reload a playlist once a segment, at any time of it: half of those with a seat would hear of a segment when it is half a
 * segment old. They look for it from this share of a segment after the last one on, again and again, and so come ever earlier.
 */
const RELOAD_FROM = 0.75;
const RELOAD_UNTIL = 2;
const RELOAD_MS = 500;

/** A seat of this peer: it takes a slice of every new segment from the origin. */
export interface Seat {
  /** Which of those that take the slice it is, from 0. */
  readonly copy: number;
  readonly sinceMs: number;
}

/** The seats of this peer in one track, by slice. None, where others have them all. */
export type TrackSeats = ReadonlyMap<number, Seat>;

type LiveStatus = Extract<Effect, { type: "live-status" }>;

/** Origin seats (DESIGN, Delivery 3) as the tracker has given them, and what it has to know to give them. */
export class Seats {
  readonly #state: EngineState;
  readonly #tracks = new Map<TrackId, TrackSeats>();
  readonly #reloadedMs = new Map<TrackId, number>();
  #awake = true;
  #told: LiveStatus | undefined;
  #toldMs = 0;

  constructor(state: EngineState) {
    this.#state = state;
  }

  given({ track, seats, of }: Extract<Input, { type: "seats" }>, nowMs: number): void {
    const before = this.#tracks.get(track);
    if (of === 0) this.#tracks.delete(track);
    else this.#tracks.set(track, new Map(seats.map(({ slice, copy }) => [slice, { copy, sinceMs: before?.get(slice)?.sinceMs ?? nowMs }])));
  }

  /** Without a tracker seats grow old unseen: viewers agree among themselves. */
  trackerDown(): void {
    this.#tracks.clear();
  }

  awake(awake: boolean): void {
    this.#awake = awake;
  }

  /** Undefined where nobody has a seat. */
  in(track: TrackId): TrackSeats | undefined {
    return this.#tracks.get(track);
  }

  /** When the next playlist is to be reloaded. */
  get nextReloadMs(): number {
    let next = Infinity;
    for (const id of this.#tracks.keys()) next = Math.min(next, this.#reloadMs(id));
    return next;
  }

  /** Reloads playlists that may show something new. */
  reload(nowMs: number): void {
    for (const id of this.#tracks.keys()) {
      if (nowMs < this.#reloadMs(id)) continue;
      this.#reloadedMs.set(id, nowMs);
      this.#state.emit({ type: "reload-playlist", track: id });
    }
  }

  #reloadMs(id: TrackId): number {
    if ((this.in(id)?.size ?? 0) === 0) return Infinity;
    const track = this.#state.store.tracks.get(id);
    const newest = track?.segments.at(-1);
    if (newest === undefined) return Infinity;
    const isTold = track?.foreseen.length !== 0;
    const dueMs = Math.max((this.#reloadedMs.get(id) ?? -Infinity) + RELOAD_MS, isTold ? 0 : newest.listedMs + RELOAD_FROM * 1000 * newest.durationS);
    // A stream that stands still is the player's to look after.
    return dueMs > newest.listedMs + RELOAD_UNTIL * 1000 * newest.durationS ? Infinity : dueMs;
  }

  /** Tells the tracker what has changed. Who has no picture yet has other worries. */
  review(uplinkBps: number, nowMs: number): void {
    if (this.#state.counters.playedBytes === 0) return;
    const tracks = this.#state.activeTracks().filter((t) => t.live).map((t) => t.id).slice(0, MAX_LIVE_TRACKS);
    for (const id of this.#tracks.keys()) if (!tracks.includes(id)) this.#tracks.delete(id);
    const told = this.#told;
    if (tracks.length === 0 && (told === undefined || told.tracks.length === 0)) return;
    const willing = this.#state.options.serves && this.#awake;
    const isSame = told !== undefined && told.willing === willing && told.tracks.length === tracks.length && told.tracks.every((id, i) => id === tracks[i]);
    if (isSame && !this.#isNews(uplinkBps, told.uplinkBps, nowMs)) return;
    this.#told = { type: "live-status", tracks, willing, uplinkBps: uplinkBps > 0 ? Math.round(uplinkBps) : undefined };
    this.#toldMs = nowMs;
    this.#state.emit(this.#told);
  }

  #isNews(bps: number, toldBps: number | undefined, nowMs: number): boolean {
    if (bps <= 0) return false;
    if (toldBps === undefined) return true;
    return nowMs - this.#toldMs >= UPLINK_NEWS_MS && (bps > toldBps * UPLINK_NEWS || bps * UPLINK_NEWS < toldBps);
  }
}
