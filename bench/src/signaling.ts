import { startSignalingServer } from "../../signaling-server/src/server.js";

export interface BenchSignaling {
  readonly url: string;
  close(): Promise<void>;
}

/** Shoal's tracker for one run. */
export function startBenchSignaling(): Promise<BenchSignaling> {
  return startSignalingServer({ port: 0, host: "127.0.0.1", closeTimeoutMs: 500 });
}
