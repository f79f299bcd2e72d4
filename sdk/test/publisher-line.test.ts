import type { FragmentLoaderContext } from "hls.js";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { OriginEvents } from "../src/browser/origin.js";
import { refOf } from "../src/hls/identity.js";
import { PublisherLine } from "../src/manifest/publisher-line.js";
import type { Refusal } from "../src/manifest/refusal.js";
import type { Input } from "../src/protocol/contract.js";
import type { TrackId } from "../src/protocol/ids.js";
import { chunkHashesOf, signedManifest, type SignedFile, type TestKey, testKey } from "./signed-stream.js";

const TRACK = 7 as TrackId;
const STREAM = "https://cdn.example/live/master.m3u8?token=me";
const PLAYLIST = "https://cdn.example/live/720p/index.m3u8?token=me";
const file = (sequence: number): SignedFile => ({ sequence, url: `https://cdn.example/live/720p/${sequence}.ts?token=me`, bytes: new Uint8Array(40_000).fill(sequence) });
const listed = (...sequences: number[]) => ({
  playlistUrl: PLAYLIST,
  files: sequences.map((sequence) => {
    const at = { url: file(sequence).url, rangeStart: 0, rangeEnd: 0 };
    return { ref: refOf(TRACK, sequence, at), file: at };
  }),
});

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** Runs the clock, and lets what WebCrypto does in real time come to its end before it goes on. */
async function advance(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  do await new Promise((resolve) => setImmediate(resolve));
  while (verifying > 0);
}

let verifying = 0;
for (const name of ["importKey", "verify", "digest"] as const) {
  const real = crypto.subtle[name].bind(crypto.subtle) as (...given: unknown[]) => Promise<never>;
  vi.spyOn(crypto.subtle, name).mockImplementation((...given: unknown[]) => {
    verifying++;
    return real(...given).finally(() => verifying--);
  });
}

/** A line over files in memory; `world.files` and what the playlist lists may change. */
async function setUp({ key, contentKey, playlist = listed(1, 2) }: { key?: TestKey; contentKey?: string; playlist?: ReturnType<typeof listed> } = {}) {
  const publisher = key ?? (await testKey());
  const world = { key: publisher, playlist, files: new Map<string, Uint8Array>(), requests: [] as string[], inputs: [] as Input[], refusals: [] as Refusal[] };
  const origin = (events: OriginEvents) => ({
    fetch: ({ id, url }: { id: Parameters<OriginEvents["onDone"]>[0]; url: string }) => {
      world.requests.push(url);
      const bytes = world.files.get(new URL(url).pathname);
      queueMicrotask(() => {
        if (!bytes) return events.onFailed(id, { status: 404, timedOut: false });
        events.onHead(id, { startByte: 0, sizeBytes: bytes.length });
        events.onBytes(id, bytes.slice(0, 100));
        events.onBytes(id, bytes.slice(100));
        events.onDone(id);
      });
    },
    abort: () => undefined,
    destroy: () => undefined,
  });
  const line = new PublisherLine({ contentKey: contentKey ?? publisher.contentKey, streamUrl: () => STREAM, origin: origin as never, hls: {} as never }, {
    dispatch: (input) => void world.inputs.push(input), listed: (track) => (track === TRACK ? world.playlist : undefined), onRefused: (refusal) => void world.refusals.push(refusal),
  });
  return { world, line, publish: async (sequences: readonly number[], signedMs = 1) => void world.files.set("/live/720p/index.m3u8.shoal", await signedManifest(publisher, { playlistUrl: PLAYLIST, path: "720p/index.m3u8", files: sequences.map(file), signedMs })) };
}

/** Lets verification, which runs elsewhere, come to its end. */
const settled = async (done: () => boolean): Promise<void> => vi.waitFor(() => expect(done()).toBe(true), { timeout: 3_000, interval: 5 });

const contextOf = (sequence: number, change: Record<string, unknown> = {}): FragmentLoaderContext =>
  ({ url: file(sequence).url, frag: { url: file(sequence).url, sn: sequence, baseurl: PLAYLIST }, part: null, ...change }) as unknown as FragmentLoaderContext;

it("tells the engine what the manifest says of the playlist's segments, and of those that the playlist does not list yet", async () => {
  const { world, line, publish } = await setUp();
  await publish([1, 2, 3]);
  line.playlist(TRACK);
  await settled(() => world.inputs.length > 0);
  const [signed] = world.inputs;
  if (signed?.type !== "signed") throw new Error("not signed");
  const [first] = listed(1).files;
  expect(signed.segments.map(({ sequence, variant }) => [sequence, variant !== undefined])).toEqual([[1, true], [2, true], [3, false]]);
  expect(signed.segments[0]).toMatchObject({ variant: first!.ref.variant, sizeBytes: 40_000 });
  expect(world.requests).toEqual(["https://cdn.example/live/720p/index.m3u8.shoal?token=me"]);
  line.playlist(TRACK);
  expect(world.requests.length).toBe(1);
});

