import type { CodeWork } from "./code-work.js";
import type { Message } from "./message.js";
import type { Neighbour } from "./neighbour.js";
import { ParityGiver } from "./parity-giver.js";
import { type PushParts, SUBSTREAMS } from "./push.js";
import { Rebuilder } from "./rebuilder.js";
import { indexOf, PARITIES, type Row, Rows } from "./rows.js";
import { Chunk, type StoredSegment } from "./stored-segment.js";

/**
 * A chunk that its row has waited for so long counts as lost, whether its parent has left, is slow, or its line has lost a packet; the further from the roots
 * the longer, since what is lost above is made up for above. Simulated: with the same time for all everybody below a loss subscribed, three of four
 * parity shards came too late, and took uplinks from chunks.
 */
const LOSS_MS = 300;
const LOSS_PER_HOP_MS = 150;
/** Parity is subscribed to for so long after the last loss. */
const HOLD_MS = 3_000;
const REVIEW_MS = 200;
/** Where parity is subscribed to, what it could make up for is not pulled for so long after that. */
const PATIENCE_MS = 600;
/** Who has brought none for so long while there are holes is left. */
const SILENT_MS = 1_500;
/** A peer that has refused, or brought nothing, is not asked again for so long. */
const SHUN_MS = 5_000;
/** What was under way when a subscription ended. */
const LATE_MS = 8_000;

type Data = Extract<Message, { type: "DATA" }>;

/**
 * K of N (SYSTEMS OC1, OC2, ZA2, ZA3): beside the K sub-streams of chunks there are parity sub-streams, made by any peer that holds whole rows and has uplink to
 * spare. Any K shards of a row make all of it, so it makes no difference whose chunk is late, and where in the trees the peer that helps is. They
 * are subscribed to where rows have holes, as many as holes, and given up when there are none any more.
 */
export class Parity {
  readonly count = PARITIES;
  readonly rebuilder: Rebuilder;
  readonly #p: PushParts;
  readonly #giver: ParityGiver;
  readonly #rows = new Rows();
  #recent: readonly StoredSegment[] = [];
  /** Who brings which parity. */
  readonly #parents: (Neighbour | undefined)[] = [];
  readonly #sinceMs: number[] = [];
  readonly #shunnedMs = new WeakMap<Neighbour, number>();
  readonly #lateMs = new WeakMap<Neighbour, number>();
  /** What each neighbour was subscribed to when it was looked at last. */
  readonly #given = new WeakMap<Neighbour, number>();
  /** When rows are to be looked at again: the engine may have nothing else to do. */
  dueMs = Infinity;
  #patienceMs = LOSS_MS;
  #lossMs = -Infinity;
  #cameMs = -Infinity;

