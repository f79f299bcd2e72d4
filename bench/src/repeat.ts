import type { Result } from "./contract.js";
import { median } from "./result.js";

/** Several runs of one player as one result: medians of figures, all the values of lists. */
export function merge(runs: readonly Result[]): Result {
  const [first] = runs;
  if (!first) throw new RangeError("there is no run to merge");
  if (runs.length === 1) return first;
  const middle = (figure: (run: Result) => number): number => median(runs.map(figure));
  const jains = runs.flatMap((run) => (run.jain === null ? [] : [run.jain]));
  return {
    ...first,
    originCopies: middle((run) => run.originCopies),
    steadyCopies: middle((run) => run.steadyCopies),
    offload: middle((run) => run.offload),
    startupMs: runs.flatMap((run) => run.startupMs),
    stallMs: middle((run) => run.stallMs),
    latencyS: runs.flatMap((run) => run.latencyS),
    p2pBytes: middle((run) => run.p2pBytes),
    originBytes: middle((run) => run.originBytes),
    levels: runs.flatMap((run) => run.levels),
    levelSwitches: middle((run) => run.levelSwitches),
    jain: jains.length > 0 ? median(jains) : null,
    ...(first.goodputBps === undefined ? {} : { goodputBps: middle((run) => run.goodputBps ?? 0), bareBps: middle((run) => run.bareBps ?? 0) }),
  };
}
