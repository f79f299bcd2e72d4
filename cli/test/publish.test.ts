import { generateKeyPairSync } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { manifestUrl, openManifest } from "../../sdk/src/manifest/manifest.js";
import { HAS_FFMPEG, makeStream, playlistText, readIfThere, shoal, temporaryFolder, writeStream } from "./streams.js";
import { SITE, checkAll } from "./viewer.js";

const SAMPLE = fileURLToPath(new URL("../../origin/media/fmp4", import.meta.url));

/** A folder with a key in it. */
async function desk(): Promise<{ folder: string; key: string; contentKey: string }> {
  const folder = temporaryFolder();
  const key = join(folder, "key.pem");
  return { folder, key, contentKey: (await shoal("keygen", "--out", key)).stdout };
}

const publish = async (folder: string, key: string, ...more: readonly string[]): Promise<void> => {
  const { status, stderr } = await shoal("publish", folder, "--key", key, ...more);
  if (status !== 0) throw new Error(stderr);
};

describe("publishing", { timeout: 60_000 }, () => {
  test("signs the sample stream: master playlist, init segments, an audio group", async () => {
    const { folder, key, contentKey } = await desk();
    cpSync(SAMPLE, folder, { recursive: true });
    await publish(folder, key);
    const playlists = readdirSync(folder).filter((name) => name.endsWith(".m3u8") && name !== "master.m3u8");
    expect(playlists).toHaveLength(2);
    for (const name of playlists) expect(await checkAll(folder, "master.m3u8", name, contentKey)).toBeGreaterThan(5);
    expect(existsSync(join(folder, "master.m3u8.shoal"))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes(".tmp"))).toEqual([]);
  });

  test.skipIf(!HAS_FFMPEG)("signs what ffmpeg makes: MPEG-TS, fMP4, byte ranges, renditions in folders of their own", async () => {
    const { folder, key, contentKey } = await desk();
    makeStream(join(folder, "ts"), ["-hls_segment_filename", "seg %d.ts", "v.m3u8"]);
    makeStream(join(folder, "fmp4"), ["-hls_segment_type", "fmp4", "v.m3u8"]);
    makeStream(join(folder, "ranges"), ["-hls_segment_type", "fmp4", "-hls_flags", "single_file", "v.m3u8"]);
    const groups = join(folder, "groups");
    makeStream(groups, ["-map", "0:v", "-map", "1:a", "-var_stream_map", "v:0,agroup:s,name:video a:0,agroup:s,default:yes,name:audio",
      "-master_pl_name", "master.m3u8", "-hls_segment_type", "fmp4", "-hls_segment_filename", "%v/s%d.m4s", "%v/p.m3u8"]);
    await publish(folder, key);
    expect(await checkAll(folder, "ts/v.m3u8", "ts/v.m3u8", contentKey)).toBe(4);
    expect(await checkAll(folder, "fmp4/v.m3u8", "fmp4/v.m3u8", contentKey)).toBe(5);
    expect(await checkAll(folder, "ranges/v.m3u8", "ranges/v.m3u8", contentKey)).toBe(5);
    expect(await checkAll(folder, "groups/master.m3u8", "groups/video/p.m3u8", contentKey)).toBe(5);
    expect(await checkAll(folder, "groups/master.m3u8", "groups/audio/p.m3u8", contentKey)).toBeGreaterThanOrEqual(5);
    // The audio's manifest is no video's, though file names and numbers are the same.
    cpSync(join(groups, "audio/p.m3u8.shoal"), join(groups, "video/p.m3u8.shoal"));
    await expect(checkAll(folder, "groups/master.m3u8", "groups/video/p.m3u8", contentKey)).rejects.toThrow("another stream or playlist");
  });

  test("names playlists by their address with --base, so that one key can sign several streams", async () => {
    const { folder, key, contentKey } = await desk();
    for (const film of ["a", "b"]) {
      mkdirSync(join(folder, film));
      writeStream(join(folder, film), { segments: ["0.ts", "1.ts"] });
    }
    await publish(folder, key, "--base", SITE);
    expect(await checkAll(folder, "a/index.m3u8", "a/index.m3u8", contentKey)).toBe(2);
    expect(await checkAll(folder, "a/index.m3u8", "a/index.m3u8", contentKey, SITE.replace("viewers", "another-cdn"))).toBe(2);
    cpSync(join(folder, "b/index.m3u8.shoal"), join(folder, "a/index.m3u8.shoal"));
    await expect(checkAll(folder, "a/index.m3u8", "a/index.m3u8", contentKey)).rejects.toThrow("another stream or playlist");
  });

  test("finds segments given by whole addresses with --base, and leaves other hosts' unsigned", async () => {
    const { folder, key, contentKey } = await desk();
    writeStream(folder, { segments: ["0.ts", "1.ts"] });
    writeFileSync(join(folder, "index.m3u8"), playlistText({ segments: [`${SITE}/0.ts?a=b`, "/tok=abc/films/1.ts"] }));
    await publish(folder, key, "--base", `${SITE}/index.m3u8`);
    expect(await checkAll(folder, "index.m3u8", "index.m3u8", contentKey)).toBe(2);
    writeFileSync(join(folder, "index.m3u8"), playlistText({ segments: ["0.ts", "https://ads.example/ad.ts"] }));
    const { status, stderr } = await shoal("publish", folder, "--key", key, "--base", SITE);
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining("segment 1 is on another host") });
    const playlistUrl = `${SITE}/index.m3u8`;
    const manifest = await openManifest(readIfThere(join(folder, "index.m3u8.shoal"))!, { contentKey, streamUrl: playlistUrl, playlistUrl });
    expect(manifest).toMatchObject({ type: "manifest", size: 1 });
    expect(manifestUrl(playlistUrl)).toBe(`${SITE}/index.m3u8.shoal`);
  });

  test("takes one playlist instead of a folder, and leaves its neighbours alone", async () => {
    const { folder, key, contentKey } = await desk();
    const playlist = writeStream(folder, { segments: ["0.ts"] });
    writeFileSync(join(folder, "other.m3u8"), playlistText({ segments: ["missing.ts"] }));
    await publish(playlist, key);
    expect(await checkAll(folder, "index.m3u8", "index.m3u8", contentKey)).toBe(1);
    expect(existsSync(join(folder, "other.m3u8.shoal"))).toBe(false);
  });
});

