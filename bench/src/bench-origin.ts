import { isMedia } from "../../origin/access-log.js";
import { startOrigin } from "../../origin/server.js";
import type { MediaRequest } from "./contract.js";
import { clientBps, clientRttMs, type Scenario, type Stream } from "./scenario.js";

/**
 * Where in a segment's time the first viewer joins: hls.js starts up to a segment earlier or later by it, and its latency
 * differs by as much, so it has to be the same for every player.
 */
const joinPhaseMs = 1_000;

/** The sample origin, shaped for one scenario. */
export interface BenchOrigin {
  /** Playlist URL of one viewer; everything it names carries the same id into the access log. */
  src(viewer: string): string;
  /** Media requests so far, playlists excluded. */
  mediaRequests(): readonly MediaRequest[];
  log(): readonly unknown[];
  /** When segment 0 began to be made, ms since 1970, and how long each lasts; undefined for VoD. */
  readonly live: { readonly beganMs: number; readonly segmentS: number } | undefined;
  /** Milliseconds until a live segment has been out for {@link joinPhaseMs}; 0 for VoD. */
  untilJoinMs(): number;
  close(): Promise<void>;
}

export async function startBenchOrigin(scenario: Scenario): Promise<BenchOrigin> {
  const origin = await startOrigin({
    segmentS: scenario.stream.segmentS,
    shaping: {
      clientBps: scenario.clientBps ?? clientBps,
      latencyMs: clientRttMs,
      ...(scenario.originBps === undefined ? {} : { globalBps: scenario.originBps }),
    },
  });
  const path = playlistPath(scenario.stream);
  const { segmentS } = scenario.stream;
  return {
    src: (viewer) => `${origin.url}${path}?v=${viewer}`,
    mediaRequests: () => origin.log().filter(isMedia).map(({ viewer, path: file, bytesSent }) => ({ viewer, path: file, bytes: bytesSent })),
    log: () => origin.log(),
    live: scenario.stream.type === "live" ? { beganMs: performance.timeOrigin + origin.live.appearsAtMs(0) - 1000 * segmentS, segmentS } : undefined,
    untilJoinMs: () => (scenario.stream.type === "live" ? origin.live.appearsAtMs(origin.live.newest() + 1) + joinPhaseMs - performance.now() : 0),
    close: () => origin.close(),
  };
}

function playlistPath(stream: Stream): string {
  const files = { all: "master.m3u8", highest: "top.m3u8", lowest: "level0.m3u8" } as const;
  if (stream.type === "live") return `/live-w${stream.playlistSegments}/${files[stream.level]}`;
  return `/vod-${stream.segments}/${files[stream.level]}`;
}
