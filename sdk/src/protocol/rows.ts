import type { Neighbour } from "./neighbour.js";
import { SUBSTREAMS } from "./push.js";
import { CHUNK_BYTES } from "./segment.js";
import { Chunk, type StoredSegment } from "./stored-segment.js";

/** Parity shards of a row: any four of its eight shards make the others. Octoshape's own figures are 4 of 12; more than four never help a row that is short of four. */
export const PARITIES = 4;

/** A parity shard that has come. */
export interface ParityShard {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly from: Neighbour;
}

/** K chunks of a segment that follow each other, one of each sub-stream. The last row of a segment may have fewer; what it lacks counts as zeros. */
export class Row {
  /** Parity shards that are of use, by their index. */
  readonly shards = new Map<number, ParityShard>();
  /** Made here, for children; undefined while that is under way. */
  readonly made = new Map<number, Uint8Array | undefined>();
  /** When a chunk of it came last. */
  newestMs = -Infinity;
  isRebuilding = false;
  /** What its missing chunks were made of, and what came out. */
  rebuilt: { readonly used: readonly ParityShard[]; readonly chunks: ReadonlyMap<number, Uint8Array> } | undefined;

  constructor(
    readonly segment: StoredSegment,
    readonly number: number,
  ) {}

  get first(): number {
    return this.number * SUBSTREAMS;
  }

  get end(): number {
    return Math.min(this.first + SUBSTREAMS, this.segment.chunks);
  }

  /** Of a parity shard: that of the longest chunk. */
  get lengthBytes(): number {
    return Math.min(CHUNK_BYTES, this.segment.chunkLength(this.first));
  }

  count(state: number): number {
    let count = 0;
    for (let i = this.first; i < this.end; i++) if (this.segment.state[i] === state) count++;
    return count;
  }

  /** Whether a chunk of it is neither here nor asked for. */
  get isOpen(): boolean {
    const { state, requested, fetching } = this.segment;
    for (let i = this.first; i < this.end; i++) if (state[i] === Chunk.missing && requested[i] === 0 && fetching[i] === 0) return true;
    return false;
  }

  get isWhole(): boolean {
    return this.count(Chunk.verified) === this.end - this.first;
  }

  /** How much of it a neighbour says it holds, zeros behind the end included. */
  heldBy({ bit }: Neighbour): number {
    let held = SUBSTREAMS - (this.end - this.first);
    for (let i = this.first; i < this.end; i++) if (((this.segment.holders[i] as number) & bit) !== 0) held++;
    return held;
  }

  /** Neighbours that hold all of it, by their bits. */
  get holders(): number {
    let bits = -1;
    for (let i = this.first; i < this.end; i++) bits &= this.segment.holders[i] as number;
    return bits;
  }

  /** What is believed of it, and the zeros behind a segment's end. */
  known(): { readonly index: number; readonly bytes: Uint8Array }[] {
    const known = [];
    for (let index = 0; index < SUBSTREAMS; index++) {
      const chunk = this.first + index;
      if (chunk >= this.end) known.push({ index, bytes: NOTHING });
      else if (this.segment.state[chunk] === Chunk.verified) known.push({ index, bytes: this.segment.payloads[chunk] as Uint8Array });
    }
    return known;
  }
}

const NOTHING = new Uint8Array(0);

/** The rows of segments that somebody has had to do with. */
export class Rows {
  readonly #rows = new WeakMap<StoredSegment, { readonly chunks: number; readonly rows: Map<number, Row> }>();

  /** Of a chunk, or of a parity shard: those are numbered from the end of the segment on, row by row. */
  of(segment: StoredSegment, chunk: number): Row {
    const number = chunk < segment.chunks ? Math.floor(chunk / SUBSTREAMS) : Math.floor((chunk - segment.chunks) / PARITIES);
    let kept = this.#rows.get(segment);
    if (kept?.chunks !== segment.chunks) this.#rows.set(segment, (kept = { chunks: segment.chunks, rows: new Map() }));
    let row = kept.rows.get(number);
    if (row === undefined) kept.rows.set(number, (row = new Row(segment, number)));
    return row;
  }

  known(segment: StoredSegment): Iterable<Row> {
    const kept = this.#rows.get(segment);
    return kept?.chunks === segment.chunks ? kept.rows.values() : [];
  }

  drop(segment: StoredSegment): void {
    this.#rows.delete(segment);
  }
}

/** The number that DATA gives a parity shard, and back. */
export const numberOf = (row: Row, index: number): number => row.segment.chunks + row.number * PARITIES + index;
export const indexOf = (segment: StoredSegment, chunk: number): number => (chunk - segment.chunks) % PARITIES;
