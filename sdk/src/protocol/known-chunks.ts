import type { ChunkRun } from "./message.js";
import type { Store } from "./store.js";
import type { StoredSegment } from "./stored-segment.js";

/** Chunks that one message may speak of. */
export const MAX_KNOWN = 4_096;

/** Those of segments that are known, in bounds. */
export function* knownChunks(store: Store, runs: readonly ChunkRun[]): Generator<{ segment: StoredSegment; chunk: number }> {
  let budget = MAX_KNOWN;
  for (const run of runs) {
    budget -= run.count;
    if (budget < 0) return;
    const segment = store.get(run.segment);
    if (segment === undefined) continue;
    for (let chunk = run.first; chunk < Math.min(run.first + run.count, segment.chunks); chunk++) yield { segment, chunk };
  }
}
