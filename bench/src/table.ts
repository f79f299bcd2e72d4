import type { Result } from "./contract.js";
import { median } from "./result.js";

const columns: readonly { readonly head: string; readonly cell: (result: Result) => string }[] = [
  { head: "player", cell: (result) => result.player },
  { head: "copies", cell: (result) => result.originCopies.toFixed(2) },
  { head: "steady", cell: (result) => result.steadyCopies.toFixed(2) },
  { head: "offload", cell: (result) => `${percent(result.offload)} of ${percent(result.offloadBound)}` },
  { head: "start-up ms", cell: (result) => `${number(median(result.startupMs), 0)} (${result.startupMs.join(" ")})` },
  { head: "stall ms", cell: (result) => String(result.stallMs) },
  { head: "latency s", cell: (result) => number(median(result.latencyS), 1) },
  { head: "origin MB", cell: (result) => megabytes(result.originBytes) },
  { head: "p2p MB", cell: (result) => megabytes(result.p2pBytes) },
  { head: "level", cell: (result) => number(result.levels.reduce((sum, { average }) => sum + average, 0) / result.levels.length, 2) },
  { head: "switches", cell: (result) => String(result.levelSwitches) },
  { head: "Jain", cell: (result) => (result.jain === null ? "-" : result.jain.toFixed(2)) },
];

/** The players of one scenario side by side, as text. */
export function table(results: readonly Result[]): string {
  const first = results[0];
  if (!first) return "";
  const rows = [columns.map((column) => column.head), ...results.map((result) => columns.map((column) => column.cell(result)))];
  const widths = columns.map((_column, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  ").trimEnd());
  const goodputs = results.flatMap(({ player, goodputBps, bareBps }) =>
    goodputBps === undefined || bareBps === undefined
      ? []
      : [`${player}: ${megabytes(goodputBps / 8)} MB/s, a bare data channel ${megabytes(bareBps / 8)} MB/s: ${percent(goodputBps / bareBps)}`],
  );
  return [`${first.scenario}, ${first.viewers} viewers`, ...lines, ...goodputs].join("\n");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function number(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : "-";
}
