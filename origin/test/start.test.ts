import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

import { freePort } from "../free-port.js";
import { ownStream } from "../own-stream.js";
import { startOrigin, type Origin } from "../server.js";
import { parseStartFlags, StartError } from "../start-flags.js";

let folder: string;
let origin: Origin;
const said: string[] = [];
const context = { temporary: () => folder, say: (sentence: string) => void said.push(sentence) };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "shoal-start-test-"));
  origin = await startOrigin();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await origin.close();
});

test("flags have defaults, and a mistake is one sentence", () => {
  expect(parseStartFlags([])).toEqual({ port: 8080, trackerPort: 8090, host: "127.0.0.1", source: undefined });
  expect(parseStartFlags(["--port", "81", "a.m3u8"])).toMatchObject({ port: 81, source: "a.m3u8" });
  expect(parseStartFlags(["--help"])).toBeUndefined();
  expect(() => parseStartFlags(["--port", "x"])).toThrow(StartError);
  expect(() => parseStartFlags(["--prot", "1"])).toThrow(/'--prot'; npm start -- --help/);
  expect(() => parseStartFlags(["a", "b"])).toThrow(/not 2/);
});

test("a taken port is said and the next free one used", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  expect(await freePort({ port, host: "127.0.0.1", purpose: "the page" }, context.say)).toBeGreaterThan(port);
  expect(said.at(-1)).toMatch(new RegExp(`^Port ${port} is taken; the page uses \\d+\\.$`));
  server.close();
});

test("a local playlist is served with its folder, live or not as its first variant is", async () => {
  writeFileSync(join(folder, "master.m3u8"), "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n");
  writeFileSync(join(folder, "low.m3u8"), "#EXTM3U\n#EXTINF:4,\na.ts\n");
  expect(await ownStream(join(folder, "master.m3u8"), context)).toEqual({
    folder,
    stream: { name: "master.m3u8", url: "/own/master.m3u8", live: true },
  });
  writeFileSync(join(folder, "low.m3u8"), "#EXTM3U\n#EXTINF:4,\na.ts\n#EXT-X-ENDLIST\n");
  expect((await ownStream(join(folder, "master.m3u8"), context)).stream.live).toBe(false);
});

test("a URL is played where it is, and one that cannot be read is played all the same", async () => {
  const url = `${origin.url}/live/master.m3u8`;
  expect(await ownStream(url, context)).toEqual({ stream: { name: "master.m3u8", url, live: true } });
  const missing = `${origin.url}/none/index.m3u8`;
  expect((await ownStream(missing, context)).stream).toEqual({ name: "index.m3u8", url: missing, live: false });
  expect(said.at(-1)).toContain("HTTP 404");
});

test("no such file and no such playlist are one sentence each", async () => {
  await expect(ownStream(join(folder, "none.m3u8"), context)).rejects.toThrow(/^There is no file/);
  writeFileSync(join(folder, "page.m3u8"), "<html>");
  await expect(ownStream(join(folder, "page.m3u8"), context)).rejects.toThrow(StartError);
});
