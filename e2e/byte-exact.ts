import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "playwright/test";
import { MEDIA_DIR } from "../origin/sample-media.js";
import type { Origin } from "../origin/server.js";
import type { Viewer } from "./viewer.js";

/** Fails unless every payload that hls.js was handed in this page equals the origin's bytes. */
export async function expectTrueBytes(viewer: Viewer, origin: Origin): Promise<void> {
  expect(viewer.pageErrors, `${viewer.name}: page errors`).toEqual([]);
  if (!viewer.isOpen || !viewer.checksBytes) return;
  for (const { handed } of await viewer.reports()) {
    for (const { path, rangeStart, rangeEnd, sha256 } of handed) {
      const file = await trueBytes(origin, path);
      const bytes = rangeEnd > rangeStart ? file.subarray(rangeStart, rangeEnd) : file;
      expect(sha256, `${viewer.name}: ${path} ${rangeStart}-${rangeEnd}`).toBe(createHash("sha256").update(bytes).digest("hex"));
    }
  }
}

async function trueBytes(origin: Origin, path: string): Promise<Uint8Array> {
  const [, stream, ...rest] = path.split("/");
  return origin.bytesOf(path) ?? (await readFile(join(stream === "vod-fmp4" ? join(MEDIA_DIR, "fmp4") : "/nowhere", ...rest)));
}
