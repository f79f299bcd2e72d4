import type { Arrival } from "./contract.js";
import { sum } from "./result.js";

/** A pause longer than this is the player not asking, not the channel not delivering. */
const pauseMs = 200;
/** Left out at either end: slow start, and the last segment's leftovers. */
const edgeShare = 0.1;

/** Rate while data flowed, over the middle of a long transfer, bit/s. */
export function goodputBps(arrivals: readonly Arrival[]): number {
  const total = sum(arrivals.map((arrival) => arrival.bytes));
  let seenBytes = 0;
  let bytes = 0;
  let flowMs = 0;
  let lastMs: number | undefined;
  for (const arrival of arrivals) {
    seenBytes += arrival.bytes;
    if (seenBytes < total * edgeShare || seenBytes > total * (1 - edgeShare)) continue;
    const sinceMs = lastMs === undefined ? Number.POSITIVE_INFINITY : arrival.atMs - lastMs;
    lastMs = arrival.atMs;
    // The first arrival after a pause only starts the clock.
    if (sinceMs > pauseMs) continue;
    bytes += arrival.bytes;
    flowMs += sinceMs;
  }
  return flowMs > 0 ? (bytes * 8000) / flowMs : 0;
}
