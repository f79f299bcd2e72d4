import type { CodeWork } from "./code-work.js";
import type { Neighbour } from "./neighbour.js";
import { type PushParts, SUBSTREAMS } from "./push.js";
import { numberOf, PARITIES, type Row, type Rows } from "./rows.js";
import type { StoredSegment } from "./stored-segment.js";

/** A child's map is so old; until then its row may be whole without us. */
const WAIT_MS = 200;
/** A row that lacks more than this parity can make up for may get the rest of others; after so long it is sent all the same. */
const LONE_MS = 500;
/** What the uplink could not carry by then is not worth carrying. */
const STALE_MS = 3_000;
const MAX_WAITING = 512;

interface Waiting {
  readonly to: Neighbour;
  readonly row: Row;
  readonly index: number;
  readonly fromMs: number;
}

/** Makes parity of whole rows and sends it to those who subscribed to it, when the uplink has nothing else to do. */
export class ParityGiver {
  readonly #p: PushParts;
  readonly #rows: Rows;
  readonly #work: CodeWork;
  #waiting: Waiting[] = [];
  /** When each neighbour's map was heard last. */
  readonly #mapMs = new WeakMap<Neighbour, number>();

  constructor(parts: PushParts, rows: Rows, work: CodeWork) {
    this.#p = parts;
    this.#rows = rows;
    this.#work = work;
  }

  /** A row is whole now. */
  whole(row: Row, nowMs: number): void {
    for (const n of this.#p.state.neighbours.values()) if (n.takes >>> SUBSTREAMS !== 0) this.#queue(n, row, n.takes >>> SUBSTREAMS, nowMs + WAIT_MS);
  }

  /** A child has come: what it lacks by its map, at once. */
  catchUp(child: Neighbour, indices: number, recent: readonly StoredSegment[], nowMs: number): void {
    for (const segment of recent)
      for (let chunk = 0; chunk < segment.chunks; chunk += SUBSTREAMS) {
        const row = this.#rows.of(segment, chunk);
        if (row.isWhole) this.#queue(child, row, indices, nowMs);
      }
  }

  /** A neighbour has said what it holds now. */
  heard(from: Neighbour, nowMs: number): void {
    this.#mapMs.set(from, nowMs);
  }

  pump(nowMs: number): void {
    const { state } = this.#p;
    this.#waiting = this.#waiting.filter((item) => {
      const { to, row, index, fromMs } = item;
      if (nowMs > fromMs + STALE_MS || state.neighbours.get(to.peer) !== to || to.choked || ((to.takes >>> SUBSTREAMS) & (1 << index)) === 0 || (row.holders & to.bit) !== 0 || !row.isWhole) return false;
      // Chunks go first, and parity takes nothing that could not be overtaken.
      const held = row.heldBy(to);
      if (held === 0 || (held < SUBSTREAMS - 1 - index && nowMs < fromMs + LONE_MS)) return true;
      if ((this.#mapMs.get(to) ?? -Infinity) < fromMs || to.bufferedBytes > 0 || to.uploads.length > 0) return true;
      const payload = this.#made(row, index);
      if (payload === undefined) return true;
      state.send(to.peer, { type: "DATA", segment: row.segment.ref, chunk: numberOf(row, index), payload });
      to.drainedMs = nowMs;
      to.bufferedBytes += payload.length;
      to.uploadedBytes += payload.length;
      state.counters.uploadedBytes += payload.length;
      return false;
    });
  }

  #queue(to: Neighbour, row: Row, indices: number, fromMs: number): void {
    if ((row.holders & to.bit) !== 0) return;
    for (let index = 0; index < PARITIES; index++)
      if (((indices >> index) & 1) === 1 && this.#waiting.length < MAX_WAITING && !this.#waiting.some((w) => w.to === to && w.row === row && w.index === index)) this.#waiting.push({ to, row, index, fromMs });
  }

  #made(row: Row, index: number): Uint8Array | undefined {
    if (row.made.has(index)) return row.made.get(index);
    row.made.set(index, undefined);
    this.#work.ask(row, { known: row.known(), wanted: [{ index: SUBSTREAMS + index, lengthBytes: row.lengthBytes }] }, ([payload]) => row.made.set(index, payload));
    return undefined;
  }
}
