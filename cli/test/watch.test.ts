import { appendFileSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { SIGNATURE_BYTES, decodeManifest } from "../../sdk/src/manifest/layout.js";
import { INIT_SEQUENCE } from "../../sdk/src/protocol/segment.js";
import { HAS_FFMPEG, playlistText, readIfThere, shoal, startPackager, startWatching, temporaryFolder, writeStream } from "./streams.js";
import { checkAll } from "./viewer.js";

const WAIT = { timeout: 20_000, interval: 10 };

/** A folder for a stream, a key beside it. */
async function desk(): Promise<{ folder: string; key: string; contentKey: string }> {
  const root = temporaryFolder();
  const key = join(root, "key.pem");
  const folder = join(root, "live");
  mkdirSync(folder);
  return { folder, key, contentKey: (await shoal("keygen", "--out", key)).stdout };
}

const entries = (file: string) => {
  const bytes = readIfThere(file);
  const content = bytes && decodeManifest(bytes.subarray(0, -SIGNATURE_BYTES));
  return content && !("type" in content) ? content.entries : [];
};
const sequences = (file: string): number[] => entries(file).map(({ sequence }) => sequence).filter((sequence) => sequence !== INIT_SEQUENCE);
const listed = (file: string): number[] => {
  const text = Buffer.from(readIfThere(file) ?? []).toString();
  const first = Number(/MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1] ?? 0);
  return [...text.matchAll(/^#EXTINF/gm)].map((_, i) => first + i);
};

describe("watching", { timeout: 60_000 }, () => {
  test.skipIf(!HAS_FFMPEG)("signs a live packager's segments within 50 ms of the playlist listing them, window by window", async () => {
    const { folder, key, contentKey } = await desk();
    const watching = startWatching(folder, key);
    await expect.poll(watching.output, WAIT).toContain("Waiting for playlists");
    const packager = startPackager(folder, ["-hls_list_size", "4", "-hls_flags", "delete_segments", "-hls_delete_threshold", "6", "-map", "0:v", "-map", "1:a", "-var_stream_map",
      "v:0,agroup:s,name:video a:0,agroup:s,default:yes,name:audio", "-master_pl_name", "master.m3u8", "-hls_segment_type", "fmp4", "-hls_segment_filename", "%v/s%d.m4s", "%v/p.m3u8"]);
    const playlists = ["video/p.m3u8", "audio/p.m3u8"].map((name) => ({ name, file: join(folder, name), listedMs: new Map<number, number>(), signedMs: new Map<number, number>() }));
    // What a web server would see, sampled every millisecond.
    const sample = setInterval(() => {
      for (const { file, listedMs, signedMs } of playlists) {
        for (const sequence of listed(file)) if (!listedMs.has(sequence)) listedMs.set(sequence, performance.now());
        for (const sequence of sequences(`${file}.shoal`)) if (!signedMs.has(sequence)) signedMs.set(sequence, performance.now());
      }
    }, 1);
    onTestFinished(() => clearInterval(sample));
    await expect.poll(() => Math.min(...playlists.map(({ signedMs }) => signedMs.size)), WAIT).toBeGreaterThanOrEqual(10);
    clearInterval(sample);
    await packager.stop();
    for (const { name, file } of playlists) {
      await expect.poll(() => sequences(`${file}.shoal`), WAIT).toEqual(listed(file));
      // Four segments and the init segment, whatever went before.
      expect(await checkAll(folder, "master.m3u8", name, contentKey)).toBe(5);
    }
    const delaysMs = playlists.flatMap(({ listedMs, signedMs }) => [...listedMs].filter(([sequence]) => signedMs.has(sequence)).map(([sequence, atMs]) => signedMs.get(sequence)! - atMs)).sort((a, b) => a - b);
    const at = (share: number): number => Math.round(delaysMs[Math.floor(share * (delaysMs.length - 1))]!);
    console.log(`${delaysMs.length} live segments: signed ${at(0.5)} ms after they were listed (median), ${at(0.9)} ms (p90), ${at(1)} ms (most)`);
    expect(at(0.5)).toBeLessThan(50);
    // Lists go with the segments that the packager deletes.
    const names = readdirSync(join(folder, "video"));
    expect(names.filter((name) => name.endsWith(".m4s.shoal") && !names.includes(name.replace(".shoal", ""))).length).toBeLessThan(3);
    expect(await watching.stop()).toBe(0);
    expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).includes(".tmp"))).toEqual([]);
  });

  test("signs the rest when a segment is missing, and that one when it comes", async () => {
    const { folder, key, contentKey } = await desk();
    const playlist = writeStream(folder, { segments: ["0.ts", "1.ts", "2.ts"], ended: false });
    renameSync(join(folder, "1.ts"), join(folder, "away"));
    const watching = startWatching(folder, key);
    await expect.poll(() => sequences(`${playlist}.shoal`), WAIT).toEqual([0, 2]);
    await expect.poll(watching.output, WAIT).toContain("1.ts is listed and not there");
    renameSync(join(folder, "away"), join(folder, "1.ts"));
    await expect.poll(() => sequences(`${playlist}.shoal`), WAIT).toEqual([0, 1, 2]);
    expect(await checkAll(folder, "index.m3u8", "index.m3u8", contentKey)).toBe(3);
  });

  test("corrects itself when a listed segment was only half written", async () => {
    const { folder, key, contentKey } = await desk();
    const playlist = writeStream(folder, { segments: ["0.ts", "1.ts"], ended: false });
    writeFileSync(join(folder, "1.ts"), Buffer.alloc(20_000, 7));
    startWatching(folder, key);
    await expect.poll(() => entries(`${playlist}.shoal`).map(({ sizeBytes }) => sizeBytes), WAIT).toEqual([40_000, 20_000]);
    appendFileSync(join(folder, "1.ts"), Buffer.alloc(15_000, 8));
    await expect.poll(() => entries(`${playlist}.shoal`).map(({ sizeBytes }) => sizeBytes), WAIT).toEqual([40_000, 35_000]);
    expect(await checkAll(folder, "index.m3u8", "index.m3u8", contentKey)).toBe(2);
  });

  test("follows a playlist that is rewritten by rename, in place, or cut off for a moment", async () => {
    const { folder, key, contentKey } = await desk();
    const playlist = writeStream(folder, { segments: ["0.ts", "1.ts"], ended: false });
    for (const [i, name] of ["2.ts", "3.ts", "4.ts"].entries()) writeFileSync(join(folder, name), Buffer.alloc(40_000, 2 + i));
    startWatching(playlist, key);
    await expect.poll(() => sequences(`${playlist}.shoal`), WAIT).toEqual([0, 1]);
    writeFileSync(join(folder, "next"), playlistText({ segments: ["1.ts", "2.ts"], ended: false, first: 1 }));
    renameSync(join(folder, "next"), playlist);
    await expect.poll(() => sequences(`${playlist}.shoal`), WAIT).toEqual([1, 2]);
    const whole = playlistText({ segments: ["2.ts", "3.ts"], ended: false, first: 2 });
    writeFileSync(playlist, whole.slice(0, whole.indexOf("3.ts") + 1));
    writeFileSync(playlist, whole);
    await expect.poll(() => sequences(`${playlist}.shoal`), WAIT).toEqual([2, 3]);
    rmSync(playlist);
    writeFileSync(playlist, playlistText({ segments: ["3.ts", "4.ts"], first: 3 }));
    await expect.poll(() => sequences(`${playlist}.shoal`), WAIT).toEqual([3, 4]);
    expect(await checkAll(folder, "index.m3u8", "index.m3u8", contentKey)).toBe(2);
  });

  test("signs anew when the packager starts over with the same names", async () => {
    const { folder, key, contentKey } = await desk();
    const playlist = writeStream(folder, { segments: ["0.ts", "1.ts", "2.ts"], ended: false });
    startWatching(folder, key);
    await expect.poll(() => sequences(`${playlist}.shoal`), WAIT).toEqual([0, 1, 2]);
    writeFileSync(join(folder, "0.ts"), Buffer.alloc(50_000, 99));
    writeFileSync(playlist, playlistText({ segments: ["0.ts"], ended: false }));
    await expect.poll(() => entries(`${playlist}.shoal`).map(({ sizeBytes }) => sizeBytes), WAIT).toEqual([50_000]);
    expect(await checkAll(folder, "index.m3u8", "index.m3u8", contentKey)).toBe(1);
  });

  test("takes its manifest away with a playlist that is gone, and ends in order", async () => {
    const { folder, key } = await desk();
    writeFileSync(join(folder, "master.m3u8"), "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nindex.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nto-come.m3u8\n");
    const playlist = writeStream(folder, { segments: ["0.ts"], ended: false });
    const watching = startWatching(folder, key);
    await expect.poll(() => sequences(`${playlist}.shoal`), WAIT).toEqual([0]);
    rmSync(playlist);
    await expect.poll(() => readdirSync(folder).sort(), WAIT).toEqual(["0.ts", "master.m3u8"]);
    writeStream(folder, { segments: ["0.ts", "1.ts"], ended: false });
    await expect.poll(() => sequences(`${playlist}.shoal`), WAIT).toEqual([0, 1]);
    expect(await watching.stop()).toBe(0);
    expect(readFileSync(`${playlist}.shoal`).length).toBe(39 + 2 * 34 + SIGNATURE_BYTES);
  });
});
