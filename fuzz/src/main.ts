import { parseArgs } from "node:util";
import { fuzz, FuzzFailure, type FuzzReport } from "./fuzz.js";
import { allTargets, shares } from "./targets.js";
import { Watchdog } from "./watchdog.js";

const USAGE = "npm run fuzz [-- --inputs 10000000] [--seed 1] [--target NAME [--from INPUT]]";
const HANG_S = 30;

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) {
    console.error(USAGE);
    return 1;
  }
  const { inputs, seed, target: named, from } = options;
  const all = await allTargets(seed);
  const targets = named === undefined ? all : all.filter(({ name }) => name.replaceAll(" ", "-") === named);
  if (targets.length === 0) {
    console.error(`There is no target ${named}; there are ${all.map(({ name }) => name.replaceAll(" ", "-")).join(", ")}.`);
    return 1;
  }
  const counts = shares(targets, inputs);
  const reports: FuzzReport[] = [];
  for (const [i, target] of targets.entries()) {
    const dog = new Watchdog(HANG_S, [`npm run fuzz -- --target ${target.name.replaceAll(" ", "-")} --seed ${seed} --inputs `, ""]);
    try {
      reports.push(await fuzz(target, { inputs: counts[i] ?? 0, seed, from, at: (input) => dog.see(input) }));
    } catch (error) {
      if (!(error instanceof FuzzFailure)) throw error;
      console.error(error.message);
      console.error(error.cause);
      return 1;
    } finally {
      await dog.stop();
    }
    console.log(line(reports.at(-1)!));
  }
  const [sum, ms] = [reports.reduce((total, report) => total + report.inputs, 0), reports.reduce((total, report) => total + report.ms, 0)];
  console.log(`${sum} inputs, seed ${seed}, ${Math.round(ms / 1000)} s, ${perSecond(sum, ms)}: no throw, no hang, no growth`);
  return 0;
}

function readOptions(): { inputs: number; seed: number; from: number; target: string | undefined } | undefined {
  try {
    const { values } = parseArgs({ options: { inputs: { type: "string", default: "10000000" }, seed: { type: "string", default: "1" }, from: { type: "string", default: "0" }, target: { type: "string" } } });
    const [inputs, seed, from] = [values.inputs, values.seed, values.from].map(Number) as [number, number, number];
    return [inputs, seed, from].every((value) => Number.isSafeInteger(value) && value >= 0) && (from === 0 || values.target !== undefined) ? { inputs, seed, from, target: values.target } : undefined;
  } catch {
    return undefined;
  }
}

const perSecond = (inputs: number, ms: number): string => `${Math.round((inputs / ms) * 1000)} inputs/s`;
const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

function line({ name, inputs, ms, slowestMs, tried, heapBytes: [begun, end] }: FuzzReport): string {
  const accepted = [...tried].sort(([a], [b]) => (a < b ? -1 : 1)).map(([of, counts]) => `${of} ${Math.round((100 * counts.accepted) / counts.inputs)} % of ${counts.inputs}`);
  return `${name}: ${inputs} inputs, ${perSecond(inputs, ms)}, slowest ${slowestMs.toFixed(1)} ms, heap ${mib(begun)} to ${mib(end)} MiB\n  accepted: ${accepted.join(", ")}`;
}

process.exitCode = await main();
