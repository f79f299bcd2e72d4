import Hls, { type ErrorData } from "hls.js";
import { Shoal, type PlayerStats } from "shoal";
import type { TrackKind } from "./chunk-map.js";
import type { Stream } from "./streams.js";

/** How long a dead origin is left alone before the next try. */
const RETRY_MS = 3_000;
/** A decoder that fails more often will not do better the next time. */
const MAX_RECOVERIES = 3;

/** One stream in the page's video element, through Shoal. */
export class Player {
  readonly shoal: Shoal;
  readonly hls: Hls;
  /** What hls.js has asked for and not been handed yet, by URL. */
  private readonly kinds = new Map<string, TrackKind>();
  private recoveries = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;

  /** `onProblem` gets one sentence for the viewer, or `undefined` when all is well again. */
  constructor(private readonly video: HTMLVideoElement, private readonly stream: Stream, tracker: string, private readonly onProblem: (sentence: string | undefined) => void) {
    this.shoal = new Shoal({ tracker });
    this.hls = new Hls(this.shoal.hlsConfig());
    this.hls.on(Hls.Events.ERROR, (_name, error) => this.explain(error));
    this.hls.on(Hls.Events.MANIFEST_PARSED, () => this.play());
    this.hls.on(Hls.Events.FRAG_BUFFERED, () => onProblem(undefined));
    this.hls.on(Hls.Events.FRAG_LOADING, (_name, { frag }) => this.kinds.set(frag.url, frag.type));
    this.hls.loadSource(new URL(stream.url, location.href).href);
    this.hls.attachMedia(video);
  }

  stats(): PlayerStats | undefined {
    return this.shoal.stats().players[0];
  }

  /** Seconds behind the live edge; `undefined` for a stream that has an end. */
  latencyS(): number | undefined {
    return this.hls.latestLevelDetails?.live === true && this.hls.latency > 0 ? this.hls.latency : undefined;
  }

  /** Whether the segment at `url` is picture, sound or text. */
  kindOf(url: string): TrackKind {
    const kind = this.kinds.get(url) ?? "main";
    this.kinds.delete(url);
    return kind;
  }

  announced(): readonly { readonly start: number; readonly duration: number }[] {
    return this.hls.latestLevelDetails?.fragments ?? [];
  }

  destroy(): void {
    clearTimeout(this.retry);
    this.hls.destroy();
    this.shoal.destroy();
  }

  private play(): void {
    // Refused only where the viewer has forbidden it; the controls are there.
    this.video.play().catch(() => undefined);
  }

  private explain(error: ErrorData): void {
    if (!error.fatal) return;
    const status = error.response?.code ?? 0;
    const why = status === 0 ? "its server does not answer" : `its server answers ${status}`;
    if (error.details === Hls.ErrorDetails.MANIFEST_PARSING_ERROR || error.details === Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) {
      this.onProblem(`What is at ${this.stream.url} is not an HLS stream that this browser can play.`);
    } else if (error.type === Hls.ErrorTypes.NETWORK_ERROR && this.hls.levels.length === 0) {
      this.onProblem(`The stream at ${this.stream.url} cannot be loaded: ${why}.`);
    } else if (error.type === Hls.ErrorTypes.NETWORK_ERROR) {
      this.onProblem(`The stream has stopped: ${why}. Trying again.`);
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.hls.startLoad(), RETRY_MS);
    } else if (error.type === Hls.ErrorTypes.MEDIA_ERROR && this.recoveries < MAX_RECOVERIES) {
      this.recoveries += 1;
      this.hls.recoverMediaError();
    } else {
      this.onProblem(`This browser cannot play the stream (${error.details}).`);
    }
  }
}
