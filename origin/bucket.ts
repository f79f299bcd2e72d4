/** Bytes that may be sent, growing with time at a rate. */
export interface Bucket {
  bytes: number;
  filledMs: number;
}

/** What an idle line may send at once; more would make short responses look faster than the line. */
const IDLE_BURST_MS = 15;
/** What a busy line catches up with after the process was held up. */
const BUSY_BURST_MS = 250;

/** Adds what the rate allowed since the last look; returns the whole bytes there are. */
export function fill(bucket: Bucket, rateBps: number | undefined, now: number): number {
  if (rateBps === undefined) {
    bucket.bytes = 0;
    bucket.filledMs = now;
    return Number.MAX_SAFE_INTEGER;
  }
  const bytesPerMs = rateBps / 8000;
  bucket.bytes = Math.min(bucket.bytes + (now - bucket.filledMs) * bytesPerMs, Math.max(1, BUSY_BURST_MS * bytesPerMs));
  bucket.filledMs = now;
  return Math.max(0, Math.floor(bucket.bytes));
}

/** Fills a bucket whose line was idle: no more than a short burst is left of what it could have sent. */
export function settle(bucket: Bucket, rateBps: number | undefined, now: number): void {
  fill(bucket, rateBps, now);
  if (rateBps !== undefined) bucket.bytes = Math.min(bucket.bytes, (IDLE_BURST_MS * rateBps) / 8000);
}
