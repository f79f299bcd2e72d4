// `npm run build`: the SDK as an ES module and as a script-tag file, its types, the demo page and the command line program;
// `npm run build -- NAME`: one of them.
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { ensureInstalled, fail, run } from "./setup.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const NOT_SOURCES = new Set(["dist", "node_modules", "test"]);

const SDK_SOURCES = ["sdk/src", "sdk/shims", "vite.config.ts", "package-lock.json"];
/** What there is to build: the command, what it makes, and what it makes it from. */
const TARGETS = {
  esm: { command: ["vite", "build", "--mode", "esm", "--logLevel", "warn"], makes: "sdk/dist/shoal.js", from: SDK_SOURCES },
  "script-tag": {
    command: ["vite", "build", "--mode", "script-tag", "--logLevel", "warn"],
    makes: "sdk/dist/shoal.min.js",
    from: SDK_SOURCES,
  },
  "esm-trust": { command: ["vite", "build", "--mode", "esm-trust", "--logLevel", "warn"], makes: "sdk/dist/shoal-trust.js", from: SDK_SOURCES },
  "script-tag-trust": {
    command: ["vite", "build", "--mode", "script-tag-trust", "--logLevel", "warn"],
    makes: "sdk/dist/shoal-trust.min.js",
    from: SDK_SOURCES,
  },
  types: { command: ["tsc", "-b", "sdk"], makes: "sdk/dist/types/index.d.ts", from: SDK_SOURCES },
  demo: {
    command: ["vite", "build", "--mode", "demo", "--logLevel", "error"],
    makes: "demo/dist/index.html",
    from: [...SDK_SOURCES, "demo"],
  },
  cli: {
    command: ["vite", "build", "--mode", "cli", "--logLevel", "warn"],
    makes: "cli/dist/shoal.js",
    from: [...SDK_SOURCES, "cli/src"],
  },
};

/** Builds these targets, whether or not they are up to date. */
export function build(names) {
  for (const name of names) {
    console.log(`Building ${name} ...`);
    if (run("npx", TARGETS[name].command) !== 0) fail(`Building ${name} failed; the reason is above.`);
  }
}

/** Builds those of these targets that are missing or older than one of their sources. */
export function buildStale(names) {
  build(names.filter((name) => isStale(TARGETS[name])));
}

function isStale({ makes, from }) {
  const made = join(ROOT, makes);
  if (!existsSync(made)) return true;
  const madeMs = statSync(made).mtimeMs;
  return from.some((source) => newestMs(join(ROOT, source)) > madeMs);
}

function newestMs(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  const inside = readdirSync(path).filter((name) => !NOT_SOURCES.has(name));
  return inside.reduce((newest, name) => Math.max(newest, newestMs(join(path, name))), 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureInstalled();
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !Object.hasOwn(TARGETS, name));
  if (unknown !== undefined) fail(`There is no "${unknown}" to build; there are ${Object.keys(TARGETS).join(", ")}.`);
  build(names.length > 0 ? names : Object.keys(TARGETS));
}
