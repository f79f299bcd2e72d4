import { chromium, type Browser } from "playwright";

/** Nothing in the background, no throttling of pages that are not in front, and playback without a click. */
const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--autoplay-policy=no-user-gesture-required", "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows", "--disable-background-timer-throttling",
];

export interface BrowserOptions {
  /** Path of the browser; Playwright's own where it is missing. */
  readonly executablePath: string | undefined;
  readonly headed: boolean;
}

export function launchBrowser({ executablePath, headed }: BrowserOptions): Promise<Browser> {
  return chromium.launch({ headless: !headed, args: flags, ...(executablePath === undefined ? {} : { executablePath }) });
}
