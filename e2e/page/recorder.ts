import type Hls from "hls.js";
import type { FragmentLoaderConstructor, FragmentLoaderContext, HlsConfig } from "hls.js";

/** One file, or range of one, as hls.js was handed it. */
export interface Handed {
  readonly path: string;
  /** Byte range, end exclusive; both 0 for a whole file. */
  readonly rangeStart: number;
  readonly rangeEnd: number;
  readonly sha256: string;
  readonly bytes: number;
  /** -1: an initialization segment. */
  readonly sequence: number;
  readonly level: number;
  readonly type: string;
  readonly atMs: number;
}

/** Records every payload at the border between the loader, whoever's it is, and hls.js. */
export class Recorder {
  readonly #handed: Promise<Handed>[] = [];

  handed(): Promise<Handed[]> {
    return Promise.all(this.#handed);
  }

  /** Must be outermost: `fLoader` is the one that Shoal has wrapped, if it has. */
  wrap(fLoader: FragmentLoaderConstructor): FragmentLoaderConstructor {
    const take = (context: FragmentLoaderContext, data: ArrayBuffer): void => void this.#handed.push(describe(context, data));
    const Recording = function (config: HlsConfig) {
      const loader = new fLoader(config);
      const load = loader.load.bind(loader);
      loader.load = (context, configuration, callbacks) => {
        const onSuccess: typeof callbacks.onSuccess = (response, ...rest) => {
          // Hashed before hls.js's worker takes the buffer away.
          if (response.data instanceof ArrayBuffer) take(context, response.data);
          callbacks.onSuccess(response, ...rest);
        };
        load(context, configuration, { ...callbacks, onSuccess });
      };
      return loader;
    };
    return Recording as unknown as FragmentLoaderConstructor;
  }
}

/** The page's Hls class, each of whose instances has a recorder; whoever wraps the class later does so around this. */
export function recordingHls(original: typeof Hls, onMade: (hls: Hls, recorder: Recorder) => void): typeof Hls {
  return new Proxy(original, {
    construct(target, [config = {}, ...rest]: [Partial<HlsConfig>?, ...unknown[]], newTarget) {
      const recorder = new Recorder();
      const loader = config.fLoader ?? (target.DefaultConfig.loader as unknown as FragmentLoaderConstructor);
      const hls = Reflect.construct(target, [{ ...config, fLoader: recorder.wrap(loader) }, ...rest], newTarget) as Hls;
      onMade(hls, recorder);
      return hls;
    },
  });
}

async function describe(context: FragmentLoaderContext, data: ArrayBuffer): Promise<Handed> {
  const { frag, url, rangeStart = 0, rangeEnd = 0 } = context;
  const atMs = performance.now();
  const bytes = data.byteLength;
  const digest = await crypto.subtle.digest("SHA-256", data);
  const sha256 = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return {
    path: decodeURIComponent(new URL(url).pathname), rangeStart, rangeEnd, sha256, bytes, atMs,
    sequence: typeof frag.sn === "number" ? frag.sn : -1, level: frag.level, type: frag.type,
  };
}
