import { fill, settle, type Bucket } from "./bucket.js";
import { fairShares } from "./fair-shares.js";

/** Rates in bits a second; what is undefined is not limited. */
export interface Rates {
  /** One viewer's access line: its parallel requests share it. */
  readonly clientBps?: number;
  /** The origin's own uplink: all viewers share it. */
  readonly globalBps?: number;
}

/** One response's permission to send. */
export interface Transfer {
  /** Resolves with how many of these bytes may be sent now: at least 1, or 0 once the transfer is closed. */
  take(maxBytes: number): Promise<number>;
  close(): void;
}

/** Token buckets for all responses of one origin. */
export interface Pacer {
  setRates(rates: Rates): void;
  /** `transferBps` limits this response alone (the "slow" fault). */
  open(viewer: string, transferBps?: number): Transfer;
}

/** Small steps, so that a receiver measures a steady rate. */
const STEP_MS = 10;
const UNLIMITED_TAKE_BYTES = 64 * 1024;

interface OpenTransfer {
  readonly viewer: string;
  readonly own: Bucket;
  readonly transferBps: number | undefined;
  waiting: { readonly maxBytes: number; readonly resolve: (bytes: number) => void } | undefined;
  closed: boolean;
}

/** A pacer that reads the time from `nowMs`. Its timer runs only while a transfer waits. */
export function createPacer(nowMs: () => number): Pacer {
  const transfers = new Set<OpenTransfer>();
  const lines = new Map<string, Bucket>();
  const uplink: Bucket = { bytes: 0, filledMs: nowMs() };
  let rates: Rates = {};
  let timer: NodeJS.Timeout | undefined;

  function step(): void {
    timer = undefined;
    const now = nowMs();
    const waiting = [...transfers].filter((transfer) => transfer.waiting !== undefined);
    const viewers = groupByViewer(waiting).map((group) => ({
      group,
      line: lines.get(group[0]?.viewer ?? "") ?? { bytes: 0, filledMs: now },
      wants: group.map((transfer) => Math.min(transfer.waiting?.maxBytes ?? 0, fill(transfer.own, transfer.transferBps, now))),
    }));
    const viewerWants = viewers.map(({ line, wants }) => Math.min(sum(wants), fill(line, rates.clientBps, now)));
    const viewerShares = fairShares(fill(uplink, rates.globalBps, now), viewerWants);
    viewers.forEach(({ group, line, wants }, index) => {
      fairShares(viewerShares[index] ?? 0, wants).forEach((bytes, position) => {
        const transfer = group[position];
        if (bytes === 0 || transfer === undefined) return;
        for (const bucket of [line, uplink, transfer.own]) bucket.bytes -= bytes;
        grant(transfer, bytes);
      });
    });
    if (waiting.some((transfer) => transfer.waiting !== undefined)) timer = setTimeout(step, STEP_MS);
  }

  function open(viewer: string, transferBps?: number): Transfer {
    const now = nowMs();
    const line = lines.get(viewer) ?? { bytes: 0, filledMs: now };
    const isIdle = ![...transfers].some((transfer) => transfer.viewer === viewer);
    if (isIdle) settle(line, rates.clientBps, now);
    if (transfers.size === 0) settle(uplink, rates.globalBps, now);
    lines.set(viewer, line);
    const transfer: OpenTransfer = { viewer, own: { bytes: 0, filledMs: now }, transferBps, waiting: undefined, closed: false };
    transfers.add(transfer);
    return {
      take: (maxBytes) => take(transfer, maxBytes),
      close() {
        transfer.closed = true;
        transfers.delete(transfer);
        grant(transfer, 0);
        if (![...transfers].some((other) => other.viewer === viewer)) forgetFullLine(viewer);
      },
    };
  }

  async function take(transfer: OpenTransfer, maxBytes: number): Promise<number> {
    if (transfer.closed) return 0;
    const isLimited = rates.clientBps ?? rates.globalBps ?? transfer.transferBps;
    if (isLimited === undefined) return Math.min(maxBytes, UNLIMITED_TAKE_BYTES);
    return new Promise((resolve) => {
      transfer.waiting = { maxBytes, resolve };
      timer ??= setTimeout(step, STEP_MS);
    });
  }

  /** Connections come and go; their lines must not pile up. An idle line is full again after its burst time. */
  function forgetFullLine(viewer: string): void {
    const line = lines.get(viewer);
    if (line !== undefined && line.bytes >= 0) lines.delete(viewer);
  }

  return {
    setRates(next) {
      rates = next;
      const now = nowMs();
      for (const line of lines.values()) settle(line, rates.clientBps, now);
      settle(uplink, rates.globalBps, now);
    },
    open,
  };
}

function groupByViewer(transfers: readonly OpenTransfer[]): OpenTransfer[][] {
  const groups = new Map<string, OpenTransfer[]>();
  for (const transfer of transfers) {
    const group = groups.get(transfer.viewer) ?? [];
    group.push(transfer);
    groups.set(transfer.viewer, group);
  }
  return [...groups.values()];
}

function grant(transfer: OpenTransfer, bytes: number): void {
  const { waiting } = transfer;
  transfer.waiting = undefined;
  waiting?.resolve(bytes);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
