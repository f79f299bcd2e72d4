import type { FragmentLoaderConstructor, FragmentLoaderContext, HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration, LoaderStats } from "hls.js";
import type { Delivery } from "../protocol/contract.js";
import type { SegmentInfo, TrackKind } from "../protocol/segment.js";
import type { LocatedSegment } from "./playlist.js";
import { Throughput } from "./throughput.js";

/** Media that makes waiting for neighbours safe when a time-out of hls.js's policy strikes, s. */
const PATIENCE_S = 3;
/** How soon to look again when it is safe, ms. */
const LOOK_AGAIN_MS = 500;

/** What the loader tells whoever fetches for it, and is told. */
export interface Want {
  readonly kind: TrackKind;
  readonly segment: SegmentInfo;
  /** The request as hls.js made it: the viewer's own URL, headers and CMCD data. */
  readonly context: FragmentLoaderContext;
  onProgress(loadedBytes: number, totalBytes: number): void;
  onDelivered(payloads: readonly Uint8Array[], delivery: Delivery): void;
  onFailed(status: number, timedOut: boolean): void;
  /** Called now and then while the request runs. */
  onTick(): void;
  /** Whoever fetched gives up without an answer: hls.js's own loader takes over. */
  onAbandoned(): void;
}

/** A session as the loader sees it. */
export interface SegmentSource {
  locate(context: FragmentLoaderContext): LocatedSegment | undefined;
  want(want: Want): void;
  unwant(want: Want): void;
  /** Whether a request to the origin runs for this segment. */
  originBusy(want: Want): boolean;
  /** Media ahead of the playhead at the present speed, s. */
  bufferS(): number;
  /** hls.js's bandwidth estimate, bit/s. */
  estimateBps(): number;
}

export interface FragmentLoaderHost {
  /** The session that serves an Hls instance, by its config object; `undefined`: play like plain hls.js. */
  source(config: HlsConfig): SegmentSource | undefined;
  /** The page's own `fLoader`, if it set one; else `config.loader` is the fallback. */
  readonly userLoader: FragmentLoaderConstructor | undefined;
  /** An exception inside Shoal, or a request it did not serve: hls.js's own loader took over. */
  onFallback(config: HlsConfig, code: string, error: unknown): void;
  /** Looks at what hls.js's own loader fetched before hls.js sees it: `undefined` when it may be played, else the HTTP status to fail with. */
  readonly check?: (config: HlsConfig, context: FragmentLoaderContext, data: ArrayBuffer) => Promise<number | undefined>;
  /** Bytes that hls.js's own loader fetched. */
  onBypassed(config: HlsConfig, bytes: number): void;
}

type Callbacks = LoaderCallbacks<FragmentLoaderContext>;

/**
 * One request of hls.js for a media or initialization segment. It behaves like hls.js's XhrLoader, and whenever Shoal
 * cannot serve, hls.js's own loader (with its xhrSetup and fetchSetup) does.
 */
export class FragmentLoader implements Loader<FragmentLoaderContext> {
  context: FragmentLoaderContext | null = null;
  /** hls.js takes this object before `load` and keeps it: shared with the fallback, mutated, never replaced. */
  readonly stats: LoaderStats;
  readonly #host: FragmentLoaderHost;
  readonly #hlsConfig: HlsConfig;
  readonly #fallback: Loader<FragmentLoaderContext>;
  #config: LoaderConfiguration | undefined;
  #callbacks: Callbacks | undefined;
  #running: { readonly source: SegmentSource; readonly want: Want; readonly startMs: number; readonly throughput: Throughput } | undefined;
  #usesFallback = false;
  #firstByte = false;
  #totalBytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #onTimer: (() => void) | undefined;

  constructor(host: FragmentLoaderHost, config: HlsConfig) {
    this.#host = host;
    this.#hlsConfig = config;
    const Fallback = host.userLoader ?? (config.loader as FragmentLoaderConstructor);
    this.#fallback = new Fallback(config);
    this.stats = this.#fallback.stats;
  }

