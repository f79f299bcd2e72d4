import { uncountedInterval } from "./probe.js";

const SAMPLE_MS = 50;
/** A shorter standstill is the media clock's granularity on a busy machine. */
const STALL_FLOOR_MS = 500;

/** Time in which the playhead stood still although nobody paused it, it was not seeking and the end was not reached. */
export class StallWatch {
  readonly #video: HTMLVideoElement;
  #positionS = -1;
  #movedMs = 0;
  #totalMs = 0;

  constructor(video: HTMLVideoElement) {
    this.#video = video;
    uncountedInterval(() => this.#sample(), SAMPLE_MS);
  }

  /** Since the first frame, ms. */
  get totalMs(): number {
    return this.#totalMs + this.#openMs();
  }

  #sample(): void {
    const { currentTime, paused, ended, seeking, duration } = this.#video;
    const shouldMove = currentTime > 0 && !paused && !ended && !seeking && duration - currentTime > 0.3;
    if (shouldMove && currentTime === this.#positionS) return;
    this.#totalMs += this.#openMs();
    this.#positionS = shouldMove ? currentTime : -1;
    this.#movedMs = performance.now();
  }

  #openMs(): number {
    const standstillMs = this.#positionS < 0 ? 0 : performance.now() - this.#movedMs;
    return standstillMs < STALL_FLOOR_MS ? 0 : standstillMs;
  }
}
