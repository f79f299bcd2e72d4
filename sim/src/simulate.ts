import type { CliOptions } from "./cli-options.js";
import { type Result, resultOf } from "./result.js";
import { SCENARIOS } from "./scenario.js";
import { World } from "./world.js";

/** What is asked of a run; the rest has defaults. */
export type RunOptions = Omit<CliOptions, "json" | "plot" | "seeds">;

export class SimulationError extends Error {
  readonly code = "simulation-failed";
}

/** Runs one world to its end. A breach of any rule throws, with the line that replays it. */
export function simulate(options: RunOptions, onSecond: (world: World, second: number) => void = () => {}): { readonly result: Result; readonly world: World } {
  const scenario = SCENARIOS[options.scenario];
  if (scenario === undefined) throw new SimulationError(`no scenario ${options.scenario}`);
  const startedMs = performance.now();
  const heapBefore = process.memoryUsage().heapUsed;
  const world = new World(scenario.setting(options), options);
  try {
    world.run((second) => onSecond(world, second));
  } catch (error) {
    throw new SimulationError(`at ${(world.clock.nowMs / 1000).toFixed(3)} s: ${error instanceof Error ? error.message : String(error)}\nReplay: ${replayLine(options)}`, { cause: error });
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const result = resultOf(world, { ...options, wallSeconds: (performance.now() - startedMs) / 1000, heapBytes: heapUsed + arrayBuffers - heapBefore });
  return { result, world };
}

export const replayLine = (options: RunOptions): string => `npm run sim -- ${flags(options).join(" ")}`;

/** The command line that asks for just this. */
export function flags(options: RunOptions): string[] {
  const { scenario, peers, seed, delivery, ri, seconds, freeRiders, polluters, signed = false, checkEvery } = options;
  const values: [string, string | number | undefined][] = [
    ["scenario", scenario], ["peers", peers], ["seed", seed], ["delivery", delivery], ["ri", ri], ["seconds", seconds], ["free-riders", freeRiders], ["polluters", polluters], ["check-every", checkEvery],
  ];
  return [...values.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])), ...(signed ? ["--signed"] : [])];
}
