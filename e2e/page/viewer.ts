import type Hls from "hls.js";
import type { HlsConfig } from "hls.js";
import type { Shoal, ShoalEvents, ShoalOptions, ShoalStats } from "../../sdk/src/index.js";
import { countMessages, type MessageCounts } from "./message-counter.js";
import { misbehave, type Misconduct } from "./misconduct.js";
import { installProbe, openThings, type OpenThings, selectedPairs, type SelectedPair } from "./probe.js";
import { recordingHls, type Handed, type Recorder } from "./recorder.js";
import { StallWatch } from "./stalls.js";

declare global {
  // Set by the page's script tags.
  var Hls: typeof import("hls.js").default;
  var viewer: PageViewer;
  var Shoal: typeof import("../../sdk/src/index.js").Shoal;
  var shoal: Shoal | undefined;
}

export interface Start {
  readonly src: string;
  /** Left out: plain hls.js. */
  readonly shoal?: ShoalOptions | undefined;
  /** Tickets are fetched from there. */
  readonly ticketPath?: string | undefined;
  readonly hls?: Partial<HlsConfig>;
  /** Quality level to stay at. Default: hls.js's own choice. */
  readonly level?: number | undefined;
  /** Called before the stream is loaded. */
  readonly onMade?: (hls: Hls) => void;
}

/** What one player of the page went through. */
export interface PlayerReport {
  readonly handed: readonly Handed[];
  readonly positionS: number;
  readonly stallMs: number;
  /** From the making of the player to its first frame; undefined until then. */
  readonly startupMs: number | undefined;
  /** The first frame on the wall clock, ms; undefined until then. */
  readonly startedAtMs: number | undefined;
  /** Live: how long ago the frame on the screen was recorded, s. */
  readonly latencyS: number | undefined;
  readonly ended: boolean;
  readonly level: number;
  readonly fatalErrors: readonly string[];
}

interface Playing {
  readonly hls: Hls;
  readonly recorder: Recorder;
  readonly fatalErrors: string[];
  readonly madeAtMs: number;
  startedAtMs: number | undefined;
  video: HTMLVideoElement | undefined;
  stalls: StallWatch | undefined;
}

/** The page's side of a viewer: starts players and says what they went through. */
export class PageViewer {
  readonly players: Playing[] = [];
  readonly bans: ShoalEvents["ban"][] = [];
  readonly warnings: ShoalEvents["warning"][] = [];
  readonly refusals: ShoalEvents["refused"][] = [];
  readonly segments: ShoalEvents["segment"][] = [];
  /** Neighbours lost. */
  readonly lost: ShoalEvents["neighbour"][] = [];
  readonly neighbours: ShoalEvents["neighbour"][] = [];
  readonly #shoals: Shoal[] = [];
  #messages: MessageCounts | undefined;

  /** Lets every Hls instance of the page be recorded; called between hls.js's script and Shoal's. */
  record(): void {
    globalThis.Hls = recordingHls(globalThis.Hls, (hls, recorder) => {
      const playing: Playing = { hls, recorder, fatalErrors: [], madeAtMs: Date.now(), startedAtMs: undefined, video: undefined, stalls: undefined };
      this.players.push(playing);
      hls.on(globalThis.Hls.Events.ERROR, (_event, { details, fatal }) => {
        if (fatal) playing.fatalErrors.push(details);
      });
      hls.on(globalThis.Hls.Events.MEDIA_ATTACHED, (_event, { media }) => {
        playing.video = media as HTMLVideoElement;
        playing.stalls ??= new StallWatch(playing.video);
        playing.video.requestVideoFrameCallback(() => (playing.startedAtMs ??= Date.now()));
      });
    });
  }

  /** Counts, from now on, what the page's data channels send. */
  countMessages(): void {
    this.#messages ??= countMessages();
  }

  /** From now on the page is a hostile peer. */
  misbehave(how: Misconduct): void {
    misbehave(how);
  }

  messages(): MessageCounts {
    return this.#messages ?? {};
  }

  /** Plays a stream in a video element of its own. */
  start({ src, shoal: options, ticketPath, hls: config = {}, level, onMade }: Start): Hls {
    const ticket = ticketPath === undefined ? {} : { ticket: async () => (await fetch(ticketPath, { cache: "no-store" })).text() };
    const shoal = options && (this.#shoals[0] ?? this.#open({ ...options, ...ticket }));
    const hls = new globalThis.Hls(shoal ? shoal.hlsConfig(config) : config);
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    document.body.append(video);
    if (level !== undefined) {
      hls.startLevel = level;
      hls.once(globalThis.Hls.Events.MANIFEST_PARSED, () => void (hls.loadLevel = level));
    }
    onMade?.(hls);
    hls.loadSource(src);
    hls.attachMedia(video);
    // Rejected when the player is torn down while it waits.
    video.play().catch(() => undefined);
    return hls;
  }

  video(player = 0): HTMLVideoElement {
    const video = this.players[player]?.video;
    if (!video) throw new Error("the player has no video element yet");
    return video;
  }

  stats(): ShoalStats {
    const shoal = this.#shoals[0] ?? globalThis.shoal;
    if (!shoal) throw new Error("the page has no Shoal");
    return shoal.stats();
  }

  shoal(): Shoal {
    const [shoal] = this.#shoals;
    if (!shoal) throw new Error("the page has no Shoal");
    return shoal;
  }

  /** Listens to a Shoal that the page made itself. */
  listen(shoal: Shoal): void {
    shoal.on("ban", (ban) => this.bans.push(ban));
    shoal.on("warning", (warning) => this.warnings.push(warning));
    shoal.on("refused", (refusal) => this.refusals.push(refusal));
    shoal.on("segment", (segment) => this.segments.push(segment));
    shoal.on("neighbour", (event) => this.neighbours.push(event) && (event.connected || this.lost.push(event)));
  }

  positionS(player = 0): number {
    return this.players[player]?.video?.currentTime ?? 0;
  }

  handedCount(player = 0): Promise<number> {
    return this.players[player]?.recorder.handed().then(({ length }) => length) ?? Promise.resolve(0);
  }

  async report(player = 0): Promise<PlayerReport> {
    const playing = this.players[player];
    if (!playing) throw new Error("the page has no such player");
    const { hls, recorder, video, stalls, fatalErrors, madeAtMs, startedAtMs } = playing;
    return {
      handed: await recorder.handed(),
      positionS: video?.currentTime ?? 0,
      stallMs: stalls?.totalMs ?? 0,
      startupMs: startedAtMs && startedAtMs - madeAtMs,
      startedAtMs,
      latencyS: hls.playingDate ? (Date.now() - hls.playingDate.getTime()) / 1000 : undefined,
      ended: video?.ended ?? false,
      level: hls.currentLevel,
      fatalErrors,
    };
  }

  selectedPairs(): Promise<SelectedPair[]> {
    return selectedPairs();
  }

  open(): OpenThings {
    return openThings();
  }

  #open(options: ShoalOptions): Shoal {
    const shoal = new globalThis.Shoal(options);
    this.#shoals.push(shoal);
    this.listen(shoal);
    return shoal;
  }
}

installProbe();
globalThis.viewer = new PageViewer();
