import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import type { Result } from "./result.js";
import { flags, type RunOptions, SimulationError } from "./simulate.js";

/** One figure over several seeds. */
export interface Spread {
  readonly mean: number;
  readonly least: number;
  readonly most: number;
}

/** Carries runs out, in any order; `onEnd` hears of each, by its place in the list, what came of it. */
export type Runner = (runs: readonly RunOptions[], onEnd: (run: number, outcome: Result | SimulationError) => void) => Promise<void>;

/** Each run in a process of its own, one a core. */
export const inProcesses: Runner = async (runs, onEnd) => {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let options = runs[next]; options !== undefined; options = runs[next]) {
      const i = next++;
      onEnd(i, await run([...flags(options), "--json"]));
    }
  };
  await Promise.all(Array.from({ length: Math.min(runs.length, availableParallelism()) }, work));
};

/** The same world with as many seeds as were asked for. Their results in order of the seeds. */
export async function series(options: RunOptions, seeds: readonly number[], onResult: (result: Result) => void): Promise<Result[]> {
  const results: Result[] = [];
  await inProcesses(seeds.map((seed) => ({ ...options, seed })), (i, outcome) => {
    if (outcome instanceof SimulationError) throw outcome;
    results[i] = outcome;
    onResult(outcome);
  });
  return results;
}

/** Every number of the results, also those in tables within them, by `key` or `key: name`. */
export function spreads(results: readonly Result[]): Map<string, Spread> {
  const values = new Map<string, number[]>();
  const add = (name: string, value: unknown): void => {
    if (typeof value === "number") values.set(name, [...(values.get(name) ?? []), value]);
    else if (typeof value === "object" && value !== null) for (const [part, inner] of Object.entries(value)) add(name === "" ? part : `${name}: ${part}`, inner);
  };
  for (const result of results) add("", result);
  return new Map([...values].map(([name, list]) => [name, { mean: list.reduce((sum, v) => sum + v, 0) / list.length, least: Math.min(...list), most: Math.max(...list) }]));
}

/** Mean, and in brackets the least and the most of all seeds. */
export function seriesTable(results: readonly Result[]): string {
  const rows = [...spreads(results)].filter(([name]) => name !== "seed");
  const width = Math.max(...rows.map(([name]) => name.length));
  const short = (value: number): string => String(Number(value.toPrecision(5)));
  return rows.map(([name, { mean, least, most }]) => `${name.padEnd(width)}  ${short(mean)}${least === most ? "" : `  (${short(least)} to ${short(most)})`}`).join("\n");
}

/** This program once more, on its own. */
function run(words: readonly string[]): Promise<Result | SimulationError> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? "", ...words], { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    let complaint = "";
    child.stdout.on("data", (part) => (text += String(part)));
    child.stderr.on("data", (part) => (complaint += String(part)));
    child.on("close", (code, signal) => resolve(code === 0 ? (JSON.parse(text) as Result) : new SimulationError(complaint || `ended by ${signal}`)));
  });
}
