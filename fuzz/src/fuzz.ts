import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { chanceOf } from "./chance.js";
import type { Target, Verdict } from "./target.js";

export interface FuzzRun {
  readonly inputs: number;
  readonly seed: number;
  /** First input to try: where a trial begins. Default 0. */
  readonly from?: number;
  /** Told where it is, before each input. */
  readonly at?: (input: number) => void;
}

export interface FuzzReport {
  readonly name: string;
  readonly inputs: number;
  readonly ms: number;
  readonly slowestMs: number;
  /** By what the input was meant to be: how many there were, and how many were accepted. */
  readonly tried: ReadonlyMap<string, { readonly inputs: number; readonly accepted: number }>;
  readonly refusals: ReadonlyMap<string, number>;
  /** After a collection: when a tenth was done, and at the end. */
  readonly heapBytes: readonly [number, number];
}

/** One input may take so long; most of it is for a machine that is busy with other things. */
const MAX_INPUT_MS = 2_000;
/** What the measurement itself, compiled code and counters may take. */
const MAX_GROWTH_BYTES = 8 * 2 ** 20;

/** What went wrong, and the line that tries it again. */
export class FuzzFailure extends Error {
  readonly code = "fuzz-failure";
}

/** Tries inputs until one breaks a promise. @throws {FuzzFailure} then. */
export async function fuzz(target: Target, { inputs, seed, from = 0, at }: FuzzRun): Promise<FuzzReport> {
  const tried = new Map<string, { inputs: number; accepted: number }>();
  const refusals = new Map<string, number>();
  const startMs = performance.now();
  let [slowestMs, begunBytes] = [0, 0];
  let trialFrom = from - (from % target.trialInputs);
  const fails = (cause: unknown, input: number): FuzzFailure =>
    new FuzzFailure(`${target.name}: ${cause instanceof Error ? cause.message : String(cause)}\n${replayLine(target, { seed, from: trialFrom, inputs: input + 1 - trialFrom })}`, { cause });

  for (let input = trialFrom; input < from + inputs; ) {
    trialFrom = input;
    const trial = target.begin(chanceOf(seed, input / target.trialInputs));
    const until = Math.min(trialFrom + target.trialInputs, from + inputs);
    try {
      for (; input < until; input++) {
        if (input === from + Math.floor(inputs / 10)) begunBytes = heapBytes();
        at?.(input);
        const beganMs = performance.now();
        const next = trial.next();
        const verdict = next instanceof Promise ? await next : next;
        slowestMs = Math.max(slowestMs, performance.now() - beganMs);
        if (slowestMs > MAX_INPUT_MS) throw new Error(`one input took ${Math.round(slowestMs)} ms`);
        count(verdict);
      }
      trial.end?.();
    } catch (error) {
      throw fails(error, Math.min(input, until - 1));
    }
  }
  const ms = performance.now() - startMs;
  const endBytes = heapBytes();
  if (inputs >= 10 && endBytes - begunBytes > MAX_GROWTH_BYTES) throw fails(`the heap grew by ${endBytes - begunBytes} bytes`, from + inputs - 1);
  return { name: target.name, inputs, ms, slowestMs, tried, refusals, heapBytes: [begunBytes, endBytes] };

  function count({ of, refusal }: Verdict): void {
    const counts = tried.get(of) ?? { inputs: 0, accepted: 0 };
    counts.inputs += 1;
    if (refusal === undefined) counts.accepted += 1;
    else refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1);
    tried.set(of, counts);
  }
}

export const replayLine = (target: Target, { seed, from, inputs }: { seed: number; from: number; inputs: number }): string =>
  `npm run fuzz -- --target ${target.name.replaceAll(" ", "-")} --seed ${seed} --from ${from} --inputs ${inputs}`;

function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}