  load(context: FragmentLoaderContext, config: LoaderConfiguration, callbacks: Callbacks): void {
    this.context = context;
    this.#config = config;
    this.#callbacks = callbacks;
    try {
      const source = this.#host.source(this.#hlsConfig);
      const located = source?.locate(context);
      if (source && located) this.#start(source, located, context);
      else this.#fallBack(undefined);
    } catch (error) {
      this.#fallBack("loader-exception", error);
    }
  }

  abort(): void {
    this.#cancel();
    if (this.#usesFallback) this.#fallback.abort();
    else if (this.context) this.#callbacks?.onAbort?.(this.stats, this.context, null);
  }

  destroy(): void {
    this.#cancel();
    this.#callbacks = this.#config = undefined;
    this.context = null;
    this.#fallback.destroy();
  }

  getCacheAge(): number | null {
    return (this.#usesFallback && this.#fallback.getCacheAge?.()) || null;
  }

  getResponseHeader(name: string): string | null {
    return (this.#usesFallback && this.#fallback.getResponseHeader?.(name)) || null;
  }

  #start(source: SegmentSource, located: LocatedSegment, context: FragmentLoaderContext): void {
    const startMs = performance.now();
    /** A handler's result runs outside: it is hls.js's own code, and no reason to fall back. */
    const guarded = <Args extends unknown[]>(handle: (...args: Args) => (() => void) | void) => (...args: Args) => {
      if (this.#running?.want !== want) return;
      let answer: (() => void) | void = undefined;
      try {
        answer = handle(...args);
      } catch (error) {
        this.#fallBack("loader-exception", error);
      }
      answer?.();
    };
    const want: Want = {
      ...located,
      context,
      onProgress: guarded((loadedBytes: number, totalBytes: number) => this.#onProgress(loadedBytes, totalBytes)),
      onTick: guarded(() => this.#observe(this.stats.loaded)),
      // hls.js expects answers after load() has returned; a store hit comes during it.
      onDelivered: (payloads, delivery) => queueMicrotask(guarded(() => this.#onDelivered(payloads, delivery))),
      onFailed: (status, timedOut) => queueMicrotask(guarded(() => this.#onFailed(status, timedOut))),
      onAbandoned: () => queueMicrotask(guarded(() => this.#fallBack("want-abandoned"))),
    };
    this.#onTimer = guarded(() => this.#onTimeUp());
    this.#running = { source, want, startMs, throughput: new Throughput(this.stats, startMs) };
    const { maxTimeToFirstByteMs, maxLoadTimeMs } = this.#config!.loadPolicy;
    this.#arm(maxTimeToFirstByteMs && Number.isFinite(maxTimeToFirstByteMs) ? maxTimeToFirstByteMs : maxLoadTimeMs);
    source.want(want);
    this.#observe(0);
  }

  #onProgress(loadedBytes: number, totalBytes: number): void {
    const running = this.#running;
    if (!running) return;
    this.#totalBytes = totalBytes;
    this.#observe(loadedBytes);
    if (this.#firstByte || loadedBytes === 0) return;
    this.#firstByte = true;
    this.#arm(this.#config!.loadPolicy.maxLoadTimeMs - (performance.now() - running.startMs));
  }

  #observe(loadedBytes: number): void {
    const running = this.#running;
    if (!running) return;
    const { source, want, throughput } = running;
    const lineBound = source.originBusy(want) || source.bufferS() <= want.segment.durationS;
    throughput.observe({ nowMs: performance.now(), loadedBytes, totalBytes: this.#totalBytes, lineBound });
  }

  #onDelivered(payloads: readonly Uint8Array[], delivery: Delivery): (() => void) | void {
    const { context, stats } = this;
    const callbacks = this.#callbacks;
    if (!context || !callbacks) return;
    // hls.js's worker takes ownership of what it gets, so it gets a copy.
    const data = concatenate(payloads);
    const running = this.#running;
    running?.throughput.complete(delivery, { loadedBytes: data.byteLength, nowMs: performance.now(), presentBps: running.source.estimateBps() });
    this.#stop();
    return () => {
      callbacks.onProgress?.(stats, context, data, null);
      callbacks.onSuccess({ url: context.url, data, code: context.rangeEnd ? 206 : 200 }, stats, context, null);
    };
  }

  #onFailed(status: number, timedOut: boolean): (() => void) | void {
    const { context, stats } = this;
    const callbacks = this.#callbacks;
    this.#stop();
    if (!context || !callbacks) return;
    if (!timedOut) return () => callbacks.onError({ code: status, text: "" }, context, null, stats);
    stats.aborted = true;
    return () => callbacks.onTimeout(stats, context, null);
  }

  #arm(delayMs: number): void {
    clearTimeout(this.#timer);
    // A browser takes an infinite delay for 0.
    if (Number.isFinite(delayMs)) this.#timer = setTimeout(() => this.#onTimer?.(), Math.max(0, delayMs));
  }

  /** The time-outs of hls.js's policy judge the origin. Waiting for neighbours on purpose is not its fault. */
  #onTimeUp(): (() => void) | void {
    const running = this.#running;
    if (!running) return;
    const overdue = performance.now() - running.startMs >= this.#config!.loadPolicy.maxLoadTimeMs;
    const busy = running.source.originBusy(running.want);
    if (!overdue && !busy && running.source.bufferS() > PATIENCE_S) return this.#arm(LOOK_AGAIN_MS);
    if (!overdue && !busy) return this.#fallBack("want-late");
    this.#observe(this.stats.loaded);
    running.source.unwant(running.want);
    return this.#onFailed(0, true);
  }

  /** `code`: what went wrong; `undefined` where Shoal has no business with the request. */
  #fallBack(code: string | undefined, error?: unknown): void {
    const { context } = this;
    const config = this.#config;
    const callbacks = this.#callbacks;
    const running = this.#running;
    this.#stop();
    if (code !== undefined) {
      this.#host.onFallback(this.#hlsConfig, code, error);
      try {
        if (running) running.source.unwant(running.want);
      } catch {
        // It is broken already, and counted.
      }
    }
    if (!context || !config || !callbacks || this.#usesFallback) return;
    this.#usesFallback = true;
    // hls.js's loaders refuse a second load by the first field, and take time-outs from the second.
    const { loading } = this.stats;
    loading.start = loading.first = loading.end = this.stats.loaded = this.stats.total = 0;
    const onSuccess: Callbacks["onSuccess"] = (response, stats, ctx, details) => {
      this.#host.onBypassed(this.#hlsConfig, stats.loaded);
      const { check } = this.#host;
      if (!check) return callbacks.onSuccess(response, stats, ctx, details);
      void check(this.#hlsConfig, ctx, response.data as ArrayBuffer).catch(() => 403).then((status) => {
        // Aborted or destroyed meanwhile.
        if (this.#callbacks !== callbacks) return;
        if (status === undefined) {
          callbacks.onProgress?.(stats, ctx, response.data as ArrayBuffer, details);
          callbacks.onSuccess(response, stats, ctx, details);
        } else callbacks.onError({ code: status, text: "not what the publisher signed" }, ctx, details, stats);
      });
    };
    // Bytes that come bit by bit could not be looked at before they are played.
    const { onProgress: _unchecked, ...whole } = callbacks;
    this.#fallback.load(context, config, { ...(this.#host.check ? whole : callbacks), onSuccess });
  }

  #cancel(): void {
    const running = this.#running;
    if (!running) return;
    this.#stop();
    this.stats.aborted = true;
    try {
      running.source.unwant(running.want);
    } catch (error) {
      this.#host.onFallback(this.#hlsConfig, "loader-exception", error);
    }
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running = undefined;
  }
}

function concatenate(payloads: readonly Uint8Array[]): ArrayBuffer {
  const whole = new Uint8Array(payloads.reduce((sum, payload) => sum + payload.byteLength, 0));
  let offset = 0;
  for (const payload of payloads) {
    whole.set(payload, offset);
    offset += payload.byteLength;
  }
  return whole.buffer;
}
