import type { CodeWork } from "./code-work.js";
import { TRUST_AFTER } from "./config.js";
import type { PeerId } from "./ids.js";
import { Neighbour } from "./neighbour.js";
import { type PushParts, SUBSTREAMS } from "./push.js";
import type { ParityShard, Row, Rows } from "./rows.js";
import { Chunk } from "./stored-segment.js";

/** Points for a parity shard that the row, once it is whole, does not make: an honest peer may have been deceived... */
const FALSE_PARITY = 40;
/** ...but not where all it holds is signed. */
const FORGED_PARITY = 100;

/**
 * Makes missing chunks of what has come of a row. They are judged like any chunk that arrives, before they are played or forwarded. A parity shard
 * has no hash that anybody could vouch for, so it is never believed itself: where a rebuilt chunk turns out to be false, it is pulled, the whole row
 * is coded again, and whose shard was another one is known by that.
 */
export class Rebuilder {
  readonly #p: PushParts;
  readonly #rows: Rows;
  readonly #work: CodeWork;
  /** Who stands behind rebuilt chunks, by what is written as their giver. */
  readonly #givers = new Map<string, readonly PeerId[]>();

  constructor(parts: PushParts, rows: Rows, work: CodeWork) {
    this.#p = parts;
    this.#rows = rows;
    this.#work = work;
  }

  /** A parity shard has come, of the right length. */
  received(row: Row, shard: ParityShard, nowMs: number): void {
    if (row.shards.has(shard.index) || row.isRebuilding || row.rebuilt !== undefined || row.count(Chunk.missing) === 0) return this.waste(shard);
    row.shards.set(shard.index, shard);
    this.stored(row, nowMs);
  }

  /** Something of the row has come. */
  stored(row: Row, nowMs: number): void {
    if (row.isWhole) this.#settle(row, nowMs);
    else if (!row.isRebuilding && row.rebuilt === undefined && row.shards.size > 0) this.#rebuild(row);
  }

  /** Parity of no use counts like a chunk that was there already. */
  waste({ bytes }: ParityShard): void {
    this.#p.state.counters.duplicateBytes += bytes.length;
  }

  /** A neighbour that helped to make the chunks of such a giver; undefined where it is a giver like others. */
  helperOf(giver: string): PeerId | undefined {
    return this.#givers.get(giver)?.[0];
  }

  /** A liar has been banned: what its parity made, and nobody has confirmed, goes with what it gave. */
  distrust(peer: PeerId): void {
    for (const [giver, senders] of this.#givers) {
      if (!senders.includes(peer)) continue;
      this.#p.judging().judge.dropSoleWord(giver as PeerId);
      this.#givers.delete(giver);
    }
  }

  #rebuild(row: Row): void {
    const known = row.known();
    const used = [...row.shards.values()].filter(({ from }) => this.#isTrusted(from)).slice(0, SUBSTREAMS - known.length);
    const missing: number[] = [];
    for (let chunk = row.first; chunk < row.end; chunk++) if (row.segment.state[chunk] === Chunk.missing) missing.push(chunk);
    if (missing.length === 0 || known.length + used.length < SUBSTREAMS) return;
    row.isRebuilding = true;
    this.#work.ask(
      row,
      {
        known: [...known, ...used.map(({ index, bytes }) => ({ index: SUBSTREAMS + index, bytes }))],
        wanted: missing.map((chunk) => ({ index: chunk - row.first, lengthBytes: row.segment.chunkLength(chunk) })),
      },
      (payloads, nowMs) => {
        row.isRebuilding = false;
        // Its size was corrected meanwhile, or the live window has passed it.
        if (this.#isStale(row)) return;
        this.#submit(row, used, new Map(missing.map((chunk, i) => [chunk, payloads[i] as Uint8Array])), nowMs);
      },
    );
  }

  #submit(row: Row, used: readonly ParityShard[], made: ReadonlyMap<number, Uint8Array>, nowMs: number): void {
    const { segment } = row;
    const { state, downloads, judging } = this.#p;
    const { judge, desk } = judging();
    const giver = this.#standIn(used, nowMs);
    const chunks = new Map([...made].filter(([chunk]) => segment.state[chunk] === Chunk.missing));
    row.rebuilt = { used, chunks };
    for (const shard of [...row.shards.values()].filter((s) => !used.includes(s)).concat(used.slice(chunks.size))) this.waste(shard);
    row.shards.clear();
    for (const [chunk, payload] of chunks) {
      desk.received(segment, nowMs);
      segment.receive(chunk, payload, giver.peer);
      state.store.heldBytes += payload.length;
      if (segment.requested[chunk] !== 0) downloads.cancel((r) => r.segment === segment && r.chunk === chunk);
      judge.submit(segment, chunk, payload, giver);
    }
    if (chunks.size === 0) this.#settle(row, nowMs);
  }

  /** The row is whole and true. */
  #settle(row: Row, nowMs: number): void {
    for (const shard of row.shards.values()) this.waste(shard);
    row.shards.clear();
    const { rebuilt, segment } = row;
    if (rebuilt === undefined) return;
    row.rebuilt = undefined;
    const isTrue = [...rebuilt.chunks].every(([chunk, payload]) => segment.payloads[chunk] === payload);
    if (isTrue) return [...rebuilt.chunks.keys()].forEach((chunk, i) => this.#p.uploads.received((rebuilt.used[i] as ParityShard).from.peer, segment, chunk, nowMs));
    const wanted = rebuilt.used.map(({ index }) => ({ index: SUBSTREAMS + index, lengthBytes: row.lengthBytes }));
    this.#work.ask(row, { known: row.known(), wanted }, (payloads, laterMs) =>
      rebuilt.used.forEach(({ from, bytes }, i) => {
        if (!isSame(bytes, payloads[i] as Uint8Array)) this.#p.judging().blame(from.peer, this.#isSigned ? FORGED_PARITY : FALSE_PARITY, "false parity", laterMs);
      }),
    );
  }

  /**
   * A rebuilt chunk's giver is nobody who could be blamed for it before it is known whose fault a false one is. Words of other neighbours, the origin
   * and the signature count for and against it as for any chunk.
   */
  #standIn(used: readonly ParityShard[], nowMs: number): Neighbour {
    const senders = used.map(({ from }) => from.peer);
    const id = `parity of ${senders.join(" and ")}`;
    this.#givers.set(id, senders);
    const standIn = new Neighbour(id as PeerId, 0, nowMs);
    standIn.checked = true;
    return standIn;
  }

  /** Without a signature, as for a chunk that only its giver vouches for: who has proved good. */
  #isTrusted(from: Neighbour): boolean {
    return this.#isSigned || from.checked || from.confirmedChunks >= TRUST_AFTER;
  }

  get #isSigned(): boolean {
    return this.#p.state.options.belief !== undefined;
  }

  #isStale({ segment, first, number }: Row): boolean {
    return this.#p.state.store.get(segment.ref) !== segment || first >= segment.chunks || this.#rows.of(segment, first).number !== number;
  }
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