it("says why there is no manifest that can be believed", async () => {
  const codes: unknown[] = [];
  for (const [change, contentKey] of [["none", undefined], ["other key", undefined], ["bad key", "!"], ["cut", undefined], ["elsewhere", undefined]] as const) {
    const { world, line, publish } = await setUp(contentKey === undefined ? {} : { contentKey });
    await publish([1]);
    const name = "/live/720p/index.m3u8.shoal";
    if (change === "none") world.files.clear();
    if (change === "other key") world.files.set(name, await signedManifest(await testKey(), { playlistUrl: PLAYLIST, path: "720p/index.m3u8", files: [file(1)] }));
    if (change === "cut") world.files.set(name, new Uint8Array(10));
    if (change === "elsewhere") world.files.set(name, await signedManifest(world.key, { playlistUrl: PLAYLIST, path: "1080p/index.m3u8", files: [file(1)] }));
    line.playlist(TRACK);
    await settled(() => world.inputs.length > 0);
    const [input] = world.inputs;
    codes.push(input?.type === "unsigned" ? input.reason : input?.type);
  }
  expect(codes).toEqual(["no-manifest", "bad-signature", "bad-key", "malformed", "other-playlist"]);
});

it("never goes back to an earlier manifest", async () => {
  const { world, line, publish } = await setUp({ playlist: listed(1, 2, 3) });
  await publish([1, 2], 20);
  line.playlist(TRACK);
  await settled(() => world.inputs.length === 1);
  await publish([1], 10);
  await vi.advanceTimersByTimeAsync(500);
  line.execute({ type: "find-signed", segment: listed(3).files[0]!.ref });
  await settled(() => world.inputs.length === 2);
  expect(world.inputs.map((input) => input.type === "signed" && input.segments.length)).toEqual([2, 2]);
});

it("keeps what has just left a live window", async () => {
  const { world, line, publish } = await setUp();
  await publish([1, 2]);
  line.playlist(TRACK);
  await settled(() => world.inputs.length === 1);
  await publish([2, 3], 2);
  world.playlist = listed(1, 2, 3);
  await vi.advanceTimersByTimeAsync(500);
  line.playlist(TRACK);
  await settled(() => world.inputs.length === 3);
  const last = world.inputs.at(-1);
  expect(last?.type === "signed" && last.segments.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
});

it("fetches the list of a segment, and says whether a list is the one that was signed", async () => {
  const { world, line, publish } = await setUp();
  await publish([1, 2]);
  line.playlist(TRACK);
  await settled(() => world.inputs.length === 1);
  const hashes = await chunkHashesOf(file(1).bytes);
  const [one, two] = listed(1, 2).files;
  world.files.set("/live/720p/1.ts.shoal", Buffer.from(hashes.join(""), "hex"));
  world.files.set("/live/720p/2.ts.shoal", new Uint8Array(33));
  line.execute({ type: "fetch-list", segment: one!.ref });
  line.execute({ type: "fetch-list", segment: two!.ref });
  await settled(() => world.inputs.length === 3);
  expect(world.inputs.slice(1)).toEqual([{ type: "list-fetched", segment: one!.ref, hashes }, { type: "list-fetched", segment: two!.ref, hashes: undefined }]);
  const [signed] = world.inputs;
  const root = signed?.type === "signed" ? signed.segments[0]!.root : hashes[0]!;
  for (const [token, list] of [hashes, hashes.toReversed(), hashes.slice(1), []].entries()) line.execute({ type: "check-list", token, hashes: list, sizeBytes: 40_000, root });
  await settled(() => world.inputs.length === 7);
  const results = world.inputs.slice(3).flatMap((input) => (input.type === "list-checked" ? [[input.token, input.isTrue]] : []));
  expect(results.sort()).toEqual([[0, true], [1, false], [2, false], [3, false]]);
});

it("lets hls.js play what its own loader brought when it is signed, and nothing else", async () => {
  const { world, line, publish } = await setUp();
  await publish([1, 2]);
  const answer = async (context: FragmentLoaderContext, data: Uint8Array): Promise<number | undefined | "waits"> => {
    let status: number | undefined | "waits" = "waits";
    void line.check(context, new Uint8Array(data).buffer).then((value) => (status = value));
    await vi.advanceTimersByTimeAsync(0);
    await settled(() => status !== "waits");
    return status;
  };
  expect(await answer(contextOf(1), file(1).bytes)).toBeUndefined();
  expect(world.refusals).toEqual([]);
  expect(await answer(contextOf(1), file(2).bytes)).toBe(502);
  expect(await answer(contextOf(2), file(2).bytes.with(39_999, 3))).toBe(502);
  expect(await answer(contextOf(2), file(2).bytes.subarray(0, 39_999))).toBe(502);
  expect(await answer(contextOf(2, { part: {} }), file(2).bytes)).toBe(403);
  expect(await answer(contextOf(2, { rangeStart: 5, rangeEnd: 9 }), file(2).bytes)).toBe(403);
  expect(world.refusals.map(({ code, isFinal }) => [code, isFinal])).toEqual([...Array.from({ length: 3 }, () => ["altered", true]), ["unsignable", true], ["unsignable", true]]);
});

it("waits some seconds for a manifest that is behind, then refuses", async () => {
  const { world, line, publish } = await setUp();
  await publish([1]);
  const results: (number | undefined)[] = [];
  void line.check(contextOf(1), new Uint8Array(file(1).bytes).buffer).then((status) => results.push(status));
  void line.check(contextOf(2), new Uint8Array(file(2).bytes).buffer).then((status) => results.push(status));
  void line.check(contextOf(3), new Uint8Array(file(3).bytes).buffer).then((status) => results.push(status));
  for (let i = 0; results.length < 3 && i < 1_000; i++) {
    if (i === 20) await publish([1, 2], 2);
    await advance(100);
  }
  expect(results).toEqual([undefined, undefined, 0]);
  expect(world.refusals).toMatchObject([{ code: "not-in-manifest", isFinal: true, url: file(3).url }]);
  expect(world.requests.length).toBeLessThan(10);
});
