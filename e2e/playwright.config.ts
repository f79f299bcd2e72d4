import { fileURLToPath } from "node:url";
import { defineConfig } from "playwright/test";
import { ensureChromium } from "../scripts/setup.mjs";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Nothing in the background, no throttling of pages that are not in front, and playback without a click. */
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required", "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows", "--disable-background-timer-throttling",
];

// The runner wants its configuration as a default export.
export default defineConfig({
  testDir: folder("tests"),
  outputDir: folder("../.build/e2e-results"),
  globalSetup: folder("build-pages.ts"),
  workers: 1,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  use: { launchOptions: { executablePath: await ensureChromium(), args: FLAGS } },
});
