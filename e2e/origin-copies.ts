import { isMedia } from "../origin/access-log.js";
import type { Origin } from "../origin/server.js";
import type { Viewer } from "./viewer.js";

export interface OriginCopies {
  /** Origin bytes / bytes of the distinct segments that were handed to anybody. */
  readonly all: number;
  /** The same without each viewer's first segment, which always comes from the origin. */
  readonly steady: number;
}

/** From the access log, for viewers with one player each. */
export async function originCopies(viewers: readonly Viewer[], origin: Origin): Promise<OriginCopies> {
  const distinct = new Map<string, number>();
  const firstPaths = new Map<string, string>();
  for (const viewer of viewers) {
    const { handed } = await viewer.report();
    for (const { path, bytes } of handed) distinct.set(path, bytes);
    firstPaths.set(viewer.name, handed[0]?.path ?? "");
  }
  const requests = origin.log().filter(isMedia);
  const first = requests.filter(({ viewer, path }) => firstPaths.get(viewer) === path);
  const streamBytes = sum([...distinct.values()]);
  const originBytes = sum(requests.map(({ bytesSent }) => bytesSent));
  const firstBytes = sum(first.map(({ bytesSent }) => bytesSent));
  const firstOnce = distinct.get([...firstPaths.values()][0] ?? "") ?? 0;
  return { all: originBytes / streamBytes, steady: (originBytes - firstBytes) / (streamBytes - firstOnce) };
}

/** Why each viewer asked the origin, and what it got from whom. */
export async function fetchCauses(viewers: readonly Viewer[]): Promise<unknown[]> {
  const stats = await Promise.all(viewers.map((viewer) => viewer.playerStats()));
  return stats.map(({ fetches, originBytes, peerBytes, duplicateBytes, errors }) => ({ fetches, originBytes, peerBytes, duplicateBytes, errors }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
