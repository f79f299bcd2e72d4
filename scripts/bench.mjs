// Real browsers, side by side: `npm run bench:browser -- --scenario NAME`; --help says more.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBuilt, ensureChromium, ensureInstalled } from "./setup.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bench = join(root, "bench");

/** The other players: apart from the workspace, and without install scripts, since one of them wants to compile. */
function ensureBenchInstalled() {
  const installed = join(bench, "node_modules", ".package-lock.json");
  const isCurrent = existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(bench, "package-lock.json")).mtimeMs;
  if (isCurrent) return;
  const result = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: bench, stdio: "inherit", shell: process.platform === "win32" });
  if (result.status !== 0) {
    console.error("The other players could not be installed: run `npm ci --ignore-scripts` in bench/ to see why.");
    process.exit(1);
  }
}

const args = process.argv.slice(2);
const runsPlayers = !args.includes("--list") && !args.includes("--help");
await ensureInstalled();
ensureBenchInstalled();
const chromium = runsPlayers ? await ensureChromium() : undefined;
if (runsPlayers) await ensureBuilt(["esm", "esm-trust"]);

const result = spawnSync(process.execPath, [join(root, "node_modules", "tsx", "dist", "cli.mjs"), join(bench, "src", "main.ts"), ...args], {
  stdio: "inherit",
  env: { ...process.env, ...(chromium ? { BENCH_CHROMIUM: chromium } : {}) },
});
process.exit(result.status ?? 1);
