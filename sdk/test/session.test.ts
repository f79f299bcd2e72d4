import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TrackId, WantId } from "../src/protocol/ids.js";
import { INIT_SEQUENCE } from "../src/protocol/segment.js";
import { stubBrowser, VOD } from "./hls-in-node.js";
import { PEER, sessionWorld } from "./session-world.js";

const MASTER = "https://cdn.example/vod/master.m3u8?token=me";

beforeEach(() => {
  stubBrowser();
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function loadedWorld(...setting: Parameters<typeof sessionWorld> | []) {
  const world = sessionWorld(setting[0] ?? VOD, setting[1]);
  world.hls.loadSource(MASTER);
  await vi.advanceTimersByTimeAsync(300);
  return world;
}

describe("session: playlists", () => {
  it("joins the tracker when the player has its first segment, or soon anyway, under a name without tokens", async () => {
    const world = sessionWorld(VOD);
    world.hls.loadSource(MASTER);
    await vi.advanceTimersByTimeAsync(0);
    expect(world.joins).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(world.joins).toMatchObject([{ swarm: "swarm of https://cdn.example/vod/master.m3u8", channel: "https://cdn.example/vod/master.m3u8", serves: true }]);
    world.hls.destroy();
  });

  it("tells the engine the segments on hls.js's timeline", async () => {
    const world = await loadedWorld();
    const [playlist] = world.engine.all("playlist");
    expect(playlist).toMatchObject({ kind: "main", live: false, bandwidthBps: 1_000_000 });
    expect(playlist!.segments.map(({ ref, startS, durationS }) => [ref.sequence, startS, durationS])).toEqual([[0, 0, 4], [1, 4, 4], [2, 8, 4]]);
    world.hls.destroy();
  });

  it("names byte ranges of one file apart, knows their sizes, and fetches them in the file", async () => {
    const files = {
      ...VOD,
      "/vod/360/index.m3u8": ["#EXTM3U", "#EXT-X-VERSION:4", "#EXT-X-TARGETDURATION:4", "#EXTINF:4,", "#EXT-X-BYTERANGE:1000@0", "all.ts", "#EXTINF:4,", "#EXT-X-BYTERANGE:500@1000", "all.ts", "#EXT-X-ENDLIST", ""].join("\n"),
      "/vod/360/all.ts": new Uint8Array(1500).map((_, i) => i),
    };
    const world = await loadedWorld(files);
    const { segments } = world.engine.all("playlist")[0]!;
    expect(segments.map((segment) => segment.sizeBytes)).toEqual([1000, 500]);
    expect(segments[0]!.ref.variant).not.toBe(segments[1]!.ref.variant);
    expect(world.fetched[0]).toMatchObject({ within: { start: 0, end: 1000 } });
    expect(world.loaded[0]!.data).toEqual(files["/vod/360/all.ts"].slice(0, 1000));
    world.hls.destroy();
  });

  it("asks for an initialization segment as urgently as for what is played", async () => {
    const files = {
      ...VOD,
      "/vod/360/index.m3u8": ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:4", '#EXT-X-MAP:URI="init.mp4"', "#EXTINF:4,", "0.ts", "#EXT-X-ENDLIST", ""].join("\n"),
      "/vod/360/init.mp4": new Uint8Array(700),
    };
    const world = await loadedWorld(files);
    expect(world.engine.all("want").map((want) => want.segment.ref.sequence)).toContain(INIT_SEQUENCE);
    world.hls.destroy();
  });

  it("does not share what one playlist gives two addresses under one name", async () => {
    const files = { ...VOD, "/vod/360/index.m3u8": ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:4", '#EXT-X-MAP:URI="i.mp4?a"', "#EXTINF:4,", "0.ts", "#EXT-X-DISCONTINUITY", '#EXT-X-MAP:URI="i.mp4?b"', "#EXTINF:4,", "1.ts", "#EXT-X-ENDLIST", ""].join("\n"), "/vod/360/i.mp4": new Uint8Array(9) };
    const world = await loadedWorld(files);
    expect(world.engine.all("want").some((want) => want.segment.ref.sequence === INIT_SEQUENCE)).toBe(false);
    expect(world.requests.some((url) => url.endsWith("i.mp4?a"))).toBe(true);
    world.hls.destroy();
  });
});

describe("session: what is left out of identity", () => {
  it("CMCD is sent to the origin and is no part of a segment's name", async () => {
    const plain = await loadedWorld();
    const world = await loadedWorld(VOD, { hls: { cmcd: { sessionId: "s", contentId: "c" } } });
    expect(world.fetched[0]!.url).toMatch(/0\.ts\?token=me&CMCD=/);
    expect(world.engine.all("want")[0]!.segment.ref).toEqual(plain.engine.all("want")[0]!.segment.ref);
    plain.hls.destroy();
    world.hls.destroy();
  });

  it("separate audio is a track of its own", async () => {
    const media = (name: string): string => ["#EXTM3U", "#EXT-X-TARGETDURATION:4", "#EXTINF:4,", `${name}0.ts`, "#EXT-X-ENDLIST", ""].join("\n");
    const world = await loadedWorld({
      "/vod/master.m3u8": ["#EXTM3U", '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="audio.m3u8"', '#EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO="a"', "video.m3u8", ""].join("\n"),
      "/vod/video.m3u8": media("v"), "/vod/audio.m3u8": media("a"), "/vod/v0.ts": new Uint8Array(9), "/vod/a0.ts": new Uint8Array(8),
    });
    const playlists = world.engine.all("playlist");
    expect(playlists.map(({ kind }) => kind).sort()).toEqual(["audio", "main"]);
    expect(new Set(playlists.map(({ track }) => track)).size).toBe(2);
    world.hls.destroy();
  });
});

describe("session: delivery", () => {
  it("hls.js gets the origin's bytes, fetched with the viewer's own token", async () => {
    const world = await loadedWorld();
    expect(world.fetched[0]!.url).toBe("https://cdn.example/vod/360/0.ts?token=me");
    expect(world.loaded[0]!.data).toEqual(VOD["/vod/360/0.ts"]);
    expect(world.requests.some((url) => url.includes(".ts"))).toBe(false);
    expect(world.events.find(({ event }) => event === "segment")!.detail).toMatchObject({ sequence: 0, originBytes: 40_000, durationS: 4 });
    expect(world.player.session!.stats()).toMatchObject({ mode: "p2p", playedBytes: 40_000, originBytes: 40_000 });
    world.hls.destroy();
  });

  it("an origin that says no is an HTTP error to hls.js, as without Shoal", async () => {
    const { "/vod/360/0.ts": _gone, ...files } = VOD;
    const world = sessionWorld(files);
    const codes: (number | undefined)[] = [];
    world.hls.on("hlsError" as Parameters<typeof world.hls.on>[0], ((_event: string, data: { response?: { code: number } }) => codes.push(data.response?.code)) as never);
    world.hls.loadSource(MASTER);
    await vi.advanceTimersByTimeAsync(300);
    expect(codes[0]).toBe(404);
    world.hls.destroy();
  });

  it("never enters the engine again before its effects are carried out", async () => {
    const world = await loadedWorld();
    world.up();
    // This transport connects inside connect(): the input it makes has to wait.
    world.engine.emit({ type: "connect", peer: PEER });
    world.engine.emit({ type: "find-peers", count: 3, except: [] });
    world.tracker!.onPeers({ ok: true, peers: [], size: 2 });
    expect(world.engine.all("connected")).toHaveLength(1);
    expect(world.calls.indexOf("find")).toBeGreaterThan(-1);
    expect(world.player.session!.stats().errors).toEqual({});
    world.hls.destroy();
  });

  it("keeps one timer for the engine's clock", async () => {
    const world = await loadedWorld();
    world.engine.timeoutMs = performance.now() + 700;
    world.tracker!.onPeers({ ok: true, peers: [], size: 2 });
    await vi.advanceTimersByTimeAsync(690);
    expect(world.engine.ticks).toBe(0);
    await vi.advanceTimersByTimeAsync(10);
    expect(world.engine.ticks).toBe(1);
    world.hls.destroy();
  });

  it("answers a hash effect with the hash", async () => {
    const world = await loadedWorld();
    const { ref } = world.engine.all("playlist")[0]!.segments[0]!;
    world.engine.emit({ type: "hash", segment: ref, chunk: 2, token: 9, payload: new Uint8Array(3) });
    world.tracker!.onPeers({ ok: true, peers: [], size: 2 });
    await vi.advanceTimersByTimeAsync(0);
    expect(world.engine.all("hashed")).toMatchObject([{ chunk: 2, token: 9, hash: "0".repeat(32) }]);
    world.hls.destroy();
  });

  it("a fetch for a segment it has no address of fails like a network error", async () => {
    const world = await loadedWorld();
    const { ref } = world.engine.all("playlist")[0]!.segments[0]!;
    world.engine.emit({ type: "fetch", fetch: 99 as never, segment: { ...ref, id: "nobody's" }, range: undefined, reason: "slice" });
    world.tracker!.onPeers({ ok: true, peers: [], size: 2 });
    expect(world.engine.all("origin-failed")).toMatchObject([{ fetch: 99, status: 0 }]);
    world.hls.destroy();
  });

  it("a message the parser refuses is an input, not an exception", async () => {
    const world = await loadedWorld();
    world.transport!.onMessage(PEER, Uint8Array.of(0, 9, 1));
    expect(world.engine.all("malformed")).toMatchObject([{ peer: PEER, reason: "frame cut short" }]);
    world.hls.destroy();
  });
});

describe("session: what goes wrong stays invisible to the viewer", () => {
  it("a bug in the engine: hls.js's own loader takes over, now and from then on", async () => {
    const world = sessionWorld(VOD);
    world.hls.loadSource(MASTER);
    await vi.advanceTimersByTimeAsync(0);
    world.engine.broken = true;
    await vi.advanceTimersByTimeAsync(300);
    expect(world.loaded[0]!.data).toEqual(VOD["/vod/360/0.ts"]);
    expect(world.player.session!.stats()).toMatchObject({ mode: "origin-only", reason: "internal-error", playedBytes: 40_000, originBytes: 40_000 });
    expect(world.calls).toContain("origin destroyed");
    world.hls.destroy();
  });

  it.each(["no-webrtc", "insecure-context"] as const)("%s: plays like plain hls.js and says so in the stats", async (unsupported) => {
    const world = await loadedWorld(VOD, { unsupported });
    expect(world.loaded[0]!.data).toEqual(VOD["/vod/360/0.ts"]);
    expect(world.engines).toEqual([]);
    expect(world.joins).toEqual([]);
    expect(world.player.session!.stats()).toMatchObject({ mode: "origin-only", reason: unsupported, originBytes: 40_000 });
    world.hls.destroy();
  });

  it("the tracker down: plays on, says so in the stats, and warns the page once", async () => {
    const world = await loadedWorld();
    world.tracker!.onDown("connection refused");
    world.tracker!.onDown("connection refused");
    expect(world.player.session!.stats()).toMatchObject({ mode: "origin-only", reason: "tracker-down: connection refused", tracker: "down", errors: { "tracker-down": 2 } });
    expect(world.events.filter(({ event }) => event === "warning")).toHaveLength(1);
    expect(world.loaded).toHaveLength(1);
    world.up({ size: 4 });
    expect(world.player.session!.stats()).toMatchObject({ mode: "p2p", tracker: "connected", swarmSize: 4 });
    world.hls.destroy();
  });

  it("tells the tracker of live tracks when it is joined, whenever they change, and again when it is back; seats go to the engine", async () => {
    const world = sessionWorld(VOD);
    world.hls.loadSource(MASTER);
    await vi.advanceTimersByTimeAsync(0);
    const status = { type: "live-status", tracks: [7 as TrackId], willing: true, uplinkBps: undefined } as const;
    world.engine.emit(status);
    world.engine.handle({ type: "awake", awake: true });
    await vi.advanceTimersByTimeAsync(1_500);
    world.up();
    world.engine.emit({ ...status, uplinkBps: 3e6 });
    world.tracker!.onSeats({ track: 7, seats: [{ slice: 2, copy: 1 }], of: 2 });
    world.tracker!.onDown("gone");
    world.up();
    const sent = { tracks: [7], willing: true };
    expect(world.lives.map((live) => ({ ...live }))).toEqual(expect.arrayContaining([{ ...sent, uplinkBps: null }, { ...sent, uplinkBps: 3e6 }]));
    expect(world.lives.at(-1)).toEqual({ ...sent, uplinkBps: 3e6 });
    expect(world.engine.all("seats")).toEqual([{ type: "seats", track: 7, seats: [{ slice: 2, copy: 1 }], of: 2 }]);
    world.hls.destroy();
  });

  it("tells the engine whether the page is awake, until the end", async () => {
    const world = await loadedWorld();
    world.awake!(false);
    expect(world.engine.all("awake")).toEqual([{ type: "awake", awake: false }]);
    world.hls.destroy();
    expect(world.calls).toContain("wakefulness destroyed");
  });

  it("has hls.js load a live playlist again when the engine wants to know what is new, and no other", async () => {
    const live = { ...VOD, "/vod/360/index.m3u8": ["#EXTM3U", "#EXT-X-TARGETDURATION:4", ...[0, 1, 2].flatMap((i) => ["#EXTINF:4,", `${i}.ts?token=me`]), ""].join("\n") };
    const world = await loadedWorld(live);
    const loads = (): number => world.requests.filter((url) => url.includes("index.m3u8")).length;
    const before = loads();
    const { track } = world.engine.all("playlist")[0]!;
    world.engine.emit({ type: "reload-playlist", track: 1 as TrackId });
    world.awake!(true);
    await vi.advanceTimersByTimeAsync(10);
    expect(loads()).toBe(before);
    world.engine.emit({ type: "reload-playlist", track });
    world.awake!(true);
    await vi.advanceTimersByTimeAsync(10);
    expect(loads()).toBe(before + 1);
    world.hls.destroy();
  });

  it("does not upload when told not to", async () => {
    const world = await loadedWorld(VOD, { options: { upload: false } });
    expect(world.joins[0]!.serves).toBe(false);
    world.hls.destroy();
  });
});

describe("session: life", () => {
  it("reports statistics as often as the tracker asks, while connected", async () => {
    const world = await loadedWorld();
    world.up({ statIntervalMs: 10_000 });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(world.reports).toBe(3);
    world.tracker!.onDown("gone");
    await vi.advanceTimersByTimeAsync(30_000);
    expect(world.reports).toBe(3);
    world.hls.destroy();
  });

  it("another stream in the same Hls instance is another session", async () => {
    const world = await loadedWorld();
    await vi.advanceTimersByTimeAsync(1_500);
    world.hls.loadSource("https://cdn.example/other/master.m3u8");
    await vi.advanceTimersByTimeAsync(1_500);
    expect(world.joins.map((join) => join.swarm)).toEqual(["swarm of https://cdn.example/vod/master.m3u8", "swarm of https://cdn.example/other/master.m3u8"]);
    expect(world.calls.filter((call) => call === "tracker destroyed")).toHaveLength(1);
    world.hls.destroy();
  });

  it("leaves no timer and no connection after hls.destroy(), in mid-load", async () => {
    const world = sessionWorld(VOD);
    world.hls.loadSource(MASTER);
    await vi.advanceTimersByTimeAsync(3);
    world.up();
    world.engine.timeoutMs = performance.now() + 5_000;
    world.tracker!.onPeers({ ok: true, peers: [], size: 2 });
    world.hls.destroy();
    await vi.advanceTimersByTimeAsync(1);
    expect(vi.getTimerCount()).toBe(0);
    expect(world.calls).toEqual(expect.arrayContaining(["tracker destroyed", "transport destroyed", "origin destroyed", "ended"]));
    const handled = world.engine.inputs.length;
    world.tracker!.onPeers({ ok: true, peers: [], size: 2 });
    world.transport!.onConnected(PEER);
    expect(world.engine.inputs).toHaveLength(handled);
  });

  it("after leaving the swarm hls.js goes on by itself, with the request under way too", async () => {
    const world = sessionWorld(VOD);
    world.hls.loadSource(MASTER);
    while (world.fetched.length === 0) await vi.advanceTimersToNextTimerAsync();
    const session = world.player.session!;
    world.player.leave();
    await vi.advanceTimersByTimeAsync(10);
    expect(world.loaded[0]!.data).toEqual(VOD["/vod/360/0.ts"]);
    expect(world.requests).toContain("https://cdn.example/vod/360/0.ts?token=me");
    expect(session.stats().reason).toBe("destroyed");
    world.hls.destroy();
  });

  it("comes back to a stream whose playlists are loaded already", async () => {
    const world = await loadedWorld();
    world.player.leave();
    world.player.enter();
    await vi.advanceTimersByTimeAsync(0);
    expect(world.engines).toHaveLength(2);
    expect(world.engine.all("playlist")[0]!.segments).toHaveLength(3);
    world.hls.destroy();
  });

  it("ignores effects for requests that are gone", async () => {
    const world = await loadedWorld();
    world.engine.emit({ type: "deliver", want: 77 as WantId, payloads: [], delivery: { originBytes: 0, peerBytes: 0, storeBytes: 0, wantedMs: 0, firstByteMs: 0, completeMs: 0, throughputBps: 0, originTtfbMs: 0 } });
    world.engine.emit({ type: "fail", want: 78 as WantId, status: 500, timedOut: false });
    world.tracker!.onPeers({ ok: true, peers: [], size: 2 });
    expect(world.player.session!.stats().errors).toEqual({});
    world.hls.destroy();
  });
});

describe("session: with a content key", () => {
  const contentKey = "A".repeat(43);

  it("checks what hls.js's own loader brings, even where nothing can be shared", async () => {
    const world = await loadedWorld(VOD, { options: { contentKey }, unsupported: "no-webrtc" });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(world.loaded).toEqual([]);
    expect(world.events.filter(({ event }) => event === "refused")).toMatchObject([{ detail: { code: "no-manifest" } }]);
    world.hls.destroy();
  });

  it("plays nothing when the part that can check is not to be had, and says so once", async () => {
    const world = await loadedWorld(VOD, { options: { contentKey }, loadTrust: () => Promise.reject(new Error("404")) });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(world.loaded).toEqual([]);
    expect(world.events.filter(({ event }) => event === "refused")).toMatchObject([{ detail: { code: "not-loaded" } }]);
    world.hls.destroy();
  });
});
