import { countBits } from "./bitfield.js";
import { MAX_CLAIMS, MAX_PIPELINE, MAX_PROMISED_SEGMENTS, MAX_UPLOAD_QUEUE } from "./config.js";
import { chunkCount } from "./segment.js";
import type { EngineState } from "./state.js";
import type { StoredSegment } from "./stored-segment.js";

/** For tests and simulation, after every step: throws when the engine's books do not balance or a bound is broken. */
export function assertInvariants(state: EngineState): void {
  const { store, neighbours, wanted, options } = state;
  assertSegments(store.segments.values());
  let heldBytes = 0;
  for (const s of store.segments.values()) heldBytes += s.heldBytes;
  demand(heldBytes === store.heldBytes, () => `store counts ${store.heldBytes} of ${heldBytes} bytes`);
  for (const s of store.segments.values()) demand(wanted.has(s) === (s.wants.size > 0 && !s.complete), () => `${s.ref.id}: wanted`);
  for (const s of wanted) demand(store.segments.get(s.ref.id) === s, () => `${s.ref.id}: wanted and not known`);
  demand(neighbours.size <= options.maxNeighbours, () => "too many neighbours");
  const requests = new Map<StoredSegment, Map<number, number>>();
  for (const n of neighbours.values()) {
    demand(n.outstanding.length <= 2 * MAX_PIPELINE && n.uploads.length <= MAX_UPLOAD_QUEUE, () => `${n.peer}: queues`);
    demand(n.claims.size <= MAX_CLAIMS && n.promises.size <= MAX_PROMISED_SEGMENTS, () => `${n.peer}: claims or promises`);
    for (const { segment, chunk } of n.outstanding) {
      const counts = requests.get(segment) ?? new Map<number, number>();
      requests.set(segment, counts.set(chunk, (counts.get(chunk) ?? 0) + 1));
      demand((counts.get(chunk) ?? 0) <= 2, () => `${segment.ref.id}/${chunk}: requested more than twice`);
    }
  }
  let columns = 0;
  for (const n of neighbours.values()) {
    demand((columns & n.bit) === 0, () => `${n.peer}: another one's column`);
    columns |= n.bit;
  }
  for (const s of store.segments.values()) {
    demand(s.holders.every((bits) => (bits & ~columns) === 0), () => `${s.ref.id}: held by one who is gone`);
    const counts = requests.get(s);
    s.requested.forEach((count, i) => demand(count === (counts?.get(i) ?? 0), () => `${s.ref.id}/${i}: ${count} requests counted of ${counts?.get(i) ?? 0}`));
  }
}

/** For tests and simulation: throws when the books of a segment do not balance. */
export function assertSegments(segments: Iterable<StoredSegment>): void {
  for (const s of segments) {
    if (s.chunks !== (s.sizeBytes === undefined ? 0 : chunkCount(s.sizeBytes))) throw new Error(`${s.ref.id}: ${s.chunks} chunks of ${s.sizeBytes} bytes`);
    if (countBits(s.verified, s.chunks) !== s.verifiedCount) throw new Error(`${s.ref.id}: verified count`);
    let held = 0;
    for (const p of s.payloads) held += p?.length ?? 0;
    if (held !== s.heldBytes) throw new Error(`${s.ref.id}: held bytes`);
  }
}

function demand(holds: boolean, what: () => string): void {
  if (!holds) throw new Error(what());
}
