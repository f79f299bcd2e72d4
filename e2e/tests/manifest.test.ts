import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "playwright/test";
import { build } from "vite";
import type { ChunkHash } from "../../sdk/src/protocol/ids.js";

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
/** A secure context, without which browsers have no WebCrypto. */
const SITE = "http://localhost:1";

/** The module on its own, as a page loads it that has a content key. */
async function moduleCode(): Promise<string> {
  const result = await build({
    configFile: false, logLevel: "warn", publicDir: false,
    build: { write: false, target: "es2022", lib: { entry: at("sdk/src/manifest/manifest.ts"), formats: ["es"], fileName: () => "manifest.js" } },
  });
  const [bundle] = Array.isArray(result) ? result : [];
  return bundle?.output[0].code ?? "";
}

test("the browser checks what shoal publish signed", async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), "shoal-e2e-"));
  try {
    cpSync(at("origin/media/fmp4"), folder, { recursive: true });
    const shoal = (...args: readonly string[]): string => spawnSync(process.execPath, [at("cli/bin/shoal.js"), ...args], { encoding: "utf8" }).stdout;
    const contentKey = shoal("keygen", "--out", join(folder, "key.pem")).trim();
    shoal("publish", folder, "--key", join(folder, "key.pem"));
    const code = await moduleCode();
    await page.route(`${SITE}/**`, (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === "/manifest.js") return route.fulfill({ contentType: "text/javascript", body: code });
      if (pathname === "/") return route.fulfill({ contentType: "text/html", body: "<!doctype html>" });
      return route.fulfill({ body: readFileSync(join(folder, pathname)) });
    });
    await page.goto(SITE);
    const found = await page.evaluate(async ({ contentKey, site }) => {
      const path = `${site}/manifest.js`;
      const manifest = (await import(path)) as typeof import("../../sdk/src/manifest/manifest.js");
      const playlistUrl = `${site}/video.m3u8?token=1`;
      const fetchBytes = async (url: string): Promise<Uint8Array> => new Uint8Array(await (await fetch(url)).arrayBuffer());
      const bytes = await fetchBytes(manifest.manifestUrl(playlistUrl));
      const expected = { contentKey, streamUrl: `${site}/master.m3u8`, playlistUrl };
      const opened = await manifest.openManifest(bytes, expected);
      const changed = bytes.with(60, bytes[60]! ^ 1);
      const refused = await manifest.openManifest(changed, expected);
      if (opened.type === "refused") return { opened: opened.reason };
      const url = `${site}/video-0.m4s`;
      const signed = opened.find(0, manifest.segmentName(playlistUrl, { url, rangeStart: 0, rangeEnd: 0 }));
      const segment = await fetchBytes(url);
      const hashes: ChunkHash[] = [];
      for (let i = 0; i < segment.length; i += 16_384) {
        const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", segment.slice(i, i + 16_384)));
        hashes.push(Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("") as ChunkHash);
      }
      const isTrue = signed && (await manifest.isChunkList(hashes, signed));
      return { opened: opened.type, size: opened.size, isTrue, refused: refused.type === "refused" ? refused.code : refused.type };
    }, { contentKey, site: SITE });
    expect(found).toEqual({ opened: "manifest", size: 7, isTrue: true, refused: "bad-signature" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
