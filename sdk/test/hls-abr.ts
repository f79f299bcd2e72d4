import Hls from "hls.js";
import type { Fragment, HlsConfig, LoaderStats } from "hls.js";
import { Events } from "hls.js";

/** Levels of the stand-in player, bit/s. */
export const BITRATES = [500_000, 1_500_000, 3_000_000] as const;
const SEGMENT_S = 4;

/** hls.js's own AbrController in front of a stand-in player, which only answers what the controller asks. */
export function player({ level, bufferS = 20 }: { level: number; bufferS?: number }) {
  const listeners = new Map<string, (event: string, data: unknown) => void>();
  let nextLoadLevel = level;
  const world = {
    bufferS,
    abandoned: false,
    estimateBps: (): number => abr.bwEstimator.getEstimate(),
    /** Teaches the estimator a line. */
    learn(bps: number): void {
      for (let i = 0; i < 10; i++) abr.bwEstimator.sample(3_000, (bps * 3) / 8);
      abr.bwEstimator.sampleTTFB(50);
    },
    load(at: number): LoaderStats {
      const { frag, stats } = fragment(at);
      current = frag;
      listeners.get(Events.FRAG_LOADING)!(Events.FRAG_LOADING, { frag });
      return stats;
    },
    loaded(): void {
      current!.stats.parsing.end = performance.now();
      listeners.get(Events.FRAG_LOADED)!(Events.FRAG_LOADED, { frag: current, part: null });
      listeners.get(Events.FRAG_BUFFERED)!(Events.FRAG_BUFFERED, { frag: current, part: null });
    },
  };
  let current: Fragment | undefined;
  const silent = (): void => {};
  const hls = {
    config: { ...Hls.DefaultConfig, useMediaCapabilities: false },
    logger: { log: silent, warn: silent, info: silent, debug: silent, trace: silent, error: silent },
    levels: BITRATES.map((bitrate) => ({ bitrate, maxBitrate: bitrate, averageBitrate: bitrate, loadError: 0, fragmentError: 0, details: { live: false, averagetargetduration: SEGMENT_S }, codecSet: "avc1", videoRange: "SDR", frameRate: 30 })),
    allAudioTracks: [], minAutoLevel: 0, maxAutoLevel: 2, firstLevel: 0, autoLevelEnabled: true, latestLevelDetails: { live: false },
    media: { paused: false, playbackRate: 1, readyState: 4 },
    get mainForwardBufferInfo() { return { len: world.bufferS }; },
    get loadLevel() { return nextLoadLevel; },
    set nextLoadLevel(next: number) { nextLoadLevel = next; },
    set nextAutoLevel(_next: number) {},
    on: (event: string, handle: (event: string, data: unknown) => void, context: object) => listeners.set(event, handle.bind(context)),
    off: silent,
    trigger: (event: string) => { if (event === Events.FRAG_LOAD_EMERGENCY_ABORTED) world.abandoned = true; },
  };
  const Controller = Hls.DefaultConfig.abrController as unknown as new (hls: unknown) => InstanceType<HlsConfig["abrController"]>;
  const abr = new Controller(hls);
  return world;
}

function fragment(level: number): { frag: Fragment; stats: LoaderStats } {
  const stats: LoaderStats = {
    aborted: false, loaded: 0, retry: 0, total: 0, chunkCount: 0, bwEstimate: 0,
    loading: { start: 0, first: 0, end: 0 }, parsing: { start: 0, end: 0 }, buffering: { start: 0, first: 0, end: 0 },
  };
  const frag = { level, duration: SEGMENT_S, type: "main", sn: 1, bitrate: BITRATES[level], stats, bitrateTest: false, abortRequests() { stats.aborted = true; } };
  return { frag: frag as unknown as Fragment, stats };
}
