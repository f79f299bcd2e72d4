import type { MediaRequest, Result, Viewer } from "./contract.js";

/** Peers that never exchange media still talk; no run with any media comes near this little. */
const mediaFloorBytes = 64 * 1024;

/** What a run leaves behind: who viewed, and what the origin sent. */
export interface Evidence {
  readonly scenario: string;
  readonly player: string;
  /** In the order in which they joined. */
  readonly viewers: readonly Viewer[];
  readonly requests: readonly MediaRequest[];
}

/** The figures of one run, all of them from the access log and the pages' own clocks. */
export function figures({ scenario, player, viewers, requests }: Evidence): Result {
  const reports = viewers.map((viewer) => viewer.report);
  const originBytes = sum(requests.map((request) => request.bytes));
  const distinct = distinctBytes(viewers);
  const distinctTotal = sum([...distinct.values()]);
  const playedTotal = sum(reports.flatMap((report) => report.loaded.map((fragment) => fragment.bytes)));
  const first = firstSegments(viewers, requests, distinct);
  return {
    scenario,
    player,
    viewers: viewers.length,
    originCopies: ratio(originBytes, distinctTotal),
    steadyCopies: ratio(originBytes - first.originBytes, distinctTotal - first.distinctBytes),
    offload: round(1 - ratio(originBytes, playedTotal)),
    offloadBound: round(1 - 1 / Math.max(1, viewers.length)),
    startupMs: reports.flatMap((report) => (report.startupMs === null ? [] : [Math.round(report.startupMs)])),
    stallMs: Math.round(sum(reports.map((report) => report.stallMs))),
    latencyS: reports.flatMap((report) => (report.latencyS.length === 0 ? [] : [round(median(report.latencyS))])),
    p2pBytes: sum(reports.map((report) => report.receivedBytes)),
    originBytes,
    levels: reports.map(({ playedLevels }) => ({ average: round(ratio(sum(playedLevels), playedLevels.length)), played: playedLevels })),
    levelSwitches: sum(reports.map((report) => report.levelSwitches)),
    jain: jainIndex(reports.map((report) => report.sentBytes)),
  };
}

/** What the last viewer took from the origin although a peer has everything; its first segment is not counted. */
export function newcomerLeak({ viewers, requests }: Evidence): { readonly segments: number; readonly bytes: number } {
  const newcomer = viewers.at(-1);
  const [first, ...rest] = newcomer?.report.loaded ?? [];
  const bytesOf = (path: string): number =>
    sum(requests.filter((request) => request.viewer === newcomer?.id && request.path === path).map((request) => request.bytes));
  const taken = rest.filter(({ path }) => path !== first?.path).map(({ path, bytes }) => ({ bytes, taken: bytesOf(path) }));
  // A spot check against the origin is not a segment that the newcomer did not see at its peer.
  return { segments: taken.filter((segment) => segment.taken >= segment.bytes / 2).length, bytes: sum(taken.map((segment) => segment.taken)) };
}

/** Jain's fairness index (RFC 5166, section 2.4): 1 when all give the same, 1/N when one gives everything; null where it would compare control. */
export function jainIndex(shares: readonly number[]): number | null {
  const total = sum(shares);
  if (total < mediaFloorBytes) return null;
  return round((total * total) / (shares.length * sum(shares.map((share) => share * share))));
}

/** Middle value; the mean of the two middle ones of an even count. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? Number.NaN : (lower + upper) / 2;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Bytes of each segment that anybody's player was handed, by URL path: a segment at two levels counts twice. */
function distinctBytes(viewers: readonly Viewer[]): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const fragment of viewers.flatMap((viewer) => viewer.report.loaded)) {
    bytes.set(fragment.path, Math.max(fragment.bytes, bytes.get(fragment.path) ?? 0));
  }
  return bytes;
}

/**
 * What start-up costs: the origin bytes of each viewer's first segment, and the distinct bytes of the first viewer's.
 * hls.js tests the bandwidth with the lowest level's copy of that segment first; both copies are the first segment.
 */
function firstSegments(
  viewers: readonly Viewer[],
  requests: readonly MediaRequest[],
  distinct: ReadonlyMap<string, number>,
): { originBytes: number; distinctBytes: number } {
  const paths = viewers.map((viewer) => {
    const first = viewer.report.loaded[0];
    return new Set(viewer.report.loaded.filter(({ sequence }) => sequence === first?.sequence).map(({ path }) => path));
  });
  const originBytes = viewers.flatMap((viewer, index) =>
    requests.filter((request) => request.viewer === viewer.id && paths[index]?.has(request.path)).map((request) => request.bytes),
  );
  return {
    originBytes: sum(originBytes),
    distinctBytes: sum([...(paths[0] ?? [])].map((path) => distinct.get(path) ?? 0)),
  };
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? round(part / whole) : 0;
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
