import type { FragmentLoaderConstructor, FragmentLoaderContext, HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration, LoaderStats } from "hls.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FragmentLoader, type SegmentSource, type Want } from "../src/hls/fragment-loader.js";
import { refOf } from "../src/hls/identity.js";
import type { Delivery } from "../src/protocol/contract.js";
import type { TrackId } from "../src/protocol/ids.js";

const REF = refOf(7 as TrackId, 3, { url: "https://a.example/3.ts", rangeStart: 0, rangeEnd: 0 });
const DELIVERY: Delivery = { originBytes: 0, peerBytes: 6, storeBytes: 0, wantedMs: 5_000, firstByteMs: 5_100, completeMs: 5_200, throughputBps: 8_000, originTtfbMs: 20 };
const CONFIG = { loadPolicy: { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 30_000, timeoutRetry: null, errorRetry: null } } as LoaderConfiguration;

/** hls.js's own loader, in memory. */
class PlainLoader implements Loader<FragmentLoaderContext> {
  static made: PlainLoader[] = [];
  context: FragmentLoaderContext | null = null;
  stats: LoaderStats = {
    aborted: false, loaded: 0, retry: 0, total: 0, chunkCount: 0, bwEstimate: 0,
    loading: { start: 0, first: 0, end: 0 }, parsing: { start: 0, end: 0 }, buffering: { start: 0, first: 0, end: 0 },
  };
  callbacks: LoaderCallbacks<FragmentLoaderContext> | undefined;
  destroyed = false;
  constructor() { PlainLoader.made.push(this); }
  load(context: FragmentLoaderContext, _config: LoaderConfiguration, callbacks: LoaderCallbacks<FragmentLoaderContext>): void {
    if (this.stats.loading.start) throw new Error("Loader can only be used once.");
    this.context = context;
    this.callbacks = callbacks;
    this.stats.loading.start = performance.now();
  }
  abort(): void { this.stats.aborted = true; this.callbacks?.onAbort?.(this.stats, this.context!, null); }
  destroy(): void { this.destroyed = true; }
  getCacheAge(): number { return 12; }
  getResponseHeader(): string { return "x"; }
}

function setUp({ located = true }: { located?: boolean } = {}) {
  const wants: Want[] = [];
  const unwanted: Want[] = [];
  const state = { busy: false, bufferS: 20, broken: false };
  const source: SegmentSource = {
    locate: () => {
      if (state.broken) throw new Error("a bug");
      return located ? { kind: "main", segment: { ref: REF, startS: 12, durationS: 4 } } : undefined;
    },
    want: (want) => void wants.push(want),
    unwant: (want) => void unwanted.push(want),
    originBusy: () => state.busy,
    bufferS: () => state.bufferS,
    estimateBps: () => 500_000,
  };
  const fallbacks: string[] = [];
  let bypassed = 0;
  const host = {
    source: () => source, userLoader: undefined,
    onFallback: (_config: HlsConfig, code: string) => void fallbacks.push(code),
    onBypassed: (_config: HlsConfig, bytes: number) => void (bypassed += bytes),
  };
  const loader = new FragmentLoader(host, { loader: PlainLoader as unknown as HlsConfig["loader"] } as HlsConfig);
  const log: unknown[][] = [];
  const callbacks: LoaderCallbacks<FragmentLoaderContext> = {
    onSuccess: (response, stats) => { log.push(["success", response, stats]); loader.destroy(); },
    onError: (error) => { log.push(["error", error]); loader.destroy(); },
    onTimeout: () => { log.push(["timeout"]); loader.destroy(); },
    onAbort: (stats) => { log.push(["abort", stats.aborted]); loader.destroy(); },
    onProgress: (_stats, _context, data) => log.push(["progress", data]),
  };
  const context = { url: "https://a.example/3.ts?token=x", responseType: "arraybuffer", frag: { type: "main" }, part: null, rangeStart: 0, rangeEnd: 0, headers: {} } as unknown as FragmentLoaderContext;
  const load = (): void => loader.load(context, CONFIG, callbacks);
  return { loader, load, wants, unwanted, state, log, fallbacks, context, callbacks, plain: () => PlainLoader.made.at(-1)!, bypassed: () => bypassed };
}