  constructor(parts: PushParts, work: CodeWork) {
    this.#p = parts;
    this.rebuilder = new Rebuilder(parts, this.#rows, work);
    this.#giver = new ParityGiver(parts, this.#rows, work);
  }

  // --- child

  /** Sub-streams asked of a neighbour, one bit each. */
  asked(of: Neighbour): number {
    let bits = 0;
    for (let index = 0; index < PARITIES; index++) if (this.#parents[index] === of) bits |= 1 << (SUBSTREAMS + index);
    return bits;
  }

  /** DATA beyond a segment's end. False where it is none that was subscribed to, or not of the right length. */
  received(from: Neighbour, { segment: ref, chunk, payload }: Data, nowMs: number): boolean {
    const segment = this.#p.state.store.get(ref);
    if (segment === undefined || segment.chunks === 0 || !(this.#parents.includes(from) || nowMs < (this.#lateMs.get(from) ?? 0))) return false;
    const row = this.#rows.of(segment, chunk);
    if (row.first >= segment.chunks || payload.length !== row.lengthBytes) return false;
    from.downloadedBytes += payload.length;
    this.#p.state.counters.peerBytes += payload.length;
    this.#cameMs = nowMs;
    const shard = { index: indexOf(segment, chunk), bytes: payload, from };
    // What is kept is bounded by the newest segments.
    if (this.#recent.includes(segment)) this.rebuilder.received(row, shard, nowMs);
    else this.rebuilder.waste(shard);
    return true;
  }

  /** Whether parity is about to make up for a chunk, so that to pull it would be a race. */
  isComing(segment: StoredSegment, chunk: number, nowMs: number): boolean {
    const row = this.#rows.of(segment, chunk);
    if (row.isRebuilding) return true;
    if (nowMs > row.newestMs + this.#patienceMs + PATIENCE_MS) return false;
    const { holders } = row;
    const helpers = this.#parents.reduce((sum, parent) => sum + Number(parent !== undefined && (holders & parent.bit) !== 0), 0);
    return helpers > 0 && row.count(Chunk.missing) <= helpers;
  }

  /** A chunk has become part of the store. */
  stored(segment: StoredSegment, chunk: number, nowMs: number): void {
    const row = this.#rows.of(segment, chunk);
    row.newestMs = nowMs;
    this.rebuilder.stored(row, nowMs);
    if (row.isWhole) this.#giver.whole(row, nowMs);
    else this.dueMs = Math.min(this.dueMs, nowMs + this.#patienceMs);
  }

  /** Who is to be told that something else is asked of it now. `hops`: to the farthest root. */
  review(recent: readonly StoredSegment[], hops: number, nowMs: number): Iterable<Neighbour> {
    for (const segment of this.#recent) if (!recent.includes(segment)) this.#forget(segment);
    this.#recent = recent;
    this.#patienceMs = LOSS_MS + LOSS_PER_HOP_MS * hops;
    const told = new Set<Neighbour>();
    this.dueMs = Infinity;
    const holes = this.#holes(nowMs);
    if (holes.length > 0 || this.#active > 0) this.dueMs = Math.min(this.dueMs, nowMs + REVIEW_MS);
    if (holes.length > 0) this.#lossMs = nowMs;
    const wanted = Math.min(PARITIES, holes.reduce((most, row) => Math.max(most, row.count(Chunk.missing)), nowMs < this.#lossMs + HOLD_MS ? this.#active : 0));
    this.#parents.forEach((parent, index) => {
      if (parent === undefined) return;
      const isSilent = holes.length > 0 && nowMs > Math.max(this.#cameMs, this.#sinceMs[index] ?? 0) + SILENT_MS;
      if (isSilent) this.#shunnedMs.set(parent, nowMs + SHUN_MS);
      if (isSilent || index >= wanted) told.add(this.#leave(index, nowMs));
    });
    for (let index = 0; index < wanted; index++) {
      if (this.#parents[index] !== undefined) continue;
      const parent = this.#best(holes, nowMs);
      if (parent === undefined) break;
      this.#parents[index] = parent;
      this.#sinceMs[index] = nowMs;
      parent.spare--;
      // So that it sees which rows have holes.
      this.#p.announcer.tell(parent, nowMs);
      told.add(parent);
    }
    return [...told].filter((n) => this.#p.state.neighbours.has(n.peer));
  }

  refused(by: Neighbour, bits: number, nowMs: number): void {
    this.#shunnedMs.set(by, nowMs + SHUN_MS);
    this.#parents.forEach((parent, index) => parent === by && ((bits >> (SUBSTREAMS + index)) & 1) === 1 && this.#leave(index, nowMs));
  }

  lost(neighbour: Neighbour): void {
    this.#parents.forEach((parent, index) => parent === neighbour && this.#leave(index, -Infinity));
  }

  /** Another track, or none: who has brought parity hears it. */
  end(): Iterable<Neighbour> {
    return this.#parents.splice(0).filter((n) => n !== undefined);
  }

  // --- parent

  /** A neighbour has said what it takes. */
  offer(child: Neighbour, nowMs: number): void {
    const bits = child.takes >>> SUBSTREAMS;
    const fresh = bits & ~(this.#given.get(child) ?? 0);
    this.#given.set(child, bits);
    if (fresh !== 0) this.#giver.catchUp(child, fresh, this.#recent, nowMs);
  }

  pump(nowMs: number): void {
    this.#giver.pump(nowMs);
  }

  /** A neighbour has said what it holds now. */
  heard(from: Neighbour, nowMs: number): void {
    this.#giver.heard(from, nowMs);
  }

  // --- holes

  /** Rows of which some has come and the rest is late, and is not on its way from the origin or by request. */
  #holes(nowMs: number): readonly Row[] {
    const holes: Row[] = [];
    for (const segment of this.#recent)
      for (const row of this.#rows.known(segment)) {
        if (row.newestMs === -Infinity || !row.isOpen || row.isRebuilding || row.rebuilt !== undefined) continue;
        if (nowMs >= row.newestMs + this.#patienceMs) holes.push(row);
        else this.dueMs = Math.min(this.dueMs, row.newestMs + this.#patienceMs);
      }
    return holes;
  }

  /** Holds the most of the rows that have holes; of equals the nearest. */
  #best(holes: readonly Row[], nowMs: number): Neighbour | undefined {
    let best: Neighbour | undefined;
    let most = 0;
    for (const n of this.#p.state.neighbours.values()) {
      if (!n.usable || n.spare <= 0 || n.subStreams.length !== SUBSTREAMS + PARITIES || nowMs < (this.#shunnedMs.get(n) ?? 0)) continue;
      const held = holes.reduce((sum, row) => sum + Number((row.holders & n.bit) !== 0), 0);
      if (held > most || (held === most && best !== undefined && n.roundTrip.minMs < best.roundTrip.minMs)) [best, most] = [n, held];
    }
    return best;
  }

  get #active(): number {
    return this.#parents.reduce((sum, parent) => sum + Number(parent !== undefined), 0);
  }

  /** A segment is old: nobody makes parity of it any more. */
  #forget(segment: StoredSegment): void {
    for (const row of this.#rows.known(segment)) for (const shard of row.shards.values()) this.rebuilder.waste(shard);
    this.#rows.drop(segment);
  }

  #leave(index: number, nowMs: number): Neighbour {
    const parent = this.#parents[index] as Neighbour;
    this.#parents[index] = undefined;
    this.#lateMs.set(parent, nowMs + LATE_MS);
    return parent;
  }
}
