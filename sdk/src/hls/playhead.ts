import type Hls from "hls.js";
import type { Events } from "hls.js";

/** How often a playing video's position is told, ms: a quarter of the smallest rescue margin's half second. */
const TICK_MS = 250;
const MEDIA_EVENTS = ["play", "playing", "pause", "seeking", "seeked", "ratechange", "waiting", "ended"] as const;

export interface PlayheadState {
  readonly positionS: number;
  readonly playing: boolean;
  readonly rate: number;
}

/** Where an Hls instance's media plays. One timer, and only while it plays. */
export class Playhead {
  readonly #hls: Hls;
  readonly #onChange: () => void;
  #media: HTMLMediaElement | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(hls: Hls, onChange: () => void) {
    this.#hls = hls;
    this.#onChange = onChange;
    hls.on("hlsMediaAttached" as Events.MEDIA_ATTACHED, this.#attach, this);
    hls.on("hlsMediaDetaching" as Events.MEDIA_DETACHING, this.#detach, this);
    this.#attach();
  }

  destroy(): void {
    this.#hls.off("hlsMediaAttached" as Events.MEDIA_ATTACHED, this.#attach, this);
    this.#hls.off("hlsMediaDetaching" as Events.MEDIA_DETACHING, this.#detach, this);
    this.#detach();
  }

  /** `wantedS`: start of the segment hls.js asks for, which is where it will play while it has no media yet. */
  state(wantedS?: number): PlayheadState {
    const media = this.#media;
    const started = media !== undefined && (media.currentTime > 0 || media.buffered.length > 0);
    const startS = this.#hls.startPosition;
    const positionS = started ? media.currentTime : (wantedS ?? (startS > 0 ? startS : 0));
    return { positionS, playing: media !== undefined && !media.paused && !media.ended, rate: media?.playbackRate || 1 };
  }

  /** Media ahead of the playhead at the present speed, s; 0 without media. */
  bufferS(): number {
    return (this.#hls.mainForwardBufferInfo?.len ?? 0) / Math.abs(this.#media?.playbackRate || 1);
  }

  #attach(): void {
    this.#detach();
    this.#media = this.#hls.media ?? undefined;
    for (const name of MEDIA_EVENTS) this.#media?.addEventListener(name, this.#changed);
    this.#run();
  }

  #detach(): void {
    for (const name of MEDIA_EVENTS) this.#media?.removeEventListener(name, this.#changed);
    this.#media = undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  readonly #changed = (): void => {
    this.#run();
    this.#onChange();
  };

  #run(): void {
    if (this.state().playing) this.#timer ??= setInterval(this.#onChange, TICK_MS);
    else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }
}
