import { writeFileSync } from "node:fs";
import { readOptions, USAGE } from "./cli-options.js";
import { CliError } from "./command-line.js";
import { compare, readCompareOptions, USAGE as COMPARE_USAGE } from "./compare.js";
import { plot } from "./plot.js";
import { SCENARIOS } from "./scenario.js";
import { inProcesses, series, seriesTable, spreads } from "./series.js";
import { simulate } from "./simulate.js";
import { table } from "./table.js";
import type { World } from "./world.js";

/** A progress line at most this often. */
const PROGRESS_MS = 2_000;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof CliError || (error instanceof Error && "code" in error) ? error.message : error);
  process.exitCode = 1;
}

async function main(words: readonly string[]): Promise<number> {
  if (words[0] === "compare") {
    const options = readCompareOptions(words.slice(1));
    if (options !== "help") return (await compare(options, inProcesses, console.error)) > 0 ? 1 : 0;
    console.log(COMPARE_USAGE);
    return 0;
  }
  const options = readOptions(words);
  if (options === "help") {
    console.log(USAGE);
    return 0;
  }
  if (options === "list") {
    for (const [name, { about }] of Object.entries(SCENARIOS)) console.log(`${name.padEnd(14)} ${about}`);
    return 0;
  }
  if (options.seeds !== undefined) {
    const seeds = Array.from({ length: options.seeds }, (_, i) => options.seed + i);
    const results = await series(options, seeds, ({ seed, offload, wallSeconds }) => console.error(`seed ${seed}: offload ${(100 * offload).toFixed(1)} %, ${wallSeconds} s`));
    console.log(options.json ? JSON.stringify({ seeds, spreads: Object.fromEntries(spreads(results)), results }) : seriesTable(results));
    return 0;
  }
  const { result, world } = simulate(options, progress());
  if (options.plot !== undefined) writeFileSync(options.plot, plot(world.timeline.samples, { title: `${options.scenario}, ${options.peers} peers, ${options.delivery}, RI ${options.ri}, seed ${options.seed}`, html: options.plot.endsWith(".html"), faults: world.setting.faults }));
  console.log(options.json ? JSON.stringify(result) : table(result));
  return 0;
}

function progress(): (world: World, second: number) => void {
  let lastMs = performance.now();
  return (world, second) => {
    if (performance.now() - lastMs < PROGRESS_MS) return;
    lastMs = performance.now();
    const { viewers, meanBufferS, offload, stalled } = world.timeline.samples.at(-1) ?? { viewers: 0, meanBufferS: 0, offload: 0, stalled: 0 };
    console.error(`${second} of ${world.setting.seconds} s: ${viewers} viewers, buffer ${meanBufferS.toFixed(1)} s, offload ${(100 * offload).toFixed(1)} %, ${stalled} stalled`);
  };
}
