import { type AccessEntry, isMedia } from "../origin/access-log.js";
import type { Origin } from "../origin/server.js";
import { sum } from "./figures.js";
import type { Handed } from "./page/recorder.js";
import type { Viewer } from "./viewer.js";

export interface OriginCopies {
  /** Origin bytes / bytes of the distinct segments that were handed to anybody. */
  readonly all: number;
  /** The same without each viewer's first segment, which always comes from the origin. */
  readonly steady: number;
}

/** From the access log, for viewers with one player each. */
export async function originCopies(viewers: readonly Viewer[], origin: Origin): Promise<OriginCopies> {
  const handed = await Promise.all(viewers.map(async (viewer) => ({ name: viewer.name, handed: (await viewer.report()).handed })));
  return copiesOf(handed, origin.log());
}

/** The same from what each was handed and from the log. */
export function copiesOf(viewers: readonly { readonly name: string; readonly handed: readonly Handed[] }[], log: readonly AccessEntry[]): OriginCopies {
  const distinct = new Map<string, number>();
  const firstPaths = new Map<string, string>();
  for (const { name, handed } of viewers) {
    for (const { path, bytes } of handed) distinct.set(path, bytes);
    firstPaths.set(name, handed[0]?.path ?? "");
  }
  const requests = log.filter(isMedia);
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
