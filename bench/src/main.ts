import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright";
import { measureBareChannel } from "./bare-run.js";
import { bundlePage } from "./bundle.js";
import { launchBrowser } from "./chromium.js";
import { parseOptions, usage, UsageError, type CliOptions } from "./cli-options.js";
import type { Result } from "./contract.js";
import { goodputBps } from "./goodput.js";
import { startPageServer } from "./page-server.js";
import { merge } from "./repeat.js";
import { figures, newcomerLeak, type Evidence } from "./result.js";
import { run } from "./run.js";
import { scenarios, type Scenario } from "./scenario.js";
import { table } from "./table.js";
import type { ViewerPage } from "./viewer-page.js";

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") return console.log(usage);
  if (options === "list") return console.log(scenarios.map(({ name, about }) => `${name.padEnd(12)} ${about}`).join("\n"));
  const pages = await startPageServer(await bundlePage());
  try {
    const results: Result[] = [];
    for (const scenario of options.scenarios) {
      const ofScenario = await runScenario(scenario, options, pages.url);
      results.push(...ofScenario);
      console.log(`\n${table(ofScenario)}`);
      // After every scenario: what is measured so far survives a later failure.
      if (options.json) await writeFile(options.json, `${JSON.stringify(results, null, 2)}\n`);
    }
    console.log("\nData channels run over loopback, unshaped: that flatters every SDK alike.");
  } finally {
    await pages.close();
  }
}

/** The players take turns, so that a busy minute of the machine does not hit one of them alone. */
async function runScenario(scenario: Scenario, options: CliOptions, pageUrl: string): Promise<Result[]> {
  const players = options.players.filter((player) => scenario.players?.includes(player) ?? true);
  const runs = new Map(players.map((player) => [player, [] as Result[]]));
  for (let round = 1; round <= options.repeat; round++) {
    for (const [player, done] of runs) {
      console.log(`${scenario.name}: ${player}${options.repeat > 1 ? `, run ${round} of ${options.repeat}` : ""}`);
      const viewers = options.viewers ?? scenario.viewers;
      let bareBps: number | undefined;
      const afterwards = async ([sender, receiver]: readonly ViewerPage[]): Promise<void> => {
        if (scenario.name === "goodput" && sender && receiver) bareBps = await measureBareChannel(sender, receiver);
      };
      const trace = await withBrowser(options, (browser) => run({ browser, pageUrl, scenario, player, viewers, afterwards }));
      const goodput = bareBps === undefined ? {} : { bareBps, goodputBps: lastViewerGoodputBps(trace.evidence) };
      done.push({ ...figures(trace.evidence), ...goodput });
      if (scenario.joinWhenFull) printLeak(trace.evidence);
      if (options.trace) await writeTrace(options.trace, `${scenario.name}-${viewers}-${player}-${round}.json`, trace);
    }
  }
  return [...runs.values()].map(merge);
}

function printLeak(evidence: Evidence): void {
  const { segments, bytes } = newcomerLeak(evidence);
  console.log(`  after its first segment the newcomer took ${segments} from the origin, and ${Math.round(bytes / 1000)} KB in all`);
}

function lastViewerGoodputBps({ viewers }: Evidence): number {
  return goodputBps(viewers.at(-1)?.report.arrivals ?? []);
}

/** A browser process of its own for each run: nothing is warm. */
async function withBrowser<T>(options: CliOptions, use: (browser: Browser) => Promise<T>): Promise<T> {
  const browser = await launchBrowser({ executablePath: process.env["BENCH_CHROMIUM"], headed: options.headed });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

async function writeTrace(folder: string, name: string, trace: unknown): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), JSON.stringify(trace, null, 1));
}

main().catch((error: unknown) => {
  console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error);
  process.exitCode = 1;
});
