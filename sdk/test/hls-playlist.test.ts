import type { FragmentLoaderContext } from "hls.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PlaylistReader } from "../src/hls/playlist.js";
import type { Input } from "../src/protocol/contract.js";
import { stubBrowser, VOD } from "./hls-in-node.js";
import { sessionWorld } from "./session-world.js";

const MASTER = "https://cdn.example/live/master.m3u8";

beforeEach(() => {
  stubBrowser();
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function livePlaylist(first: number): string {
  const segments = [0, 1, 2, 3].flatMap((i) => ["#EXTINF:4,", `${first + i}.ts?token=${first}`]);
  return ["#EXTM3U", "#EXT-X-TARGETDURATION:4", `#EXT-X-MEDIA-SEQUENCE:${first}`, ...segments, ""].join("\n");
}

/** A live stream of which every request for the playlist sees one more segment. */
function liveFiles(): Record<string, string | Uint8Array> {
  let first = 10;
  return {
    "/live/master.m3u8": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000\nindex.m3u8\n",
    get "/live/index.m3u8"() { return livePlaylist(first++); },
  };
}

describe("playlist reading: live", () => {
  it("keeps names while the window slides, with starts on hls.js's timeline and the newest token in the address", async () => {
    const world = sessionWorld(liveFiles(), { hls: { startFragPrefetch: false } });
    const inputs: Extract<Input, { type: "playlist" }>[] = [];
    const reader = new PlaylistReader(world.hls, (input) => inputs.push(input));
    world.hls.loadSource(MASTER);
    await vi.advanceTimersByTimeAsync(13_000);
    expect(inputs.length).toBeGreaterThanOrEqual(3);
    const [first, second] = inputs as [typeof inputs[0], typeof inputs[0]];
    expect(first!.live).toBe(true);
    expect(first!.segments.map(({ ref }) => ref.sequence)).toEqual([10, 11, 12, 13]);
    expect(second!.segments.map(({ ref }) => ref.sequence)).toEqual([11, 12, 13, 14]);
    expect(second!.segments.slice(0, 3).map(({ ref }) => ref.id)).toEqual(first!.segments.slice(1).map(({ ref }) => ref.id));
    expect(second!.segments[0]!.startS).toBeCloseTo(first!.segments[1]!.startS);
    const newest = inputs.at(-1)!;
    const last = newest.segments.at(-1)!.ref;
    expect(reader.address(last.id)!.url).toBe(`https://cdn.example/live/${last.sequence}.ts?token=${newest.segments[0]!.ref.sequence}`);
    reader.destroy();
    world.hls.destroy();
  });

  it("forgets addresses of what left the window two playlists ago", async () => {
    const world = sessionWorld(liveFiles(), { hls: { startFragPrefetch: false } });
    const inputs: Extract<Input, { type: "playlist" }>[] = [];
    const reader = new PlaylistReader(world.hls, (input) => inputs.push(input));
    world.hls.loadSource(MASTER);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(inputs.length).toBeGreaterThan(5);
    expect(reader.address(inputs[0]!.segments[0]!.ref.id)).toBeUndefined();
    expect(reader.address(inputs.at(-2)!.segments[0]!.ref.id)).toBeDefined();
    reader.destroy();
    world.hls.destroy();
  });
});

describe("playlist reading: what is left to hls.js's own loader", () => {
  async function located(change: (context: FragmentLoaderContext) => Partial<FragmentLoaderContext>) {
    const world = sessionWorld(VOD);
    const reader = new PlaylistReader(world.hls, () => {});
    world.hls.loadSource("https://cdn.example/vod/master.m3u8");
    await vi.advanceTimersByTimeAsync(20);
    const frag = world.hls.levels[0]!.details!.fragments[1]!;
    const context = { frag, part: null, url: frag.url, rangeStart: 0, rangeEnd: 0 } as FragmentLoaderContext;
    const answer = reader.locate({ ...context, ...change(context) });
    reader.destroy();
    world.hls.destroy();
    return answer;
  }

  it("neither tells of a byte range that is longer than any segment nor locates it", async () => {
    const range = `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n#EXT-X-BYTERANGE:100@0\na.ts\n#EXTINF:4,\n#EXT-X-BYTERANGE:${2 ** 40}@100\na.ts\n#EXT-X-ENDLIST\n`;
    const world = sessionWorld({ "/vod/index.m3u8": range });
    const inputs: Extract<Input, { type: "playlist" }>[] = [];
    const reader = new PlaylistReader(world.hls, (input) => inputs.push(input));
    world.hls.loadSource("https://cdn.example/vod/index.m3u8");
    await vi.advanceTimersByTimeAsync(20);
    expect(inputs.at(-1)!.segments.map(({ sizeBytes }) => sizeBytes)).toEqual([100]);
    const frag = world.hls.levels[0]!.details!.fragments[1]!;
    expect(reader.locate({ frag, part: null, url: frag.url, rangeStart: 100, rangeEnd: 100 + 2 ** 40 } as unknown as FragmentLoaderContext)).toBeUndefined();
    reader.destroy();
    world.hls.destroy();
  });

  it("locates a segment", async () => {
    expect(await located(() => ({}))).toMatchObject({ kind: "main", segment: { startS: 4, durationS: 4, ref: { sequence: 1 } } });
  });

  it.each<[string, (context: FragmentLoaderContext) => Partial<FragmentLoaderContext>]>([
    ["a part of a low-latency playlist", () => ({ part: {} as never })],
    ["a subtitle", ({ frag }) => ({ frag: { ...frag, type: "subtitle" } as never })],
    ["an encrypted initialization segment with hls.js's extra bytes", () => ({ resetIV: true })],
    ["a range that is not the fragment's", () => ({ rangeStart: 10, rangeEnd: 20 })],
    ["a fragment of a playlist it never saw", ({ frag }) => ({ frag: { ...frag } as never })],
  ])("leaves %s alone", async (_what, change) => {
    expect(await located(change)).toBeUndefined();
  });
});
