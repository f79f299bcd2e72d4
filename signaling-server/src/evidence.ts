/** Reports speak of one failure when they are this close. Viewers learn of a segment up to a segment's duration apart. */
const WINDOW_MS = 12_000;
const WINDOW_SEGMENTS = 2;
/** Reports kept of one slice. Several times what is needed, so that a liar's stray sequence numbers do not push honest reports out. */
const MAX_REPORTS = 16;

interface Report {
  readonly peer: string;
  readonly network: string;
  readonly sequence: number;
  readonly atMs: number;
}

/** Who has reported one slice missing lately, bounded; one report a peer, its last. */
export class Evidence {
  #reports: Report[] = [];

  /** Adds a report; how many peers, on how many networks, now say the same. */
  add(report: Report): { peers: number; networks: number } {
    const kept = this.#reports.filter((other) => other.peer !== report.peer && report.atMs - other.atMs <= WINDOW_MS);
    this.#reports = [...kept.slice(-(MAX_REPORTS - 1)), report];
    const agreeing = this.#reports.filter((other) => Math.abs(other.sequence - report.sequence) <= WINDOW_SEGMENTS);
    return { peers: agreeing.length, networks: new Set(agreeing.map((other) => other.network)).size };
  }

  clear(): void {
    this.#reports = [];
  }
}
