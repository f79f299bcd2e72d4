import type { PlayerName } from "./contract.js";

/** The stream of a scenario, to be had from the sample origin. */
export type Stream =
  | { readonly type: "vod"; readonly segments: number; readonly segmentS: number; readonly level: "all" | "highest" | "lowest" }
  | { readonly type: "live"; readonly segmentS: number; readonly playlistSegments: number; readonly level: "all" | "highest" };

/** How long the viewers stay. */
export type Stay =
  /** Until the stream has ended for everybody. */
  | { readonly type: "end" }
  /** Until everybody's player has been handed every segment. */
  | { readonly type: "full" }
  /** All go this long after the last one joined. */
  | { readonly type: "time"; readonly seconds: number };

export interface Scenario {
  readonly name: string;
  /** One line for `--list`. */
  readonly about: string;
  readonly viewers: number;
  /** Between two joins; 0: all at once. */
  readonly joinEveryS: number;
  readonly stream: Stream;
  readonly stay: Stay;
  /** Limit of the whole origin on top of the limit for each client, bit/s. */
  readonly originBps?: number;
  readonly hlsConfig?: Readonly<Record<string, unknown>>;
  /** The others come when the first viewer's player has been handed every segment. */
  readonly joinWhenFull?: boolean;
  /** Limit for each client, bit/s. Default {@link clientBps}. */
  readonly clientBps?: number;
  /** Players the scenario means anything for; all where it is missing. */
  readonly players?: readonly PlayerName[];
}

/** A viewer's access, bit/s, and its distance to the origin, ms. */
export const clientBps = 12_000_000;
export const clientRttMs = 20;

/** Rate of the highest level of the sample media, bit/s. */
export const streamBps = 1_500_000;

const vod: Stream = { type: "vod", segments: 15, segmentS: 4, level: "highest" };
const liveStayS = 75;

/** hls.js's own default, said aloud: p2p-media-loader raises it to about 28 s where the page is silent. */
const defaultLatency = { liveSyncDurationCount: 3 };

/** Lets hls.js load ahead without end, so that a store is full soon. */
const wholeStreamBuffer = { maxBufferLength: 3600, maxMaxBufferLength: 3600, maxBufferSize: 1_000_000_000 };

export const scenarios: readonly Scenario[] = [
  { name: "vod-same", about: "60 s VoD at 1.5 Mb/s, all join at once", viewers: 3, joinEveryS: 0, stream: vod, stay: { type: "end" } },
  { name: "vod-stagger", about: "60 s VoD at 1.5 Mb/s, one joins every 5 s", viewers: 3, joinEveryS: 5, stream: vod, stay: { type: "end" } },
  { ...live("live-w8", "live, playlist of 8, hls.js's default latency", 8), hlsConfig: defaultLatency },
  { ...live("live-w4", "live, playlist of 4, hls.js's default latency", 4), hlsConfig: defaultLatency },
  { ...live("live-far", "live, playlist of 8, 7 segments of latency", 8), hlsConfig: { liveSyncDurationCount: 7 } },
  live("live-own", "live, playlist of 8, the latency that the player chooses for itself", 8),
  {
    name: "leave", about: "5-minute VoD, all join at once and leave after 25 s", viewers: 3, joinEveryS: 0,
    stream: { ...vod, segments: 75 }, stay: { type: "time", seconds: 25 },
  },
  flash("flash", "live at 1.5 Mb/s, all join at once, the origin carries two streams", "highest"),
  flash("flash-levels", "the same with three levels, of which the lowest leaves the origin room for all", "all"),
  {
    name: "abr", about: "60 s VoD with three levels, one joins every 5 s, the origin carries 4 Mb/s in all", viewers: 3, joinEveryS: 5,
    stream: { ...vod, level: "all" }, stay: { type: "end" }, originBps: 4_000_000,
  },
  fullStore(320),
  fullStore(256),
  {
    name: "goodput", about: "bytes a second from one tab to another, beside a bare RTCDataChannel", viewers: 2, joinEveryS: 0,
    joinWhenFull: true, stay: { type: "full" }, clientBps: 400_000_000, players: ["shoal", "p2p-media-loader"],
    stream: { type: "vod", segments: 30, segmentS: 20, level: "highest" }, hlsConfig: wholeStreamBuffer,
  },
];

function live(name: string, about: string, playlistSegments: number): Scenario {
  return {
    name, about: `${about}, one joins every 2 s`, viewers: 3, joinEveryS: 2,
    stream: { type: "live", segmentS: 4, playlistSegments, level: "all" }, stay: { type: "time", seconds: liveStayS },
  };
}

function flash(name: string, about: string, level: "all" | "highest"): Scenario {
  return {
    name, about, viewers: 8, joinEveryS: 0, originBps: 2 * streamBps,
    stream: { type: "live", segmentS: 4, playlistSegments: 8, level }, stay: { type: "time", seconds: 60 }, hlsConfig: defaultLatency,
  };
}

function fullStore(segments: number): Scenario {
  return {
    name: `vod-${segments}`, about: `VoD of ${segments} segments: what a newcomer still takes from the origin when one peer has them all`,
    viewers: 2, joinEveryS: 0, joinWhenFull: true, stay: { type: "full" },
    stream: { type: "vod", segments, segmentS: 2, level: "lowest" }, hlsConfig: wholeStreamBuffer,
  };
}