describe("each mistake gets one sentence that says what to do", () => {
  const expectError = async (args: readonly string[], ...words: readonly string[]): Promise<void> => {
    const { status, stdout, stderr } = await shoal(...args);
    expect({ status, stdout }, stderr).toEqual({ status: 1, stdout: "" });
    expect(stderr.split("\n")).toHaveLength(1);
    for (const word of words) expect(stderr).toContain(word);
  };

  test("keys", async () => {
    const { folder, key } = await desk();
    const playlist = writeStream(folder, { segments: ["0.ts"] });
    expect(statSync(key).mode & 0o777).toBe(0o600);
    await expectError(["keygen", "--out", key], "exists already", "--out");
    await expectError(["keygen", "--out", join(folder, "no/such/key.pem")], "ENOENT", "--out");
    await expectError(["publish", folder], "--key", "keygen");
    await expectError(["publish", folder, "--key", join(folder, "none.pem")], "no key file", "shoal keygen --out");
    await expectError(["publish", folder, "--key", playlist], "no private key", "keygen");
    writeFileSync(join(folder, "rsa.pem"), RSA);
    await expectError(["publish", folder, "--key", join(folder, "rsa.pem")], "rsa", "Ed25519");
    writeFileSync(join(folder, "public.pem"), PUBLIC);
    await expectError(["publish", folder, "--key", join(folder, "public.pem")], "public key", "private key");
  });

  test("playlists and segments", async () => {
    const { folder, key } = await desk();
    const publishing = (target: string, ...more: readonly string[]): readonly string[] => ["publish", target, "--key", key, ...more];
    await expectError(publishing(join(folder, "nowhere")), "There is no", "folder of an HLS stream");
    await expectError(publishing(folder), "no HLS media playlist", "--watch");
    await expectError(publishing(key), "no HLS playlist", "m3u8");
    await expectError(publishing(join(folder, "nowhere"), "--watch"), "There is no");
    const playlist = writeStream(folder, { segments: [] });
    await expectError(publishing(folder), "lists no segments", "--watch");
    writeStream(folder, { segments: ["0.ts", "1.ts"] });
    rmSync(join(folder, "1.ts"));
    await expectError(publishing(folder), "1.ts", "segment 1", "not there", "--watch");
    expect(existsSync(`${playlist}.shoal`)).toBe(false);
    writeFileSync(join(folder, "1.ts"), "");
    await expectError(publishing(folder), "1.ts", "not complete");
    rmSync(join(folder, "1.ts"));
    mkdirSync(join(folder, "1.ts"));
    await expectError(publishing(folder), "1.ts", "cannot be read");
    writeFileSync(playlist, playlistText({ segments: ["https://cdn.example/0.ts"] }));
    await expectError(publishing(folder), "whole addresses", "--base");
    writeFileSync(join(folder, "master.m3u8"), "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\ngone.m3u8\n");
    await expectError(publishing(folder), "gone.m3u8", "not there");
    writeFileSync(join(folder, "master.m3u8"), "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttps://cdn.example/v.m3u8\n");
    await expectError(publishing(folder), "https://cdn.example/v.m3u8", "--base");
  });

  test("manifests that cannot be written", async () => {
    const { folder, key } = await desk();
    const playlist = writeStream(folder, { segments: ["0.ts"] });
    mkdirSync(join(`${playlist}.shoal`, "in the way"), { recursive: true });
    await expectError(["publish", folder, "--key", key], "index.m3u8.shoal cannot be written", "writable");
    expect(existsSync(`${playlist}.shoal.tmp`)).toBe(false);
  });

  test("the command line", async () => {
    const { folder, key } = await desk();
    await expectError(["pubish"], "pubish", "keygen and publish");
    await expectError(["publish", "--key", key], "Say which folder");
    await expectError(["publish", folder, folder, "--key", key], "One folder");
    await expectError(["publish", folder, "--kee", key], "--kee", "shoal --help");
    await expectError(["publish", folder, "--key", key, "--base", "cdn.example"], "--base takes", "cdn.example");
    await expectError(["keygen", "key.pem"], "key.pem", "--out");
    expect(await shoal("--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("Usage") });
    expect(await shoal()).toMatchObject({ status: 0, stdout: expect.stringContaining("Usage") });
  });
});

const RSA = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({ type: "pkcs8", format: "pem" });
const PUBLIC = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
