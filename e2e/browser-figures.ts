import { type AccessEntry, isMedia } from "../origin/access-log.js";
import { type Figures, orderOf, sum } from "./figures.js";
import { copiesOf } from "./origin-copies.js";
import type { Viewer } from "./viewer.js";

/** What viewers with one player each went through up to now. `joinedAtMs` and `nowMs` are on one clock. */
export async function browserFigures(viewers: readonly Viewer[], { log, joinedAtMs, nowMs }: { readonly log: readonly AccessEntry[]; readonly joinedAtMs: readonly number[]; readonly nowMs: number }): Promise<Figures> {
  const seen = await Promise.all(viewers.map(async (viewer) => ({
    name: viewer.name, report: await viewer.report(), stats: await viewer.playerStats(), messages: await viewer.messages(),
  })));
  const handed = seen.map(({ name, report }) => ({ name, handed: report.handed }));
  const messages = seen.flatMap((viewer) => Object.entries(viewer.messages));
  const chunkBytes = sum(seen.map(({ stats }) => stats.uploadedBytes));
  const viewerSeconds = sum(joinedAtMs.map((ms) => (nowMs - ms) / 1000));
  const total = (records: readonly (readonly [string, number])[]): Record<string, number> => {
    const totals: Record<string, number> = {};
    for (const [name, value] of records) totals[name] = (totals[name] ?? 0) + value;
    return totals;
  };
  return {
    offload: 1 - sum(log.filter(isMedia).map(({ bytesSent }) => bytesSent)) / sum(handed.flatMap((viewer) => viewer.handed.map(({ bytes }) => bytes))),
    originCopies: copiesOf(handed, log),
    originRequests: total(seen.flatMap(({ stats }) => Object.entries(stats.fetches))),
    startupMs: seen.map(({ report }) => report.startupMs ?? Infinity),
    latencyS: seen.map(({ report }) => report.latencyS ?? Number.NaN),
    startOrder: orderOf(seen.map(({ report }) => report.startedAtMs ?? Infinity)),
    stallMs: sum(seen.map(({ report }) => report.stallMs)),
    bans: sum(seen.map(({ stats }) => stats.bannedPeers)),
    duplicateRatio: sum(seen.map(({ stats }) => stats.duplicateBytes)) / chunkBytes,
    controlRatio: sum(messages.map(([type, { bytes }]) => (type === "DATA" ? 0 : bytes))) / chunkBytes,
    messages: total(messages.map(([type, { count }]) => [type, count / viewerSeconds])),
  };
}
