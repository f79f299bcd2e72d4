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

/** The same world with as many seeds as were asked for, each in a process of its own, one a core. Their results in order of the seeds. */
export async function series(options: RunOptions, seeds: readonly number[], onResult: (result: Result) => void): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let seed = seeds[next]; seed !== undefined; seed = seeds[next]) {
      const i = next++;
      const result = await run([...flags({ ...options, seed }), "--json"]);
      results[i] = result;
      onResult(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(seeds.length, availableParallelism()) }, work));
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
function run(words: readonly string[]): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? "", ...words], { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    let complaint = "";
    child.stdout.on("data", (part) => (text += String(part)));
    child.stderr.on("data", (part) => (complaint += String(part)));
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(text) as Result);
      else reject(new SimulationError(complaint));
    });
  });
}