beforeEach(() => {
  vi.useFakeTimers({ now: 0, toFake: ["setTimeout", "clearTimeout", "performance"] });
  vi.advanceTimersByTime(5_000);
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe("fragment loader", () => {
  it("hands hls.js one copy of the payloads and the same stats object", async () => {
    const t = setUp();
    const stats = t.loader.stats;
    t.load();
    const stored = new Uint8Array([1, 2, 3]);
    t.wants[0]!.onDelivered([stored, new Uint8Array([4, 5, 6])], DELIVERY);
    expect(t.log).toEqual([]); // never from inside load()
    await undefined;
    const [, [kind, response, given]] = t.log as [unknown[], [string, { data: ArrayBuffer; code: number; url: string }, LoaderStats]];
    expect(kind).toBe("success");
    expect([...new Uint8Array(response.data)]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(response).toMatchObject({ code: 200, url: "https://a.example/3.ts?token=x" });
    expect(given).toBe(stats);
    expect(stats).toMatchObject({ loaded: 6, total: 6, aborted: false });
    structuredClone(response.data, { transfer: [response.data] });
    expect(stored.byteLength).toBe(3);
  });

  it("reports the origin's own status, never an invented one", async () => {
    const t = setUp();
    t.load();
    t.wants[0]!.onFailed(503, false);
    await undefined;
    expect(t.log).toEqual([["error", { code: 503, text: "" }]]);
  });

  it("tells a timed-out origin as a time-out", async () => {
    const t = setUp();
    t.load();
    t.wants[0]!.onFailed(0, true);
    await undefined;
    expect(t.log).toEqual([["timeout"]]);
  });

  it("aborts at any time: before the answer, and between answer and callback", async () => {
    const t = setUp();
    t.load();
    t.loader.abort();
    expect(t.log).toEqual([["abort", true]]);
    expect(t.unwanted).toEqual(t.wants);

    const u = setUp();
    u.load();
    u.wants[0]!.onDelivered([new Uint8Array(1)], DELIVERY);
    u.loader.abort();
    await undefined;
    expect(u.log).toEqual([["abort", true]]);
  });

  it("calls nothing after destroy", async () => {
    const t = setUp();
    t.load();
    t.wants[0]!.onDelivered([new Uint8Array(1)], DELIVERY);
    t.loader.destroy();
    t.wants[0]!.onAbandoned();
    await undefined;
    expect(t.log).toEqual([]);
    expect(t.plain().destroyed).toBe(true);
    expect(t.plain().context).toBeNull();
  });

  it("leaves what is not Shoal's to hls.js's own loader, and counts its bytes", () => {
    const t = setUp({ located: false });
    t.load();
    const plain = t.plain();
    expect(plain.context).toBe(t.context);
    expect(plain.stats).toBe(t.loader.stats);
    plain.stats.loaded = 77;
    expect(t.loader.getCacheAge()).toBe(12);
    plain.callbacks!.onSuccess({ url: "", data: new ArrayBuffer(77), code: 200 }, plain.stats, t.context, null);
    expect(t.bypassed()).toBe(77);
    expect(t.fallbacks).toEqual([]);
  });

  it("a bug of Shoal's falls back to hls.js's own loader and is counted", () => {
    const t = setUp();
    t.state.broken = true;
    t.load();
    expect(t.plain().context).toBe(t.context);
    expect(t.fallbacks).toEqual(["loader-exception"]);
    t.loader.destroy();
  });

  it("a bug while delivering falls back; an exception of hls.js's own does not", async () => {
    const t = setUp();
    t.load();
    t.wants[0]!.onDelivered(undefined as unknown as Uint8Array[], DELIVERY);
    await undefined;
    expect(t.fallbacks).toEqual(["loader-exception"]);
    expect(t.plain().context).toBe(t.context);
    t.loader.destroy();
  });

  it("gives an abandoned request to hls.js's own loader", async () => {
    const t = setUp();
    t.load();
    t.wants[0]!.onAbandoned();
    await undefined;
    expect(t.plain().context).toBe(t.context);
    t.loader.destroy();
    expect(t.fallbacks).toEqual(["want-abandoned"]);
  });
});

describe("fragment loader: the time-outs of hls.js's policy", () => {
  it("strikes when the origin was asked and gives no first byte in time", () => {
    const t = setUp();
    t.load();
    t.state.busy = true;
    vi.advanceTimersByTime(9_999);
    expect(t.log).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(t.log).toEqual([["timeout"]]);
    expect(t.unwanted).toEqual(t.wants);
  });

  it("lets Shoal wait for neighbours while there is media in the buffer", () => {
    const t = setUp();
    t.load();
    vi.advanceTimersByTime(20_000);
    expect(t.log).toEqual([]);
    t.loader.destroy();
  });

  it("takes hls.js's own loader when nobody fetches and the buffer runs low", () => {
    const t = setUp();
    t.load();
    vi.advanceTimersByTime(12_000);
    t.state.bufferS = 2;
    vi.advanceTimersByTime(500);
    expect(t.fallbacks).toEqual(["want-late"]);
    expect(t.plain().context).toBe(t.context);
    t.loader.destroy();
  });

  it("bounds the whole load after the first byte", () => {
    const t = setUp();
    t.load();
    vi.advanceTimersByTime(4_000);
    t.wants[0]!.onProgress(10, 100);
    vi.advanceTimersByTime(25_999);
    expect(t.log).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(t.log).toEqual([["timeout"]]);
  });

  it("an infinite limit is no limit", () => {
    const t = setUp();
    const policy = { loadPolicy: { maxTimeToFirstByteMs: Infinity, maxLoadTimeMs: Infinity, timeoutRetry: null, errorRetry: null } } as LoaderConfiguration;
    t.loader.load(t.context, policy, t.callbacks);
    t.state.busy = true;
    vi.advanceTimersByTime(1_000_000);
    expect(t.log).toEqual([]);
    t.loader.destroy();
  });
});

describe("fragment loader: statistics while loading", () => {
  it("never shows loaded equal to total before the end, since hls.js takes that for the end", () => {
    const t = setUp();
    t.load();
    t.wants[0]!.onProgress(100, 100);
    expect(t.loader.stats.loaded).not.toBe(t.loader.stats.total);
    t.loader.destroy();
  });

  it("uses the page's own fLoader as fallback where it set one", () => {
    const own: unknown[] = [];
    class OwnLoader extends PlainLoader { constructor() { super(); own.push(this); } }
    const host = { source: () => undefined, userLoader: OwnLoader as unknown as FragmentLoaderConstructor, onFallback: () => {}, onBypassed: () => {} };
    new FragmentLoader(host, { loader: PlainLoader as unknown as HlsConfig["loader"] } as HlsConfig);
    expect(own).toHaveLength(1);
  });
});
