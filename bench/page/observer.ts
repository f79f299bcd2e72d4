import Hls, { type Fragment } from "hls.js";
import type { LoadedFragment, ViewerOptions, ViewerReport } from "../src/contract.js";
import { channelBytes } from "./channel-meter.js";

/** Interval between looks at the playhead. */
const sampleMs = 50;
/** A playhead that stands still for less is the media clock's own granularity on a busy machine, not a stall. */
const stallFloorMs = 250;
/** With media at hand it is the machine that is held up, all tabs at once, and the viewer's picture only when it lasts. */
const fedStallFloorMs = 500;
/** hls.js's estimate is its configured default until a few fragments have been measured. */
const estimateAfterFragments = 3;

/** Measures one viewer from its video element and from hls.js's events, whoever loads the bytes. */
export class Observer {
  readonly #startMs = performance.now();
  readonly #video: HTMLVideoElement;
  readonly #live: ViewerOptions["live"];
  readonly #loaded: LoadedFragment[] = [];
  readonly #playedLevels: number[] = [];
  readonly #latencyS: number[] = [];
  readonly #errors: string[] = [];
  readonly #stalls: { atMs: number; lengthMs: number; positionS: number }[] = [];
  #hls: Hls | undefined;
  #startupMs: number | null = null;
  #lastPositionS = -1;
  #lastMoveMs = 0;
  #starved = false;
  #levelsSeen = 0;
  #estimateMaxBps = 0;

  constructor(video: HTMLVideoElement, live: ViewerOptions["live"]) {
    this.#video = video;
    this.#live = live;
    video.requestVideoFrameCallback(() => (this.#startupMs = this.#nowMs()));
    setInterval(() => this.#samplePlayhead(), sampleMs);
    setInterval(() => this.#sampleLatency(), 1000);
  }

  readonly observe = (hls: Hls): void => {
    this.#hls = hls;
    hls.on(Hls.Events.FRAG_LOADED, (_event, { frag, payload }) => this.#onLoaded(frag, payload.byteLength));
    hls.on(Hls.Events.FRAG_CHANGED, (_event, { frag }) => {
      if (frag.type === "main") this.#playedLevels.push(frag.level);
    });
    hls.on(Hls.Events.LEVEL_SWITCHED, () => this.#levelsSeen++);
    hls.on(Hls.Events.ERROR, (_event, { details, fatal }) => {
      this.#errors.push(`${Math.round(this.#nowMs())} ms ${details}${fatal ? " (fatal)" : ""}`);
    });
  };

  report(own: unknown): ViewerReport {
    this.#closeStall();
    return {
      startupMs: this.#startupMs,
      stallMs: this.#stalls.reduce((sum, stall) => sum + stall.lengthMs, 0),
      stalls: this.#stalls,
      ended: this.#video.ended,
      positionS: this.#video.currentTime,
      latencyS: this.#latencyS,
      loaded: this.#loaded,
      playedLevels: this.#playedLevels,
      levelSwitches: Math.max(0, this.#levelsSeen - 1),
      bandwidthEstimateMaxBps: this.#estimateMaxBps,
      sentBytes: channelBytes.sent,
      receivedBytes: channelBytes.received,
      channels: channelBytes.channels,
      arrivals: channelBytes.arrivals,
      errors: this.#errors,
      own,
    };
  }

  #onLoaded(frag: Fragment, bytes: number): void {
    const sequence = typeof frag.sn === "number" ? frag.sn : -1;
    this.#loaded.push({ path: new URL(frag.url).pathname, bytes, level: frag.level, sequence, atMs: this.#nowMs() });
    if (this.#loaded.length > estimateAfterFragments && this.#hls) {
      this.#estimateMaxBps = Math.max(this.#estimateMaxBps, this.#hls.bandwidthEstimate);
    }
  }

  /** A stall is time in which the playhead stands still although nobody paused it and the end is not reached. */
  #samplePlayhead(): void {
    const { currentTime, paused, ended, duration } = this.#video;
    const shouldMove = this.#startupMs !== null && !paused && !ended && duration - currentTime > 0.2;
    if (shouldMove && currentTime === this.#lastPositionS) {
      this.#starved ||= this.#video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
      return;
    }
    this.#closeStall();
    this.#starved = false;
    this.#lastPositionS = shouldMove ? currentTime : -1;
    this.#lastMoveMs = this.#nowMs();
  }

  #closeStall(): void {
    const lengthMs = this.#nowMs() - this.#lastMoveMs;
    if (this.#lastPositionS < 0 || lengthMs < (this.#starved ? stallFloorMs : fedStallFloorMs)) return;
    this.#stalls.push({ atMs: this.#lastMoveMs, lengthMs, positionS: this.#lastPositionS });
    this.#lastMoveMs = this.#nowMs();
  }

  #sampleLatency(): void {
    if (this.#startupMs === null || this.#live === undefined) return;
    // hls.latency is no measure: it takes a new segment for as old as the playlist, so who reloads later seems nearer to the edge.
    const { currentTime } = this.#video;
    const playing = this.#hls?.latestLevelDetails?.fragments.find((f) => f.start <= currentTime && currentTime < f.end);
    if (typeof playing?.sn !== "number") return;
    const madeS = (Date.now() - this.#live.beganMs) / 1000;
    this.#latencyS.push(madeS - playing.sn * this.#live.segmentS - (currentTime - playing.start));
  }

  #nowMs(): number {
    return performance.now() - this.#startMs;
  }
}
