import Hls from "hls.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { assist, assistedHls, runTag, type TagScope, tagOptions } from "../src/script-tag.js";
import { Shoal } from "../src/shoal.js";
import { ShoalError } from "../src/shoal-error.js";
import { stubBrowser, VOD, web } from "./hls-in-node.js";

const TRACKER = "https://tracker.example";

beforeEach(stubBrowser);
afterEach(() => void vi.unstubAllGlobals());

/** Node has no WebRTC: what plays here plays like plain hls.js, which is the point of half of these tests. */
async function play(hls: Hls): Promise<Uint8Array> {
  return new Promise((resolve) => {
    hls.on(Hls.Events.FRAG_LOADED, (_event, { payload }) => {
      resolve(new Uint8Array(payload));
      hls.stopLoad();
    });
    hls.loadSource("https://cdn.example/vod/master.m3u8?token=me");
  });
}

describe("Shoal", () => {
  it.each([
    ["bad-tracker", { tracker: "" }],
    ["bad-tracker", { tracker: "ftp://x" }],
    ["bad-swarm", { tracker: TRACKER, swarm: "" }],
    ["bad-content-key", { tracker: TRACKER, contentKey: "short" }],
    ["bad-upload", { tracker: TRACKER, maxUploadBps: 0 }],
    ["bad-memory", { tracker: TRACKER, memoryBytes: -1 }],
    ["bad-delivery", { tracker: TRACKER, delivery: "pigeon" as never }],
    ["bad-neighbours", { tracker: TRACKER, maxNeighbours: 1.5 }],
  ])("refuses a setting that cannot work: %s", (code, options) => {
    expect(() => new Shoal(options)).toThrow(ShoalError);
    try {
      new Shoal(options);
    } catch (error) {
      expect((error as ShoalError).code).toBe(code);
    }
  });

  it("leaves the page's configuration as it is", () => {
    const shoal = new Shoal({ tracker: TRACKER });
    const mine = { liveSyncDurationCount: 5, maxBufferLength: 12, xhrSetup: () => {} };
    expect(shoal.hlsConfig(mine)).toMatchObject(mine);
    expect(Object.keys(mine)).toEqual(["liveSyncDurationCount", "maxBufferLength", "xhrSetup"]);
    expect(Object.keys(shoal.hlsConfig())).toEqual(["fLoader", "fpsController"]);
    shoal.destroy();
  });

  it("one configuration serves several instances, each with figures of its own", async () => {
    const shoal = new Shoal({ tracker: TRACKER });
    const { loader } = web(VOD);
    const config = shoal.hlsConfig({ loader, startFragPrefetch: true, enableWorker: false });
    const first = new Hls({ ...config });
    const second = new Hls(config);
    const [data] = await Promise.all([play(first), play(second)]);
    expect(data).toEqual(VOD["/vod/360/0.ts"]);
    const stats = shoal.stats();
    expect(stats.players).toHaveLength(2);
    expect(stats.players[0]).toMatchObject({ mode: "origin-only", reason: "no-webrtc", swarm: "https://cdn.example/vod/master.m3u8" });
    expect(stats).toMatchObject({ originBytes: 80_000, peerBytes: 0, playedBytes: 80_000, offload: 0, neighbours: 0 });
    first.destroy();
    expect(shoal.stats().players).toHaveLength(1);
    second.destroy();
    expect(shoal.stats().players).toEqual([]);
    shoal.destroy();
  });

  it("after destroy its Hls instances go on like plain hls.js", async () => {
    const shoal = new Shoal({ tracker: TRACKER });
    const { loader } = web(VOD);
    const hls = new Hls(shoal.hlsConfig({ loader, startFragPrefetch: true, enableWorker: false }));
    shoal.destroy();
    expect(await play(hls)).toEqual(VOD["/vod/360/0.ts"]);
    hls.destroy();
  });

  it("tells a listener until it is taken off, and a listener's mistake reaches nobody else", async () => {
    const shoal = new Shoal({ tracker: TRACKER });
    const { loader } = web(VOD);
    const seen: string[] = [];
    const off = shoal.on("warning", ({ code }) => void seen.push(code));
    const hls = new Hls(shoal.hlsConfig({ loader, startFragPrefetch: true, enableWorker: false }));
    await play(hls);
    off();
    hls.loadSource("https://cdn.example/other.m3u8");
    expect(seen).toEqual(["no-webrtc"]);
    hls.destroy();
    shoal.destroy();
  });
});

