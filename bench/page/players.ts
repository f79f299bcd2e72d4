import Hls, { type HlsConfig } from "hls.js";
import { HlsJsP2PEngine } from "p2p-media-loader-hlsjs";
import { Shoal } from "shoal";
import type { PlayerName, ViewerOptions } from "../src/contract.js";

/** What the bench asks of a player; everything else is measured outside it. */
export interface Player {
  /** Makes the Hls instance and starts loading. Returned so that the observer can listen from its first event on. */
  start(video: HTMLVideoElement, src: string, observe: (hls: Hls) => void): void;
  /** The player's own figures, for the trace only. */
  stats(): unknown;
}

export function makePlayer(name: PlayerName, options: ViewerOptions): Player {
  switch (name) {
    case "hls.js":
      return plainHls(options);
    case "p2p-media-loader":
      return p2pMediaLoader(options, {});
    case "p2p-media-loader-strong":
      // Its strongest set-up: waits this long for peers before it asks the origin for anything.
      return p2pMediaLoader(options, { httpDownloadInitialTimeoutMs: 3000 });
    case "shoal":
      return shoalPlayer(options);
  }
}

function plainHls(options: ViewerOptions): Player {
  return {
    start: (video, src, observe) => play(new Hls(options.hlsConfig as Partial<HlsConfig>), video, src, observe),
    stats: () => null,
  };
}

function shoalPlayer(options: ViewerOptions): Player {
  let shoal: Shoal | undefined;
  return {
    start(video, src, observe) {
      shoal = new Shoal({ tracker: options.shoalTracker, iceServers: [] });
      play(new Hls(shoal.hlsConfig(options.hlsConfig as Partial<HlsConfig>)), video, src, observe);
    },
    stats: () => shoal?.stats() ?? null,
  };
}

function p2pMediaLoader(options: ViewerOptions, core: { httpDownloadInitialTimeoutMs?: number }): Player {
  const bytes = { http: 0, p2p: 0, uploaded: 0 };
  return {
    start(video, src, observe) {
      const HlsWithP2P = HlsJsP2PEngine.injectMixin(Hls);
      const hls = new HlsWithP2P({
        ...(options.hlsConfig as Partial<HlsConfig>),
        p2p: {
          core: {
            announceTrackers: [options.bittorrentTracker],
            rtcConfig: { iceServers: [] },
            // The default is the playlist's URL with its query, which here tells viewers apart.
            swarmId: src.split("?")[0] ?? src,
            ...core,
          },
          onHlsJsCreated(created) {
            created.p2pEngine.addEventListener("onChunkDownloaded", (count, source) => (bytes[source] += count));
            created.p2pEngine.addEventListener("onChunkUploaded", (count) => (bytes.uploaded += count));
          },
        },
      });
      play(hls, video, src, observe);
    },
    stats: () => bytes,
  };
}

function play(hls: Hls, video: HTMLVideoElement, src: string, observe: (hls: Hls) => void): void {
  observe(hls);
  hls.loadSource(src);
  hls.attachMedia(video);
  // Rejected when the page is closed or the source is torn down while it waits.
  video.play().catch(() => undefined);
}
