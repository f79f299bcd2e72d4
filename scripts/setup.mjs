// What a fresh machine needs before the other scripts can work. Plain Node, no package: it runs before any is installed.
// Each function does nothing when there is nothing to do. What cannot be helped ends in one sentence and exit code 1.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const OLDEST_NODE = 20;
const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const LOCKFILE = join(ROOT, "package-lock.json");
const INSTALLED_LOCKFILE = join(ROOT, "node_modules", ".package-lock.json");
const INSTALL_MARKER = join(ROOT, "node_modules", ".shoal-installed");
/** npm writes the two lockfiles one after the other. */
const LOCKFILE_ORDER_MS = 10_000;

const TURN_SERVER_PATHS = ["/usr/bin/turnserver", "/usr/local/bin/turnserver", "/opt/homebrew/bin/turnserver"];

const CHROMIUM_PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** Ends the process with one sentence for the user. */
export function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** Runs a command in the project's folder, its output shown, and returns its exit code; 127 when there is no such command. */
export function run(command, args) {
  // npm and npx are .cmd files on Windows, which only a shell starts.
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: "inherit", shell: process.platform === "win32" });
  return error === undefined ? (status ?? 1) : 127;
}

/** Whether the command exists. */
export function has(command, args = ["--version"]) {
  return spawnSync(command, args, { stdio: "ignore", shell: process.platform === "win32" }).status === 0;
}

/** Node 20 or newer. */
export function ensureNode() {
  if (Number(process.versions.node.split(".")[0]) >= OLDEST_NODE) return;
  fail(`Shoal needs Node ${OLDEST_NODE} or newer, and this is ${process.version}; install it from https://nodejs.org.`);
}

/** The packages of the lockfile, installed again when it has changed. */
export function ensureInstalled() {
  ensureNode();
  const lockfileHash = createHash("sha256").update(readFileSync(LOCKFILE)).digest("hex");
  if (isInstalled(lockfileHash)) return;
  if (!has("npm")) fail("npm is not installed, though it comes with Node; install Node again from https://nodejs.org.");
  console.log("Installing packages (once, about half a minute) ...");
  const status = run("npm", ["ci", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"]);
  if (status !== 0) fail("The packages could not be installed; what npm says is above.");
  writeFileSync(INSTALL_MARKER, lockfileHash);
}

function isInstalled(lockfileHash) {
  if (!existsSync(INSTALLED_LOCKFILE)) return false;
  if (existsSync(INSTALL_MARKER) && readFileSync(INSTALL_MARKER, "utf8") === lockfileHash) return true;
  return statSync(INSTALLED_LOCKFILE).mtimeMs + LOCKFILE_ORDER_MS >= statSync(LOCKFILE).mtimeMs;
}

/** A Chromium that plays H.264 and AAC; installs one when there is none. Returns its path. */
export async function ensureChromium() {
  const named = process.env.SHOAL_CHROMIUM;
  if (named !== undefined && named !== "") {
    if (isExecutable(named)) return named;
    fail(`SHOAL_CHROMIUM is ${named}, which is not a program.`);
  }
  const found = CHROMIUM_PATHS.find(isExecutable);
  if (found !== undefined) return found;
  ensureInstalled();
  const { chromium } = await import("playwright");
  const downloaded = chromium.executablePath();
  if (isExecutable(downloaded)) return downloaded;
  return isDebian() && process.getuid?.() === 0 ? installFromDebian() : installFromPlaywright(downloaded);
}

/** coturn, for the tests of relayed connections; undefined where it is not there and cannot be installed. */
export function ensureTurnServer() {
  const isThere = () => TURN_SERVER_PATHS.find(isExecutable);
  if (isThere() === undefined && isDebian() && process.getuid?.() === 0) aptInstall("coturn", "the TURN server coturn");
  return isThere();
}

function aptInstall(name, title) {
  console.log(`Installing ${title} from Debian (once) ...`);
  const options = ["-qq", "-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0"];
  return run("apt-get", ["update", "-qq"]) === 0 && run("apt-get", ["install", ...options, name]) === 0;
}

function installFromDebian() {
  const isDone = aptInstall("chromium", "Chromium");
  const path = CHROMIUM_PATHS.find(isExecutable);
  if (!isDone || path === undefined) fail("Chromium could not be installed; what apt-get says is above.");
  return path;
}

function installFromPlaywright(path) {
  console.log("Downloading Playwright's Chromium (once) ...");
  if (run("npx", ["playwright", "install", "chromium"]) === 0 && isExecutable(path)) return path;
  return fail(
    "There is no Chromium and Playwright's could not be downloaded; install Chromium or Chrome, or name one in SHOAL_CHROMIUM" +
      (isDebian() ? " (Debian: sudo apt-get install chromium)." : "."),
  );
}

/** What the demo, the tests and the bench load, built again when a source is newer. Names are those of build.mjs. */
export async function ensureBuilt(names = ["esm", "esm-trust", "script-tag", "script-tag-trust", "demo"]) {
  ensureInstalled();
  const { buildStale } = await import("./build.mjs");
  buildStale(names);
}

function isDebian() {
  return existsSync("/etc/os-release") && /^ID="?debian"?$/m.test(readFileSync("/etc/os-release", "utf8"));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
