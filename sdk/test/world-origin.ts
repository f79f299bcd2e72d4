import type { Effect, Input } from "../src/protocol/contract.js";
import type { FetchId } from "../src/protocol/ids.js";
import type { Clock } from "./world-clock.js";

type Fetch = Extract<Effect, { type: "fetch" }>;

/** How the origin answers; may be changed while the world runs. */
export interface OriginSetting {
  /** Of one viewer's line, shared by its requests. */
  rateBps: number;
  /** Until the first byte. */
  latencyMs: number;
  /** False: a range is ignored and the whole segment sent. */
  ranges: boolean;
  /** False: no header tells the size of a whole segment. */
  tellsSize: boolean;
  /** HTTP status of a failure, 0 for a network error; undefined: the request is answered. */
  fails: (fetch: Fetch, nowMs: number) => number | undefined;
  /** Nothing comes back at all, until the time-out. */
  hangs: (fetch: Fetch, nowMs: number) => boolean;
  timeoutMs: number;
  /** What it sends instead of a segment's bytes. */
  alters: (body: Uint8Array, fetch: Fetch, nowMs: number) => Uint8Array;
}

export interface LoggedFetch {
  readonly atMs: number;
  readonly viewer: string;
  readonly sequence: number;
  readonly reason: Fetch["reason"];
  readonly ranged: boolean;
  /** Body bytes sent so far. */
  bytes: number;
}

const PIECE_BYTES = 32 * 1024;

/** One viewer's way to the origin: its requests share the line piece by piece. */
export class OriginLine {
  readonly #active = new Map<FetchId, { body: Uint8Array; at: number; logged: LoggedFetch }>();
  readonly #open = new Set<FetchId>();
  #busy = false;

  constructor(
    readonly viewer: string,
    readonly clock: Clock,
    readonly setting: OriginSetting,
    readonly log: LoggedFetch[],
    readonly bodyOf: (fetch: Fetch) => Uint8Array | undefined,
    readonly answer: (input: Input) => void,
  ) {}

  fetch(fetch: Fetch): void {
    const { clock, setting } = this;
    const logged: LoggedFetch = { atMs: clock.nowMs, viewer: this.viewer, sequence: fetch.segment.sequence, reason: fetch.reason, ranged: fetch.range !== undefined, bytes: 0 };
    this.log.push(logged);
    this.#open.add(fetch.fetch);
    if (setting.hangs(fetch, clock.nowMs)) {
      clock.in(setting.timeoutMs, () => this.#fail(fetch.fetch, 0, true));
      return;
    }
    clock.in(setting.latencyMs, () => {
      if (!this.#open.has(fetch.fetch)) return;
      const body = this.bodyOf(fetch);
      const whole = body && setting.alters(body, fetch, clock.nowMs);
      const status = setting.fails(fetch, clock.nowMs) ?? (whole === undefined ? 404 : undefined);
      if (status !== undefined || whole === undefined) return this.#fail(fetch.fetch, status ?? 404);
      const range = setting.ranges ? fetch.range : undefined;
      if (range !== undefined && range.start >= whole.length) return this.#fail(fetch.fetch, 416);
      const part = range === undefined ? whole : whole.subarray(range.start, Math.min(range.end, whole.length));
      this.answer({ type: "origin-head", fetch: fetch.fetch, startByte: range?.start ?? 0, sizeBytes: setting.tellsSize ? whole.length : undefined });
      this.#active.set(fetch.fetch, { body: part, at: 0, logged });
      this.#serve();
    });
  }

  abort(fetch: FetchId): void {
    this.#open.delete(fetch);
    this.#active.delete(fetch);
  }

  get activeCount(): number {
    return this.#open.size;
  }

  #fail(fetch: FetchId, status: number, timedOut = false): void {
    if (!this.#open.delete(fetch)) return;
    this.#active.delete(fetch);
    this.answer({ type: "origin-failed", fetch, status, timedOut });
  }

  #serve(): void {
    if (this.#busy) return;
    const [next] = this.#active;
    if (next === undefined) return;
    this.#busy = true;
    const [id, transfer] = next;
    // To the end of the queue: round robin.
    this.#active.delete(id);
    this.#active.set(id, transfer);
    const piece = transfer.body.slice(transfer.at, transfer.at + PIECE_BYTES);
    this.clock.in((piece.length * 8_000) / this.setting.rateBps, () => {
      this.#busy = false;
      if (this.#active.get(id) === transfer) {
        transfer.at += piece.length;
        transfer.logged.bytes += piece.length;
        const done = transfer.at >= transfer.body.length;
        if (done) {
          this.#active.delete(id);
          this.#open.delete(id);
        }
        if (piece.length > 0) this.answer({ type: "origin-bytes", fetch: id, bytes: piece });
        if (done) this.answer({ type: "origin-done", fetch: id });
      }
      this.#serve();
    });
  }
}
