import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "playwright/test";
import { MEDIA_DIR } from "../origin/sample-media.js";
import type { Origin } from "../origin/server.js";
import type { Viewer } from "./viewer.js";

const SHOAL = fileURLToPath(new URL("../cli/bin/shoal.js", import.meta.url));

const shoal = (...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SHOAL, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout;
};

/** A stream of the sample origin in a folder of its own, which a publisher has signed; the origin serves it at `/signed`. */
export class SignedStream {
  readonly folder = mkdtempSync(join(tmpdir(), "shoal-e2e-"));
  readonly contentKey: string;
  readonly #key: string;
  #watcher: ChildProcess | undefined;

  /** `stream`: path of a media playlist of MPEG-TS segments, `/vod-12/level1.m3u8`, or of the sample in fMP4. */
  constructor(readonly origin: Origin, readonly stream: string) {
    this.#key = join(this.folder, "..", `${this.folder.split("/").at(-1)}.pem`);
    this.contentKey = shoal("keygen", "--out", this.#key).trim();
    origin.mount("/signed", this.folder);
  }

  /** The segments that the playlist lists now, with their files. */
  take(): void {
    const text = this.#text(this.stream);
    for (const line of text.split("\n")) {
      if (line === "" || line.startsWith("#")) continue;
      const file = join(this.folder, line);
      mkdirSync(join(file, ".."), { recursive: true });
      writeFileSync(file, this.origin.bytesOf(this.stream.replace(/[^/]*$/, line))!);
    }
    writeFileSync(join(this.folder, "index.m3u8"), text);
  }

  /** The sample in fMP4, with sound of its own. */
  takeFmp4(): void {
    cpSync(join(MEDIA_DIR, "fmp4"), this.folder, { recursive: true });
  }

  publish(): void {
    shoal("publish", this.folder, "--key", this.#key);
  }

  watch(): void {
    this.#watcher = spawn(process.execPath, [SHOAL, "publish", this.folder, "--key", this.#key, "--watch"], { stdio: "ignore" });
  }

  /** What was signed, by path as viewers see it. */
  expectSigned(handed: readonly { readonly path: string; readonly sha256: string }[]): void {
    for (const { path, sha256 } of handed) {
      const bytes = this.origin.bytesOf(path.replace("/signed/", this.stream.replace(/[^/]*$/, ""))) ?? readFileSync(join(MEDIA_DIR, "fmp4", path.replace("/signed/", "")));
      expect(sha256, path).toBe(createHash("sha256").update(bytes).digest("hex"));
    }
  }

  async remove(): Promise<void> {
    const watcher = this.#watcher;
    // It may be about to write.
    if (watcher?.exitCode === null) await new Promise((resolve) => watcher.once("exit", resolve).kill("SIGINT"));
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(this.#key, { force: true });
  }

  #text(path: string): string {
    return Buffer.from(this.origin.bytesOf(path) ?? readFileSync(path)).toString("utf8");
  }
}

/** From now on what this page gets from the origin is altered on its way, as by a proxy or a hacked CDN: `times` answers a segment. */
export async function alterOrigin(viewer: Viewer, times = Infinity): Promise<{ readonly altered: string[] }> {
  const altered: string[] = [];
  const counts = new Map<string, number>();
  await viewer.page.route(/\.ts\?/, async (route) => {
    const { pathname } = new URL(route.request().url());
    const count = (counts.get(pathname) ?? 0) + 1;
    counts.set(pathname, count);
    const response = await route.fetch();
    const body = await response.body();
    if (count > times) return route.fulfill({ response, body });
    altered.push(pathname);
    body[body.length >> 1]! ^= 1;
    await route.fulfill({ response, body });
  });
  return { altered };
}
