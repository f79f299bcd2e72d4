import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AXES } from "./axes.js";
import { SECONDS, SEEDS } from "./cli-options.js";
import { CliError, readCommandLine } from "./command-line.js";
import { deliveryChart } from "./delivery-chart.js";
import { deliveryPage, deliverySection, pictureName } from "./delivery-page.js";
import { type Grid, reason, runGrid } from "./grid.js";
import type { Runner } from "./series.js";
import { SimulationError } from "./simulate.js";

export interface CompareOptions extends Grid {
  /** Folder of the page and its pictures. */
  readonly out: string;
}

export const USAGE = `npm run compare -- [--seeds K] [--seconds T] [--out FOLDER] [--only ${AXES.map(({ name }) => name).join("|")}]`;

/** Reads the command line of the comparison. "help" asks for text alone. */
export function readCompareOptions(words: readonly string[]): CompareOptions | "help" {
  const { has, text, number } = readCommandLine(words, { flags: ["--seeds", "--seconds", "--out", "--only"], switches: ["--help", "-h"], usage: USAGE });
  if (has("--help") || has("-h")) return "help";
  const only = text("--only");
  const axes = AXES.filter(({ name }) => only === undefined || name === only);
  if (axes.length === 0) throw new CliError(`There is no axis ${only}. There are: ${AXES.map(({ name }) => name).join(", ")}.`);
  return { axes, seeds: number("--seeds", SEEDS) ?? 3, seconds: number("--seconds", SECONDS) ?? 120, out: text("--out") ?? "docs" };
}

/**
 * Runs the grid, and writes a table and a picture of each axis as soon as it is there: an end before all is done loses only what is missing. How many
 * runs came to nothing; the page says why.
 */
export async function compare(options: CompareOptions, runner: Runner, say: (line: string) => void): Promise<number> {
  let failed = 0;
  const page = join(options.out, "delivery.md");
  mkdirSync(options.out, { recursive: true });
  await runGrid(options, runner, {
    onRun: ({ scenario, peers, ri, delivery, seed }, outcome, { runs, of }) => {
      if (outcome instanceof SimulationError) failed++;
      const what = outcome instanceof SimulationError ? `did not run: ${reason(outcome)}` : `offload ${(100 * outcome.offload).toFixed(1)} %, ${outcome.wallSeconds} s`;
      say(`${runs} of ${of}: ${scenario}, ${peers} viewers, RI ${ri}, ${delivery}, seed ${seed}: ${what}`);
    },
    onAxis: (axis, cells) => {
      writeFileSync(join(options.out, pictureName(axis)), deliveryChart(axis, cells, options));
      writeFileSync(page, deliveryPage(existsSync(page) ? readFileSync(page, "utf8") : "", axis, deliverySection(axis, cells, options)));
    },
  });
  return failed;
}
