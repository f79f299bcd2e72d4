/** What is held side by side of one scenario in browsers and in the simulator. */
export interface Figures {
  /** 1 - origin bytes / bytes handed to players. */
  readonly offload: number;
  /** Origin bytes / bytes of the distinct segments handed to anybody; steady: without every viewer's first segment. */
  readonly originCopies: { readonly all: number; readonly steady: number };
  /** Media requests, by the engines' reasons. */
  readonly originRequests: Readonly<Record<string, number>>;
  /** By viewer, in the order in which they joined. */
  readonly startupMs: readonly number[];
  readonly latencyS: readonly number[];
  /** Viewers, from 1, in the order of their first frames. */
  readonly startOrder: readonly number[];
  readonly stallMs: number;
  /** Peers banned. All are honest. */
  readonly bans: number;
  /** Bytes that came twice, and those of all messages but DATA, over those of chunks sent. */
  readonly duplicateRatio: number;
  readonly controlRatio: number;
  /** A second and viewer, by type. */
  readonly messages: Readonly<Record<string, number>>;
}

/** The mean of several runs; the order is that of the mean first frames. */
export function meanFigures(runs: readonly Figures[], startOrder: readonly number[]): Figures {
  const by = (get: (run: Figures) => number): number => mean(runs.map(get));
  const list = (get: (run: Figures) => readonly number[]): number[] => (runs[0] === undefined ? [] : get(runs[0]).map((_, i) => by((run) => get(run)[i] ?? Number.NaN)));
  const record = (get: (run: Figures) => Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries([...new Set(runs.flatMap((run) => Object.keys(get(run))))].map((name) => [name, by((run) => get(run)[name] ?? 0)]));
  return {
    offload: by((run) => run.offload),
    originCopies: { all: by((run) => run.originCopies.all), steady: by((run) => run.originCopies.steady) },
    originRequests: record((run) => run.originRequests),
    startupMs: list((run) => run.startupMs),
    latencyS: list((run) => run.latencyS),
    startOrder,
    stallMs: by((run) => run.stallMs),
    bans: by((run) => run.bans),
    duplicateRatio: by((run) => run.duplicateRatio),
    controlRatio: by((run) => run.controlRatio),
    messages: record((run) => run.messages),
  };
}

/** One line a figure, one column a run. */
export function sideBySide(columns: Readonly<Record<string, Figures>>): string {
  const runs = Object.values(columns);
  const rows: string[][] = [["", ...Object.keys(columns)]];
  const row = (name: string, text: (run: Figures) => string): void => void rows.push([name, ...runs.map(text)]);
  const records = (what: string, get: (run: Figures) => Readonly<Record<string, number>>, digits: number): void => {
    for (const name of [...new Set(runs.flatMap((run) => Object.keys(get(run))))].sort()) row(`${what}: ${name}`, (run) => (get(run)[name] ?? 0).toFixed(digits));
  };
  row("offload", (run) => percent(run.offload, 1));
  row("origin copies", (run) => run.originCopies.all.toFixed(2));
  row("origin copies, steady", (run) => run.originCopies.steady.toFixed(2));
  row("order of starting", (run) => run.startOrder.join(" "));
  row("start-up, ms", (run) => run.startupMs.map((ms) => ms.toFixed(0)).join(" "));
  row("start-up, median ms", (run) => median(run.startupMs).toFixed(0));
  row("latency, s", (run) => run.latencyS.map((s) => s.toFixed(1)).join(" "));
  row("stalls, ms", (run) => run.stallMs.toFixed(0));
  row("bans", (run) => run.bans.toFixed(0));
  row("origin requests", (run) => Object.values(run.originRequests).reduce((sum, count) => sum + count, 0).toFixed(1));
  records("origin requests", (run) => run.originRequests, 1);
  row("duplicates", (run) => percent(run.duplicateRatio, 2));
  row("control", (run) => percent(run.controlRatio, 3));
  records("a second and viewer", (run) => run.messages, 2);
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  return rows.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()).join("\n");
}

/** Numbers from 1 of those who come first, second and so on. */
export function orderOf(times: readonly number[]): number[] {
  return times.map((_, index) => index + 1).sort((a, b) => (times[a - 1] ?? Infinity) - (times[b - 1] ?? Infinity));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return mean([sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN, sorted[Math.floor(sorted.length / 2)] ?? Number.NaN]);
}

const percent = (share: number, digits: number): string => `${(100 * share).toFixed(digits)} %`;
