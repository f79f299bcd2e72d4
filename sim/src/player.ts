import type { Input } from "../../sdk/src/protocol/contract.js";
import type { WantId } from "../../sdk/src/protocol/ids.js";
import type { Clock, Task } from "./clock.js";
import type { Media, Stream } from "./stream.js";

/** hls.js's defaults (1.7): maxBufferLength, liveSyncDurationCount. */
export interface PlayerSetting {
  readonly bufferGoalS: number;
  readonly liveSyncSegments: number;
  /** From the first segment to the request for the next: a worker and source buffers are made. */
  readonly firstAppendMs: number;
  /** From the first segment to the first frame on the screen. */
  readonly firstFrameMs: number;
}

/** How often the SDK tells the engine where the player is. */
const TICK_MS = 250;
/** Transmuxing and appending; then hls.js asks for the next segment. */
const APPEND_MS = 20;
/** fragLoadPolicy: hls.js asks again a second after an error. */
const RETRY_MS = 1_000;

export interface PlayerHost {
  readonly clock: Clock;
  readonly gone: boolean;
  handle(input: Input): void;
  want(id: WantId, media: Media): void;
  unwant(id: WantId): void;
  /** Loads one playlist. */
  loadPlaylist(then: () => void): void;
  readonly events: PlayerEvents;
}

/** What the meter and the checkers hear. */
export interface PlayerEvents {
  started(startupMs: number): void;
  stalled(ms: number): void;
  watched(ms: number): void;
  /** The deadline of a segment has passed, or it was there before. */
  due(chunks: number, lateChunks: number): void;
  /** A segment was handed over in time for `dueMs`, its deadline or, where it had none, now. */
  served(media: Media, dueMs: number): void;
  ended(): void;
}

/** A viewer's player, as hls.js is: playlists, one segment at a time, a buffer, a playhead that stands when it is empty. */
export class Player implements Task {
  positionS = 0;
  bufferEndS = 0;
  level: Stream;
  startedMs: number | undefined;
  readonly #host: PlayerHost;
  readonly #setting: PlayerSetting;
  readonly #best: Stream;
  readonly #bornMs: number;
  #edge = -1;
  #next = 0;
  #lastMs = 0;
  #playing = false;
  #retryMs = 0;
  /** The playlist of another rendition is being loaded: hls.js asks for nothing meanwhile. */
  #switching = false;
  #nextWant = 1;
  #want: { readonly id: WantId; readonly media: Media; readonly sinceMs: number; stored: number; onTime: number; dueMs: number } | undefined;
  #reloadMs = 0;
  /** Every playlist that hls.js turns to has a rhythm of its own; that of the one before ends. */
  #rhythm = 0;
  #over = false;

  /** `best`: where hls.js goes after the first segment, when it has seen how fast the line is. */
  constructor(host: PlayerHost, level: Stream, setting: PlayerSetting, best = level) {
    this.#host = host;
    this.#setting = setting;
    this.#best = best;
    this.level = level;
    this.#bornMs = host.clock.nowMs;
  }

  /** Master playlist, media playlist, first segment. */
  start(): void {
    this.#host.loadPlaylist(() => this.#host.loadPlaylist(() => this.#begin()));
  }

  get bufferS(): number {
    return this.bufferEndS - this.positionS;
  }

  get waitingForMs(): number {
    return this.#want === undefined ? 0 : this.#host.clock.nowMs - this.#want.sinceMs;
  }

  get wants(): Media | undefined {
    return this.#want?.media;
  }

  /** A chunk has come; those of the wanted segment are held against the deadline. */
  chunkStored(segmentId: string, nowMs: number): void {
    const want = this.#want;
    if (want === undefined || want.media.info.ref.id !== segmentId) return;
    want.stored++;
    if (nowMs <= want.dueMs) want.onTime++;
  }

