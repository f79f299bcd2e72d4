import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { temporaryFolder, writeStream } from "./streams.js";
import { checkAll } from "./viewer.js";

const CLI = fileURLToPath(new URL("..", import.meta.url));

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

test("the package that npm makes needs nothing but Node", { timeout: 120_000 }, async () => {
  const folder = temporaryFolder();
  run("npm", ["pack", "--silent", "--pack-destination", folder], CLI);
  const [archive = ""] = readdirSync(folder);
  run("tar", ["xzf", archive], folder);
  expect(readdirSync(join(folder, "package"), { recursive: true }).map(String).sort()).toEqual(["bin", "bin/shoal.js", "dist", "dist/shoal.js", "package.json", "README.md"].sort());
  const shoal = (...args: readonly string[]): string => run(process.execPath, [join(folder, "package/bin/shoal.js"), ...args], folder);
  const contentKey = shoal("keygen").trim();
  writeStream(folder, { segments: ["0.ts", "1.ts"] });
  expect(shoal("publish", ".", "--key", "shoal-key.pem")).toContain("index.m3u8.shoal: 2 segments");
  expect(await checkAll(folder, "index.m3u8", "index.m3u8", contentKey)).toBe(2);
});
