/** What crosses the border between the bench and its pages, and what comes out of it. */

export const playerNames = ["shoal", "p2p-media-loader", "p2p-media-loader-strong", "hls.js"] as const;
export type PlayerName = (typeof playerNames)[number];

/** Given to a page that starts to view. JSON only. */
export interface ViewerOptions {
  readonly src: string;
  readonly shoalTracker: string;
  readonly bittorrentTracker: string;
  /** hls.js settings of the scenario, the same for every player. */
  readonly hlsConfig: Readonly<Record<string, unknown>>;
  /** Live: when segment 0 began to be made, ms since 1970, and how long a segment lasts; undefined for VoD. */
  readonly live: { readonly beganMs: number; readonly segmentS: number } | undefined;
}

/** A fragment handed to the player. */
export interface LoadedFragment {
  /** URL path without query: the identity of the bytes. */
  readonly path: string;
  readonly bytes: number;
  readonly level: number;
  readonly sequence: number;
  /** Time since `start`, ms. */
  readonly atMs: number;
}

/** Data channel bytes that arrived within a short time. `atMs` is on the page's own clock. */
export interface Arrival {
  readonly atMs: number;
  bytes: number;
}

/** Everything one page saw. */
export interface ViewerReport {
  /** From just before the Hls instance is made to the first frame on screen; null while there is none. */
  readonly startupMs: number | null;
  readonly stallMs: number;
  readonly stalls: readonly { readonly atMs: number; readonly lengthMs: number; readonly positionS: number }[];
  readonly ended: boolean;
  readonly positionS: number;
  /** How far the frame on screen is behind what is being made, sampled every second after the first frame. Empty for VoD. */
  readonly latencyS: readonly number[];
  readonly loaded: readonly LoadedFragment[];
  /** Level of each fragment that came on screen, in order. */
  readonly playedLevels: readonly number[];
  readonly levelSwitches: number;
  /** Highest `hls.bandwidthEstimate` seen after the first three fragments, bit/s. */
  readonly bandwidthEstimateMaxBps: number;
  /** Data channel bytes, control included. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly channels: number;
  readonly arrivals: readonly Arrival[];
  readonly errors: readonly string[];
  /** The player's own figures. */
  readonly own: unknown;
}

/** One viewer of one run: its id in the access log and what its page reported. */
export interface Viewer {
  readonly id: string;
  readonly report: ViewerReport;
}

/** A line of the origin's access log, as far as the bench uses it. */
export interface MediaRequest {
  readonly viewer: string;
  /** URL path without query. */
  readonly path: string;
  /** Body bytes that were sent, whether or not the request was aborted later. */
  readonly bytes: number;
}

/** One line of the result file. Averages are over viewers. */
export interface Result {
  readonly scenario: string;
  readonly player: string;
  readonly viewers: number;
  /** Origin bytes / distinct bytes handed to players. */
  readonly originCopies: number;
  /** The same without each viewer's first segment. */
  readonly steadyCopies: number;
  /** 1 - origin bytes / bytes handed to players. */
  readonly offload: number;
  readonly offloadBound: number;
  readonly startupMs: readonly number[];
  /** Sum over viewers. */
  readonly stallMs: number;
  readonly latencyS: readonly number[];
  /** Data channel bytes received, control included. */
  readonly p2pBytes: number;
  readonly originBytes: number;
  /** One entry a viewer: the average level on screen, and the list. */
  readonly levels: readonly { readonly average: number; readonly played: readonly number[] }[];
  /** Sum over viewers, each one's first level not counted. */
  readonly levelSwitches: number;
  /** Jain's fairness index of data channel bytes sent, control included; null where next to nothing was sent. */
  readonly jain: number | null;
  /** Only in `goodput`: received by the last viewer while data flowed, and a bare RTCDataChannel's in the same run, bit/s. */
  readonly goodputBps?: number;
  readonly bareBps?: number;
}
