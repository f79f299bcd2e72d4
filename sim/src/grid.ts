import { type Axis, COMPARED, type Point } from "./axes.js";
import { CHECK_EVERY } from "./cli-options.js";
import type { Result } from "./result.js";
import { type Runner, type Spread, spreads } from "./series.js";
import { flags, type RunOptions, SimulationError } from "./simulate.js";
import type { Delivery } from "./world.js";

export interface Cell {
  readonly point: Point;
  readonly delivery: Delivery;
  /** Why there are no figures where there are none: one seed that fails is enough. */
  readonly outcome: ReadonlyMap<string, Spread> | SimulationError;
}

export interface Grid {
  readonly axes: readonly Axis[];
  readonly seeds: number;
  /** Virtual time of a run, s. */
  readonly seconds: number;
}

export interface GridEvents {
  readonly onRun: (run: RunOptions, outcome: Result | SimulationError, done: { readonly runs: number; readonly of: number }) => void;
  /** As soon as all its cells are there. */
  readonly onAxis: (axis: Axis, cells: readonly Cell[]) => void;
}

/** Every delivery at every point of the axes. A world that two axes share runs once. */
export async function runGrid({ axes, seeds, seconds }: Grid, runner: Runner, { onRun, onAxis }: GridEvents): Promise<void> {
  const runsOf = (point: Point, delivery: Delivery): RunOptions[] =>
    Array.from({ length: seeds }, (_, i) => ({ ...point.world, delivery, seed: i + 1, seconds, polluters: undefined, checkEvery: CHECK_EVERY }));
  const name = (run: RunOptions): string => flags(run).join(" ");
  const runs = [...new Map(axes.flatMap(({ points }) => points.flatMap((point) => COMPARED.flatMap((delivery) => runsOf(point, delivery)))).map((run) => [name(run), run])).values()];
  const outcomes = new Map<string, Result | SimulationError>();
  const waiting = new Set(axes);
  await runner(runs, (i, outcome) => {
    const run = runs[i] as RunOptions;
    outcomes.set(name(run), outcome);
    onRun(run, outcome, { runs: outcomes.size, of: runs.length });
    for (const axis of waiting) {
      const cells = axis.points.flatMap((point) => COMPARED.map((delivery) => ({ point, delivery, found: runsOf(point, delivery).map((r) => outcomes.get(name(r))) })));
      if (cells.some(({ found }) => found.includes(undefined))) continue;
      waiting.delete(axis);
      onAxis(axis, cells.map(({ point, delivery, found }) => ({ point, delivery, outcome: together(found.filter((o) => o !== undefined)) })));
    }
  });
}

function together(outcomes: readonly (Result | SimulationError)[]): Cell["outcome"] {
  const results: Result[] = [];
  for (const outcome of outcomes) {
    if (outcome instanceof SimulationError) return outcome;
    results.push(outcome);
  }
  return spreads(results);
}

/** The one line of a failure that says why, without the progress before and the trace behind it. */
export function reason({ message }: SimulationError): string {
  return /^(?:at [\d.]+ s: |FATAL ERROR: ).*$/m.exec(message)?.[0] ?? message.trim().split("\n").at(-1) ?? "";
}
