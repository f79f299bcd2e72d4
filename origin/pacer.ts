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
/** What an idle line may send at once; more would make short responses look faster than the line. */
const IDLE_BURST_MS = 15;
/** What a busy line catches up with after the process was held up. */
const BUSY_BURST_MS = 250;
const UNLIMITED_TAKE_BYTES = 64 * 1024;

interface Bucket {
  bytes: number;
  filledMs: number;
}

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

/** Adds what the rate allowed since the last look; returns the whole bytes there are. */
function fill(bucket: Bucket, rateBps: number | undefined, now: number): number {
  if (rateBps === undefined) {
    bucket.bytes = 0;
    bucket.filledMs = now;
    return UNLIMITED_TAKE_BYTES * 1024;
  }
  const bytesPerMs = rateBps / 8000;
  bucket.bytes = Math.min(bucket.bytes + (now - bucket.filledMs) * bytesPerMs, Math.max(1, BUSY_BURST_MS * bytesPerMs));
  bucket.filledMs = now;
  return Math.max(0, Math.floor(bucket.bytes));
}

function settle(bucket: Bucket, rateBps: number | undefined, now: number): void {
  fill(bucket, rateBps, now);
  if (rateBps !== undefined) bucket.bytes = Math.min(bucket.bytes, (IDLE_BURST_MS * rateBps) / 8000);
}

/** Divides a budget equally, but nobody gets more than it wants (max-min fairness). Whole numbers. */
export function fairShares(budget: number, wants: readonly number[]): number[] {
  const shares = wants.map(() => 0);
  const order = wants.map((_, index) => index).sort((a, b) => (wants[a] ?? 0) - (wants[b] ?? 0) || a - b);
  let left = budget;
  order.forEach((index, position) => {
    const share = Math.min(wants[index] ?? 0, Math.floor(left / (order.length - position)));
    shares[index] = share;
    left -= share;
  });
  return shares;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