describe("script tag", () => {
  it("reads its options from the tag", () => {
    expect(tagOptions({}, undefined)).toEqual({});
    expect(tagOptions({ tracker: TRACKER, swarm: "x", upload: "false" }, undefined)).toEqual({ tracker: TRACKER, swarm: "x", upload: false });
    expect(tagOptions({ tracker: TRACKER, upload: "" }, undefined)).toEqual({ tracker: TRACKER, upload: true });
  });

  it("takes any option from the page's shoalOptions, where the tag does not say otherwise", () => {
    const [consent, ticket] = [async () => true, async () => "a.b.c"];
    expect(tagOptions({ swarm: "tag's" }, { tracker: TRACKER, swarm: "page's", consent, ticket })).toEqual({ tracker: TRACKER, swarm: "tag's", consent, ticket });
    const scope: TagScope = { Hls, shoalOptions: { tracker: TRACKER, consent, memoryBytes: 9 } };
    runTag(scope, {});
    expect(scope.shoal!.options).toEqual({ tracker: TRACKER, consent, memoryBytes: 9 });
    scope.shoal!.destroy();
  });

  it("keeps Hls what it was: static members, instanceof, subclasses, DefaultConfig", () => {
    const shoal = new Shoal({ tracker: TRACKER });
    const Assisted = assistedHls(Hls, shoal);
    const before = Hls.DefaultConfig;
    const hls = new Assisted({ maxBufferLength: 7 });
    expect(hls).toBeInstanceOf(Hls);
    expect(hls).toBeInstanceOf(Assisted);
    expect(hls.config.maxBufferLength).toBe(7);
    expect(hls.config.fLoader).toBeDefined();
    expect(Assisted.isSupported()).toBe(Hls.isSupported());
    expect([Assisted.version, Assisted.Events]).toEqual([Hls.version, Hls.Events]);
    class Mine extends Assisted {}
    expect(new Mine()).toBeInstanceOf(Mine);
    Assisted.DefaultConfig = { ...before, maxBufferLength: 9 };
    expect(new Assisted().config.maxBufferLength).toBe(9);
    Hls.DefaultConfig = before;
    shoal.destroy();
  });

  it("takes an Hls that is there, and one that comes later", () => {
    const shoal = new Shoal({ tracker: TRACKER });
    const early: TagScope = { Hls };
    assist(early, shoal);
    expect(new early.Hls!().config.fLoader).toBeDefined();
    const late: TagScope = {};
    assist(late, shoal);
    expect(late.Hls).toBeUndefined();
    late.Hls = Hls;
    expect(new late.Hls().config.fLoader).toBeDefined();
    // Read and put back, as bundles do.
    const taken = late.Hls;
    late.Hls = taken;
    expect(late.Hls).toBe(taken);
    shoal.destroy();
  });

  it("takes an Hls that a classic script declared with var", () => {
    const shoal = new Shoal({ tracker: TRACKER });
    const scope = Object.defineProperty({}, "Hls", { value: Hls, writable: true, configurable: false }) as TagScope;
    assist(scope, shoal);
    expect(new scope.Hls!().config.fLoader).toBeDefined();
    shoal.destroy();
  });

  it("a page that uses the tag and hlsConfig is assisted once", () => {
    const shoal = new Shoal({ tracker: TRACKER });
    const config = shoal.hlsConfig();
    expect(new (assistedHls(Hls, shoal))(config).config.fLoader).toBe(config.fLoader);
    shoal.destroy();
  });

  it("with a content key that is none no player is left that would play what is not signed", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    for (const configurable of [true, false]) {
      const scope = Object.defineProperty({}, "Hls", { value: Hls, writable: true, configurable }) as TagScope;
      expect(() => runTag(scope, { tracker: TRACKER, contentKey: "short" })).toThrow("contentKey");
      expect(() => new scope.Hls!()).toThrow();
    }
    expect(() => runTag({ Hls }, { contentKey: "A".repeat(43) })).toThrow("data-tracker");
    expect(() => runTag({ Hls, shoalOptions: { contentKey: "A".repeat(43) } }, {})).toThrow("data-tracker");
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it("without a tracker it says so once and leaves Hls alone", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const scope: TagScope = { Hls };
    runTag(scope, {});
    runTag({}, undefined);
    expect(scope.Hls).toBe(Hls);
    expect(warn).toHaveBeenCalledTimes(1);
    runTag(scope, { tracker: "nonsense:" });
    expect(scope.Hls).toBe(Hls);
    expect(warn).toHaveBeenCalledTimes(2);
    warn.mockRestore();
  });
});
