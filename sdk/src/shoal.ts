import type { HlsConfig } from "hls.js";
import type { ShoalOptions } from "./options.js";
import type { ShoalEvents, ShoalStats } from "./stats.js";

/** Peer-assisted delivery for the Hls instances made with {@link Shoal.hlsConfig}. */
export class Shoal {
  constructor(readonly options: ShoalOptions) {}

  /** Whether this browser can exchange chunks with others; where it cannot, streams play like plain hls.js. */
  static isSupported(): boolean {
    throw new Error("not built yet");
  }

  /** The configuration of an Hls instance that delivers through this Shoal: `new Hls(shoal.hlsConfig({ ...yours }))`. */
  hlsConfig(_config: Partial<HlsConfig> = {}): Partial<HlsConfig> {
    throw new Error("not built yet");
  }

  stats(): ShoalStats {
    throw new Error("not built yet");
  }

  /** Calls `listener` on every `event`; the function returned stops that. */
  on<E extends keyof ShoalEvents>(_event: E, _listener: (detail: ShoalEvents[E]) => void): () => void {
    throw new Error("not built yet");
  }

  /** Closes every connection and timer. Hls instances made with it go on like plain hls.js. */
  destroy(): void {
    throw new Error("not built yet");
  }
}
