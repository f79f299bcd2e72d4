/** A segment that a viewer was given, and when it would have been too late. */
export interface Need {
  readonly viewer: number;
  readonly segment: string;
  readonly bytes: number;
  readonly fromMs: number;
  readonly dueMs: number;
}

export interface OracleViewer {
  readonly index: number;
  readonly joinedMs: number;
  readonly goneMs: number;
  /** Payload, bit/s. */
  readonly upBps: number;
}

const STEP_MS = 1_000;

/**
 * The best offload that somebody could reach who knew every viewer's plans and store beforehand, and pooled all uplinks.
 * Second by second, whatever uplinks can carry goes to the needs with the nearest deadline that anybody present holds; what
 * nobody has, or has had time for, by its deadline comes from the origin, once, and is there for all from then on. Nothing is in the
 * way: no NAT, no round trip, no neighbourhood, no control traffic.
 */
export function oracleOffload(needs: readonly Need[], viewers: readonly OracleViewer[], seconds: number): number {
  const waiting = [...needs].sort((a, b) => a.fromMs - b.fromMs || a.dueMs - b.dueMs || a.viewer - b.viewer);
  const byIndex = new Map(viewers.map((v) => [v.index, v]));
  const holders = new Map<string, Set<number>>();
  const hold = (need: Need): void => {
    const set = holders.get(need.segment);
    if (set === undefined) holders.set(need.segment, new Set([need.viewer]));
    else set.add(need.viewer);
  };
  const leaving = [...viewers].sort((a, b) => a.goneMs - b.goneMs);
  let open: { readonly need: Need; left: number }[] = [];
  let played = 0;
  let origin = 0;
  let nextNeed = 0;
  let nextLeaver = 0;
  for (let atMs = 0; atMs < seconds * 1000; atMs += STEP_MS) {
    for (let v = leaving[nextLeaver]; v !== undefined && v.goneMs <= atMs; v = leaving[++nextLeaver]) for (const set of holders.values()) set.delete(v.index);
    const before = open.length;
    for (let need = waiting[nextNeed]; need !== undefined && need.fromMs <= atMs + STEP_MS; need = waiting[++nextNeed]) open.push({ need, left: need.bytes });
    if (open.length > before) open.sort((a, b) => a.need.dueMs - b.need.dueMs || a.need.viewer - b.need.viewer);
    let budget = 0;
    for (const v of viewers) if (v.joinedMs <= atMs && v.goneMs > atMs) budget += (v.upBps / 8) * (STEP_MS / 1000);
    open = open.filter((entry) => {
      const { need } = entry;
      const present = holders.get(need.segment)?.size ?? 0;
      if (present > 0 && budget > 0) {
        const given = Math.min(budget, entry.left);
        budget -= given;
        entry.left -= given;
      }
      const overdue = need.dueMs <= atMs + STEP_MS || (byIndex.get(need.viewer)?.goneMs ?? Infinity) <= atMs + STEP_MS;
      if (entry.left > 0 && !overdue) return true;
      origin += entry.left;
      played += need.bytes;
      hold(need);
      return false;
    });
  }
  for (const { need, left } of open) {
    origin += left;
    played += need.bytes;
  }
  return played === 0 ? 0 : 1 - origin / played;
}

export interface LiveOracleViewer {
  /** Payload, bit/s; 0 where it gives nothing. */
  readonly upBps: number;
  readonly hardNat: boolean;
}

/**
 * Live: how many viewers' streams an oracle's uplinks could carry at one moment. Everybody needs one copy, at least one of all comes from the
 * origin, and of two behind hard NATs neither reaches the other: so what hard NATs need is for the others alone to give, who take
 * from hard NATs in turn what those can carry.
 */
export function oracleCopies(viewers: readonly LiveOracleViewer[], rateBps: number): number {
  const up = { hard: 0, easy: 0 };
  let easy = 0;
  for (const { upBps, hardNat } of viewers) {
    up[hardNat ? "hard" : "easy"] += upBps / rateBps;
    if (!hardNat) easy++;
  }
  const byHard = Math.min(up.hard, easy);
  return Math.max(0, Math.min(viewers.length - 1, byHard + Math.min(up.easy, viewers.length - byHard)));
}
