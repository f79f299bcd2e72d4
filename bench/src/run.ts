import type { Browser } from "playwright";
import type { PlayerName, Viewer } from "./contract.js";
import { startBittorrentTracker } from "./bittorrent-tracker.js";
import { startBenchOrigin } from "./bench-origin.js";
import type { Evidence } from "./result.js";
import type { Scenario } from "./scenario.js";
import { startBenchSignaling } from "./signaling.js";
import { ViewerPage } from "./viewer-page.js";

/** Longest a run to the end of the stream may go on beyond the stream's own length. */
const patienceS = 45;
const pollMs = 500;
/** Aborted requests reach the access log a moment after their page has gone. */
const settleMs = 300;

export interface RunOptions {
  readonly browser: Browser;
  readonly pageUrl: string;
  readonly scenario: Scenario;
  readonly player: PlayerName;
  readonly viewers: number;
  /** Called with the pages still open, after their reports. */
  readonly afterwards?: (pages: readonly ViewerPage[]) => Promise<void>;
}

/** What a run leaves beside its figures, for `--trace`. */
export interface RunTrace {
  readonly evidence: Evidence;
  readonly console: Readonly<Record<string, readonly string[]>>;
  readonly log: readonly unknown[];
}

/** One player through one scenario, with an origin and trackers of its own. */
export async function run(options: RunOptions): Promise<RunTrace> {
  const { browser, pageUrl, scenario, player, viewers } = options;
  const [origin, signaling, bittorrent] = await Promise.all([startBenchOrigin(scenario), startBenchSignaling(), startBittorrentTracker()]);
  const pages: ViewerPage[] = [];
  try {
    // Opened before anybody plays: what is measured is the player, not the loading of its code.
    for (let index = 0; index < viewers; index++) pages.push(await ViewerPage.open(browser, pageUrl, `v${index + 1}`));
    const start = (page: ViewerPage): Promise<void> =>
      page.start(player, {
        src: origin.src(page.id), hlsConfig: scenario.hlsConfig ?? {}, live: origin.live,
        shoalTracker: signaling.url, bittorrentTracker: bittorrent.url,
      });
    await delay(origin.untilJoinMs());
    await join(pages, scenario, start);
    await stay(pages, scenario);
    const reports = await Promise.all(pages.map(async (page): Promise<Viewer> => ({ id: page.id, report: await page.report() })));
    await options.afterwards?.(pages);
    await Promise.all(pages.map((page) => page.close()));
    await delay(settleMs);
    return {
      evidence: { scenario: scenario.name, player, viewers: reports, requests: origin.mediaRequests() },
      console: Object.fromEntries(pages.map((page) => [page.id, page.console])),
      log: origin.log(),
    };
  } finally {
    await Promise.allSettled([...pages.map((page) => page.close()), origin.close(), signaling.close(), bittorrent.close()]);
  }
}

async function join(pages: readonly ViewerPage[], scenario: Scenario, start: (page: ViewerPage) => Promise<void>): Promise<void> {
  if (scenario.joinEveryS === 0 && !scenario.joinWhenFull) {
    await Promise.all(pages.map(start));
    return;
  }
  for (const [index, page] of pages.entries()) {
    if (index > 0 && scenario.joinEveryS > 0) await delay(scenario.joinEveryS * 1000);
    if (index === 1 && scenario.joinWhenFull) await waitUntil(() => isFull(pages[0], scenario), 120);
    await start(page);
  }
}

async function stay(pages: readonly ViewerPage[], scenario: Scenario): Promise<void> {
  const { stay: until, stream } = scenario;
  switch (until.type) {
    case "time":
      return delay(until.seconds * 1000);
    case "full":
      await waitUntil(async () => (await Promise.all(pages.map((page) => isFull(page, scenario)))).every(Boolean), 120);
      return;
    case "end": {
      const lengthS = stream.type === "vod" ? stream.segments * stream.segmentS : 0;
      await waitUntil(async () => (await Promise.all(pages.map((page) => page.report()))).every((report) => report.ended), lengthS + patienceS);
    }
  }
}

/** Whether the page's player has been handed every segment of the VoD. */
async function isFull(page: ViewerPage | undefined, { stream }: Scenario): Promise<boolean> {
  if (!page || stream.type !== "vod") return true;
  const report = await page.report();
  return new Set(report.loaded.map((fragment) => fragment.sequence)).size >= stream.segments;
}

async function waitUntil(done: () => Promise<boolean>, patience: number): Promise<boolean> {
  const deadlineMs = Date.now() + patience * 1000;
  while (Date.now() < deadlineMs) {
    if (await done()) return true;
    await delay(pollMs);
  }
  return false;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
