// Keeps the script-tag build, everything in, within its budget: `npm run size`.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { ensureInstalled } from "./setup.mjs";

await ensureInstalled();
const { build, loadConfigFromFile } = await import("vite");

/** gzip -9, bytes. What a page pays for Shoal in all. */
const BUDGET_BYTES = 40_000;
const PARTS = {
  "simple-peer": `import Peer from "simple-peer"; globalThis.part = Peer;`,
  "socket.io-client": `import { Manager } from "socket.io-client"; globalThis.part = Manager;`,
};

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const file = join(root, "sdk/dist/shoal.min.js");
/** What only pages with options about trust load, beside it. */
const trustFile = join(root, "sdk/dist/shoal-trust.min.js");

for (const [path, mode] of [[file, "script-tag"], [trustFile, "script-tag-trust"]])
  if (isStale(path)) await build({ root, configFile: join(root, "vite.config.ts"), mode, logLevel: "warn" });

const code = readFileSync(file);
const totalBytes = gzipBytes(code);
let othersBytes = 0;
for (const [name, source] of Object.entries(PARTS)) {
  const bytes = gzipBytes(await buildPart(name, source));
  othersBytes += bytes;
  print(name, bytes);
}
print("Shoal itself", totalBytes - othersBytes);
print("sdk/dist/shoal.min.js", totalBytes, ` gzip, of ${BUDGET_BYTES.toLocaleString("en")} (${code.length.toLocaleString("en")} before gzip)`);
print("sdk/dist/shoal-trust.min.js", gzipBytes(readFileSync(trustFile)), " gzip, on demand");
if (totalBytes > BUDGET_BYTES) {
  console.error(`The script-tag build is ${totalBytes - BUDGET_BYTES} bytes over its budget.`);
  process.exitCode = 1;
}

function isStale(path) {
  if (!existsSync(path)) return true;
  const builtMs = statSync(path).mtimeMs;
  const sources = ["sdk/src", "sdk/shims"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, name)),
  );
  return [...sources, join(root, "vite.config.ts"), join(root, "package-lock.json")].some((source) => statSync(source).mtimeMs > builtMs);
}

/** One dependency on its own, built as the SDK is. Parts share a dictionary in the whole, so their sum is an upper bound. */
async function buildPart(name, source) {
  const folder = join(root, ".build/size");
  const entry = join(folder, `${name}.js`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(entry, source);
  const { config } = await loadConfigFromFile({ command: "build", mode: "script-tag" }, join(root, "vite.config.ts"));
  config.build = { ...config.build, write: false, sourcemap: false, lib: { ...config.build.lib, entry } };
  delete config.build.rolldownOptions.output.footer;
  const [bundle] = await build({ root, configFile: false, logLevel: "error", ...config });
  return bundle.output[0].code;
}

function gzipBytes(content) {
  return gzipSync(content, { level: 9 }).length;
}

function print(name, bytes, note = "") {
  console.log(`${bytes.toLocaleString("en").padStart(8)}  ${name}${note}`);
}
