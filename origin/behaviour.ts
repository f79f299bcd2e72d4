import type { Rates } from "./pacer.js";

/** A line's rate and delay. */
export interface Shaping extends Rates {
  /** From a request's arrival to the first byte of its answer. */
  readonly latencyMs: number;
}

/** The access line of BENCHMARKS-style runs: 12 Mb/s a client, 20 ms. */
export const BENCH_SHAPING: Shaping = { clientBps: 12_000_000, latencyMs: 20 };

/** How the origin answers; every field can change at run time. */
export interface OriginBehaviour {
  /** Whether Range is honoured (206); otherwise every answer is the whole file (200). Default true. */
  readonly acceptsRange: boolean;
  /** Whether cross-origin scripts may read Content-Length and Content-Range. Default true. */
  readonly exposesHeaders: boolean;
  /** Whether streams need a `token` query parameter (any value); 403 without. Default false. */
  readonly requiresToken: boolean;
  /** While true every connection is destroyed, those in mid-answer too. Default false. */
  readonly isDown: boolean;
  /** Default undefined: not shaped. */
  readonly shaping: Shaping | undefined;
}

/** A healthy, fast origin. */
export const DEFAULT_BEHAVIOUR: OriginBehaviour = {
  acceptsRange: true,
  exposesHeaders: true,
  requiresToken: false,
  isDown: false,
  shaping: undefined,
};