  delivered(id: WantId): void {
    const want = this.#want;
    const { clock, events } = this.#host;
    if (want === undefined || want.id !== id) return;
    this.#want = undefined;
    this.#advance(clock.nowMs);
    const { info, chunks } = want.media;
    if (want.dueMs < Infinity) events.due(chunks, clock.nowMs <= want.dueMs ? 0 : chunks - Math.min(chunks, want.onTime));
    events.served(want.media, Math.max(want.dueMs === Infinity ? 0 : want.dueMs, clock.nowMs));
    this.bufferEndS = info.startS + info.durationS;
    this.#next = info.ref.sequence + 1;
    const isFirst = this.startedMs === undefined;
    if (this.startedMs === undefined) {
      this.startedMs = clock.nowMs + this.#setting.firstFrameMs;
      events.started(this.startedMs - this.#bornMs);
    }
    // A fresh start, or the end of a stall or seek.
    if (!this.#playing) {
      this.#playing = true;
      this.#lastMs = Math.max(clock.nowMs, this.startedMs);
    }
    clock.in(isFirst ? this.#setting.firstAppendMs : APPEND_MS, () => {
      if (isFirst) this.switchTo(this.#best);
      this.#ask();
    });
  }

  failed(id: WantId): void {
    if (this.#want?.id !== id) return;
    this.#want = undefined;
    this.#retryMs = this.#host.clock.nowMs + RETRY_MS;
  }

  seek(positionS: number): void {
    if (this.startedMs === undefined || this.#over) return;
    this.#advance(this.#host.clock.nowMs);
    this.#giveUp();
    const { segmentS, count, live } = this.level.setting;
    const first = live ? this.level.first(this.#edge) : 0;
    this.positionS = Math.max(first * segmentS, Math.min(positionS, (first + count - 1) * segmentS));
    this.#next = Math.floor(this.positionS / segmentS);
    this.bufferEndS = this.positionS;
    this.#playing = false;
    this.#tell();
    this.#ask();
  }

  /** What comes next is of another rendition. */
  switchTo(level: Stream): void {
    if (level === this.level || this.startedMs === undefined || this.#switching || this.#over) return;
    this.#switching = true;
    this.#rhythm++;
    this.#reloadMs = this.#host.clock.nowMs;
    this.#host.loadPlaylist(() => {
      this.#switching = false;
      this.level = level;
      this.#publish(level.edge(this.#host.clock.nowMs));
      if (level.setting.live) this.#reloadLater(level.setting.segmentS * 1000);
      this.#ask();
    });
  }

  /** The viewer closes the page: what is overdue counts as late. */
  close(): void {
    this.#advance(this.#host.clock.nowMs);
    const want = this.#want;
    if (want !== undefined && want.dueMs < this.#host.clock.nowMs) this.#host.events.due(want.media.chunks, want.media.chunks - Math.min(want.media.chunks, want.onTime));
    this.#want = undefined;
    this.#over = true;
  }

  /** Every quarter of a second. */
  run(nowMs: number): void {
    if (this.#host.gone || this.#over) return;
    this.#advance(nowMs);
    this.#tell();
    this.#ask();
    if (!this.#over) this.#host.clock.at(nowMs + TICK_MS, this);
  }

  #begin(): void {
    const { clock } = this.#host;
    const { segmentS, live } = this.level.setting;
    const edge = this.level.edge(clock.nowMs);
    this.#next = live ? edge - this.#setting.liveSyncSegments + 1 : 0;
    this.positionS = this.bufferEndS = this.#next * segmentS;
    this.#publish(edge);
    this.#reloadMs = clock.nowMs;
    if (live) this.#reloadLater(segmentS * 1000);
    this.run(clock.nowMs);
  }

  /** hls.js's rhythm: a target duration after the last request, half of that when there was nothing new. */
  #reloadLater(intervalMs: number): void {
    const { clock } = this.#host;
    const rhythm = this.#rhythm;
    const isOver = (): boolean => this.#host.gone || this.#over || rhythm !== this.#rhythm;
    this.#reloadMs = Math.max(clock.nowMs, this.#reloadMs + intervalMs);
    clock.in(this.#reloadMs - clock.nowMs, () => {
      if (isOver()) return;
      this.#host.loadPlaylist(() => {
        if (isOver()) return;
        const edge = this.level.edge(clock.nowMs);
        const news = edge !== this.#edge;
        if (news) this.#publish(edge);
        this.#reloadLater(this.level.setting.segmentS * (news ? 1000 : 500));
        if (news) this.#ask();
      });
    });
  }

  #publish(edge: number): void {
    this.#edge = edge;
    const { track, bandwidthBps, setting } = this.level;
    this.#host.handle({ type: "playlist", track, kind: "main", live: setting.live, bandwidthBps, segments: this.level.playlist(edge) });
  }

  #tell(): void {
    this.#host.handle({ type: "playhead", positionS: this.positionS, playing: true, rate: 1 });
  }

  #ask(): void {
    const { clock, gone } = this.#host;
    if (gone || this.#over || this.#switching || this.#want !== undefined || clock.nowMs < this.#retryMs || this.bufferS >= this.#setting.bufferGoalS) return;
    this.#advance(clock.nowMs);
    const { live, segmentS } = this.level.setting;
    const first = this.level.first(this.#edge);
    if (live && this.#next < first) {
      // Fallen out of the playlist: hls.js jumps to where it would start now.
      this.#next = this.#edge - this.#setting.liveSyncSegments + 1;
      this.positionS = this.bufferEndS = this.#next * segmentS;
    }
    if (this.#next > this.#edge) return;
    const media = this.level.media(this.#next);
    const dueMs = this.#playing ? this.#lastMs + this.bufferS * 1000 : Infinity;
    const id = this.#nextWant++ as WantId;
    this.#want = { id, media, sinceMs: clock.nowMs, stored: 0, onTime: 0, dueMs };
    this.#tell();
    this.#host.want(id, media);
  }

  /** Beside the rhythm, as sdk/src/hls/playlist.ts has hls.js do it. */
  reload(): void {
    if (this.#switching) return;
    const { level } = this;
    this.#host.loadPlaylist(() => {
      const edge = level.edge(this.#host.clock.nowMs);
      if (this.#host.gone || this.#over || this.#switching || level !== this.level || edge === this.#edge) return;
      this.#publish(edge);
      this.#ask();
    });
  }

  #giveUp(): void {
    const want = this.#want;
    this.#want = undefined;
    if (want !== undefined) this.#host.unwant(want.id);
  }

  /** Plays on from where it was: what the buffer does not cover is a stall. */
  #advance(nowMs: number): void {
    if (!this.#playing || nowMs <= this.#lastMs) return;
    const elapsedMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    const playedMs = Math.min(elapsedMs, Math.max(0, this.bufferS * 1000));
    this.positionS += playedMs / 1000;
    const { events } = this.#host;
    events.watched(playedMs);
    if (playedMs >= elapsedMs) return;
    const { live, count, segmentS } = this.level.setting;
    if (!live && this.bufferEndS >= count * segmentS - 1e-6) {
      this.#over = true;
      return events.ended();
    }
    events.stalled(elapsedMs - playedMs);
  }
}
