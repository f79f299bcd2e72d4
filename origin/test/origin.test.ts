import { createDecipheriv } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

import { bytesByPath, mediaBytes } from "../access-log.js";
import { startOrigin, type Origin } from "../server.js";
import { labelsOf } from "../stuffing.js";

let nowMs = 0;
let origin: Origin;

beforeEach(async () => {
  nowMs = 1_000;
  origin = await startOrigin({ nowMs: () => nowMs });
});
afterEach(() => origin.close());

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(origin.url + path, init);
const text = async (path: string): Promise<string> => (await get(path)).text();
const bytes = async (path: string, init?: RequestInit): Promise<Buffer> => Buffer.from(await (await get(path, init)).arrayBuffer());
const uris = (playlist: string): string[] => playlist.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

test("the master playlist lists three levels, and each level has 15 segments of one minute", async () => {
  expect(uris(await text("/vod/master.m3u8"))).toEqual(["level0.m3u8", "level1.m3u8", "level2.m3u8"]);
  expect(uris(await text("/vod/level1.m3u8"))).toHaveLength(15);
});

test("a long VoD has the asked number of segments, a discontinuity a minute, and other bytes at each position", async () => {
  const playlist = await text("/vod-320/level2.m3u8");
  expect(uris(playlist)).toHaveLength(320);
  expect(playlist.match(/#EXT-X-DISCONTINUITY$/gm)).toHaveLength(21);
  const [first, looped] = [await bytes("/vod-320/level0/seg1.ts"), await bytes("/vod-320/level0/seg16.ts")];
  expect(first.length).toBe(looped.length);
  expect(first.equals(looped)).toBe(false);
  expect(labelsOf(looped)).toEqual(["vod-320/level0/seg16"]);
  expect((await get("/vod-320/level0/seg320.ts")).status).toBe(404);
});

test("the top level is 1.5 Mb/s on the wire", async () => {
  const segment = await bytes("/vod/level2/seg3.ts");
  expect((segment.length * 8) / 4).toBeGreaterThan(1_499_000);
  expect((segment.length * 8) / 4).toBeLessThanOrEqual(1_500_000);
});

test("a live segment appears every 4 s and leaves the playlist when the window has passed", async () => {
  const newestUri = async (): Promise<string> => uris(await text("/live-w4/level2.m3u8")).at(-1) ?? "";
  const newest = origin.live.newest();
  expect(await newestUri()).toBe(`level2/seg${newest}.ts`);
  expect((await get(`/live-w4/level2/seg${newest + 1}.ts`)).status).toBe(404);
  nowMs = origin.live.appearsAtMs(newest + 1) - 1;
  expect(await newestUri()).toBe(`level2/seg${newest}.ts`);
  nowMs += 1;
  expect(await newestUri()).toBe(`level2/seg${newest + 1}.ts`);
  expect(labelsOf(await bytes(`/live-w4/level2/seg${newest + 1}.ts`))).toEqual([`live-w4/level2/seg${newest + 1}`]);
  expect(uris(await text("/live-w4/level2.m3u8"))).toHaveLength(4);
  nowMs += 60_000;
  expect((await get(`/live-w4/level2/seg${newest}.ts`)).status).toBe(404);
});

test("a live playlist counts the discontinuities it has dropped", async () => {
  for (let segment = 0; segment < 40; segment += 1, nowMs += 4_000) {
    const playlist = await text("/live-w8/level0.m3u8");
    const number = (tag: string): number => Number(new RegExp(`#${tag}:(\\d+)`).exec(playlist)?.[1]);
    const [first, dropped] = [number("EXT-X-MEDIA-SEQUENCE"), number("EXT-X-DISCONTINUITY-SEQUENCE")];
    const inside = playlist.match(/#EXT-X-DISCONTINUITY$/gm)?.length ?? 0;
    expect(dropped).toBe(Math.floor(first / 15));
    expect(dropped + inside).toBe(Math.floor((first + 7) / 15));
  }
});

test("an ended live stream says so and grows no more", async () => {
  origin.live.end();
  const before = await text("/live/level0.m3u8");
  nowMs += 20_000;
  expect(await text("/live/level0.m3u8")).toBe(before);
  expect(before).toContain("#EXT-X-ENDLIST");
});

test("the AES variant decrypts to a segment with the key and the media sequence as IV", async () => {
  const iv = Buffer.alloc(16);
  iv.writeUInt32BE(7, 12);
  const decipher = createDecipheriv("aes-128-cbc", await bytes("/vod-aes/key.key"), iv);
  const clear = Buffer.concat([decipher.update(await bytes("/vod-aes/level0/seg7.ts")), decipher.final()]);
  expect(labelsOf(clear)).toEqual(["vod-aes/level0/seg7"]);
});

test("the byte-range variant names parts of one file that are whole segments", async () => {
  const [, length = "0", offset = "0"] = /BYTERANGE:(\d+)@([1-9]\d*)/.exec(await text("/vod-byterange/level0.m3u8")) ?? [];
  const end = Number(offset) + Number(length) - 1;
  const part = await get("/vod-byterange/level0.ts", { headers: { Range: `bytes=${offset}-${end}` } });
  expect(part.status).toBe(206);
  expect(part.headers.get("content-range")).toMatch(new RegExp(`^bytes ${offset}-${end}/\\d+$`));
  expect(labelsOf(Buffer.from(await part.arrayBuffer()))).toEqual(["vod-byterange/level0/seg1"]);
});

test("without Range support a range request gets the whole file with status 200", async () => {
  origin.set({ acceptsRange: false });
  const answer = await get("/vod/level0/seg0.ts", { headers: { Range: "bytes=0-9" } });
  expect(answer.status).toBe(200);
  expect((await answer.arrayBuffer()).byteLength).toBe(origin.bytesOf("/vod/level0/seg0.ts")?.length);
});

test("a playlist's query is carried to its URIs, and a token can be required", async () => {
  origin.set({ requiresToken: true });
  expect((await get("/vod/master.m3u8")).status).toBe(403);
  expect(uris(await text("/vod/master.m3u8?token=a&v=1"))[0]).toBe("level0.m3u8?token=a&v=1");
  expect(await text("/vod-aes/level0.m3u8?token=a")).toContain('URI="key.key?token=a"');
  expect(await text("/vod-fmp4/video.m3u8?token=a")).toContain('#EXT-X-MAP:URI="init-video.mp4?token=a"');
});

test("cross-origin scripts may read the length, unless it is hidden", async () => {
  const exposed = async (): Promise<string | null> => (await get("/vod/master.m3u8")).headers.get("access-control-expose-headers");
  expect(await exposed()).toContain("Content-Range");
  origin.set({ exposesHeaders: false });
  expect(await exposed()).toBeNull();
  expect((await get("/vod/level0/seg0.ts", { method: "OPTIONS" })).status).toBe(204);
});

test("the log knows who asked for what and how many body bytes went out", async () => {
  await bytes("/vod/level0/seg0.ts?v=anna", { headers: { Range: "bytes=10-19" } });
  await bytes("/vod/level0/seg0.ts", { headers: { "x-viewer": "ben" } });
  await text("/vod/level0.m3u8?v=anna");
  expect(origin.log()).toMatchObject([
    { viewer: "anna", path: "/vod/level0/seg0.ts", query: "v=anna", range: "bytes=10-19", status: 206, bytesSent: 10 },
    { viewer: "ben", status: 200, range: undefined },
    { viewer: "anna", path: "/vod/level0.m3u8" },
  ]);
  const size = origin.bytesOf("/vod/level0/seg0.ts")?.length ?? 0;
  expect(bytesByPath(origin.log())).toEqual(new Map([["/vod/level0/seg0.ts", size + 10]]));
  expect(mediaBytes(origin.log())).toBe(size + 10);
  origin.resetLog();
  expect(origin.log()).toEqual([]);
});

test("while it is down every connection is destroyed, and afterwards it serves again", async () => {
  origin.set({ isDown: true });
  await expect(get("/vod/master.m3u8")).rejects.toThrow();
  expect(origin.log()[0]).toMatchObject({ status: 0 });
  origin.set({ isDown: false });
  expect((await get("/vod/master.m3u8")).status).toBe(200);
});

test("faults hit their pattern, so many times, until removed", async () => {
  origin.addFault({ pattern: /seg1\.ts/, kind: { type: "status", status: 503 }, times: 1 });
  const remove = origin.addFault({ pattern: /seg2\.ts\?v=7/, kind: { type: "destroy" } });
  expect((await get("/vod/level0/seg1.ts")).status).toBe(503);
  expect((await get("/vod/level0/seg1.ts")).status).toBe(200);
  await expect(get("/vod/level0/seg2.ts?v=7")).rejects.toThrow();
  expect((await get("/vod/level0/seg2.ts?v=8")).status).toBe(200);
  remove();
  expect((await get("/vod/level0/seg2.ts?v=7")).status).toBe(200);
});

test("a truncated body is a broken connection or a short answer, as asked", async () => {
  origin.addFault({ pattern: /seg1\.ts/, kind: { type: "truncate", bytes: 1000, announced: "full" } });
  origin.addFault({ pattern: /seg2\.ts/, kind: { type: "truncate", bytes: 1000, announced: "cut" } });
  await expect(bytes("/vod/level0/seg1.ts")).rejects.toThrow();
  expect((await bytes("/vod/level0/seg2.ts")).length).toBe(1000);
  expect(origin.log().map(({ bytesSent }) => bytesSent)).toEqual([1000, 1000]);
});

test("a mounted folder is served, and nothing outside it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "shoal-origin-test-"));
  try {
    writeFileSync(join(folder, "index.html"), "<p>hello");
    writeFileSync(join(folder, "a b.vtt"), "WEBVTT");
    symlinkSync("/etc/hostname", join(folder, "link.txt"));
    origin.mount("/", folder);
    expect(await text("/")).toBe("<p>hello");
    expect((await get("/a%20b.vtt")).headers.get("content-type")).toContain("text/vtt");
    expect((await get("/link.txt")).status).toBe(404);
    expect(await rawStatus("/../../../../etc/hostname")).toBe(404);
    expect(await rawStatus("/%2e%2e/%2e%2e/%2e%2e/etc/hostname")).toBe(404);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** `fetch` would tidy the path. */
async function rawStatus(path: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(origin.port, "127.0.0.1", () => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
    socket.once("data", (data) => {
      resolve(Number(data.toString("latin1").slice(9, 12)));
      socket.destroy();
    });
  });
}
