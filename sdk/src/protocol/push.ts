import type { Announcer } from "./announcer.js";
import type { ChunkJudge, JudgeParts } from "./belief.js";
import { MAX_UPLOAD_QUEUE, SEND_HIGH_WATER_BYTES } from "./config.js";
import { allowLate, type Downloads, toRuns } from "./downloads.js";
import type { TrackId } from "./ids.js";
import { knownChunks } from "./known-chunks.js";
import { type ChunkRun, MAX_PATH, MAX_RUNS, type Message, nodeOf, type SubStream } from "./message.js";
import type { Neighbour } from "./neighbour.js";
import type { Parity } from "./parity.js";
import type { Seats } from "./seats.js";
import { CHUNK_BYTES } from "./segment.js";
import type { EngineState } from "./state.js";
import type { Track } from "./store.js";
import { Chunk, type StoredSegment } from "./stored-segment.js";
import type { Uploads } from "./uploads.js";

/** What it works with. */
export interface PushParts {
  readonly state: EngineState;
  readonly announcer: Announcer;
  readonly uploads: Uploads;
  readonly seats: Seats;
  readonly downloads: Downloads;
  /** For chunks that are made here; not before the engine is whole. */
  readonly judging: () => JudgeParts & { readonly judge: ChunkJudge };
}

type SubStreamMap = Extract<Message, { type: "SUBSTREAMS" }>;

/** Sub-streams of a hybrid. A tree is the same with one. */
export const SUBSTREAMS = 4;
/** With less than this left, or a short segment's duration, chunks are pulled also where a push is expected... */
const NEAR_S = 2;
/** ...and where none has come for so long. Simulated: twice as long left gaps open, half of it raced. */
const PATIENCE_MS = 1_000;
/** A sub-stream of which a chunk came so lately brings more. */
const FLOWING_MS = 300;
/** Lag between sub-streams (T_s) and behind neighbours (T_p; NC4), in segments... */
const T_S_AND_P = 1;
/** ...or any lag at all, while nothing comes for so long. */
const SILENT_MS = 1_500;
/** A sub-stream keeps its parent for so long, unless that is lost... */
const T_A_MS = 5_000;
/** ...and four times as long before it goes to one that is nearer to the root by more than this. */
const FEWER_HOPS = 2;
/** A parent that has refused is not asked again for so long; one that was left for so long as the cool-down. */
const SHUN_MS = 10_000;
/** A hop counts so much, and to have nothing that is missing here as much as so many hops: such a parent gives nothing before it gets something. */
const HOP_MS = 1_000;
const NO_HELP_HOPS = 3;
/** Share of the measured uplink that is promised to children. Simulated: 0.5 leaves viewers without, 0.9 delays everybody behind them. */
const COMMITTED = 0.7;
/**
 * auto pushes where segments are due so soon after they appear, and while the uplinks of this peer and its neighbours carry so many
 * times the stream; once begun, so many. Simulated: elsewhere pull is as good, or better.
 */
const SHORT_S = 5;
const AMPLE = 1.7;
const STILL_AMPLE = 1.4;
/** Neighbours are told where we are so often, and of another path to a root so soon; children at once. It may wait for company. */
const MAP_MS = 2_000;
const PATH_NEWS_MS = 200;
const MAP_DELAY_MS = 100;
/** A parent that has said nothing at all for so much longer than others has gone, whatever the connection says. Simulated: 1.5 s takes lines that lose packets for dead. */
const GONE_MS = 2_500;
/** What was pushed before a link ended may come so much later... */
const LATE_MS = 8_000;
/** ...or at any time, as much as the transport had taken: a slow uplink, or a busy one, may hold it for longer. */
const LATE_CHUNKS = SEND_HIGH_WATER_BYTES / CHUNK_BYTES + 1;

/**
 * Push (New Coolstreaming; SYSTEMS NC1-NC4, ZA3, OC2, OC4, ES3, ES4): chunks of a live track whose index has the same remainder are a
 * sub-stream. For each one a peer subscribes with one parent; from then on what one of the two gets, the other is sent, unasked.
 *
 * Both ways, since a segment enters the swarm at several peers, those with origin seats, and they are not all roots. So the links of a
 * sub-stream are one tree over the swarm, and whoever has a chunk first floods it. Everybody knows the path to its root, takes no
 * parent on whose path it is itself, and prefers the root with the smallest number, as bridges do (IEEE 802.1D).
 */
export class Push {
  readonly #state: EngineState;
  readonly #announcer: Announcer;
  readonly #uploads: Uploads;
  readonly #seats: Seats;
  readonly #self: number;
  readonly #parents: (Neighbour | undefined)[] = [];
  /** When each sub-stream got its parent, and since when it is behind and silent. */
  readonly #changedMs: number[] = [];
  readonly #behindMs: number[] = [];
  /** When chunks of each sub-stream of a segment were pushed last. */
  readonly #cameMs = new WeakMap<StoredSegment, number[]>();
  /** Who should be on no path that is taken, until when: this peer never, and neighbours that have gone only where there is no other path. */
  readonly #excluded = new Map<number, number>();
  #track: Track | undefined;
  #count = 0;
  /** Whether this peer takes and gives sub-streams, or only hears what others could. */
  #isOn = false;

  /** `parity`: with further sub-streams, numbered after these, that make up for chunks of these. */
  constructor(parts: PushParts, readonly parity?: Parity) {
    this.#state = parts.state;
    this.#announcer = parts.announcer;
    this.#uploads = parts.uploads;
    this.#seats = parts.seats;
    this.#self = nodeOf(parts.state.options.peer);
    this.#excluded.set(this.#self, Infinity);
  }

  /** Tells chunks of the segment that are on their way, which to pull would be a race; undefined: none is. */
  expected(segment: StoredSegment, nowMs: number): ((chunk: number) => boolean) | undefined {
    if (segment.ref.track !== this.#track?.id || segment.appearedMs === Infinity || this.#state.timeLeftS(segment.startS, nowMs) < Math.min(NEAR_S, segment.durationS)) return undefined;
    const linked = this.#sum((n) => n.takes);
    return (chunk) => {
      const k = chunk % this.#count;
      if ((this.#parents[k] !== undefined || isIn(linked, k)) && nowMs < Math.max(segment.appearedMs, this.#came(segment, chunk)) + PATIENCE_MS) return true;
      return this.parity?.isComing(segment, chunk, nowMs) === true;
    };
  }

  /** Whether others of its sub-stream are coming in right now. */
  isFlowing(segment: StoredSegment, chunk: number, nowMs: number): boolean {
    return nowMs - this.#came(segment, chunk) < FLOWING_MS;
  }

  /** Who would have pushed a chunk. */
  #parentOf(segment: StoredSegment, chunk: number): Neighbour | undefined {
    return segment.ref.track === this.#track?.id ? this.#parents[chunk % this.#count] : undefined;
  }

  /** A chunk has become part of the store: it goes to children, and up unless it came from there, or was pulled: then the parent has it, or pulls itself. */
  stored(segment: StoredSegment, chunk: number, nowMs: number): void {
    if (segment.ref.track !== this.#track?.id) return;
    const k = chunk % this.#count;
    const giver = segment.givers[chunk];
    const goesUp = giver === "origin" || isIn(this.#sum((n) => (n.peer === giver ? n.takes : 0)), k);
    for (const n of this.#all) if (n.peer !== giver && (isIn(n.takes, k) || (goesUp && this.#parents[k] === n))) this.#offer(n, segment, chunk);
    this.parity?.stored(segment, chunk, nowMs);
    this.#uploads.pump(nowMs);
  }

  /** These come from elsewhere: parents other than `source` need not push them any more. */
  spare(chunks: readonly { readonly segment: StoredSegment; readonly chunk: number }[], source: Neighbour): void {
    for (const parent of new Set(chunks.map((c) => this.#parentOf(c.segment, c.chunk))))
      if (parent !== undefined && parent !== source) this.#state.send(parent.peer, { type: "CANCEL", runs: toRuns(chunks.filter((c) => this.#parentOf(c.segment, c.chunk) === parent)).slice(0, MAX_RUNS) });
  }

  /** Queues a chunk that was subscribed to, unless the neighbour has it. */
  #offer(to: Neighbour, segment: StoredSegment, chunk: number): void {
    if (to.choked || to.uploads.length >= MAX_UPLOAD_QUEUE || hasIt(to, segment, chunk)) return;
    const isDue = (nowMs: number): boolean => {
      if (segment.state[chunk] !== Chunk.verified || hasIt(to, segment, chunk) || to.hasPromised(segment.ref.id, chunk, nowMs)) return false;
      // It has to know the segment before its first chunk comes.
      if ((segment.pushedTo & to.bit) === 0) this.#announcer.tell(to, nowMs);
      segment.pushedTo |= to.bit;
      return true;
    };
    to.uploads.push({ segment, chunk, urgentMs: Infinity, isDue });
  }

  /** A child has asked others for these: they are not pushed when they come. */
  cancelled(child: Neighbour, runs: readonly ChunkRun[]): void {
    if (child.takes === 0) return;
    for (const { segment, chunk } of knownChunks(this.#state.store, runs)) segment.given[chunk] = (segment.given[chunk] ?? 0) | child.bit;
  }

  /** Whether DATA that was not asked for is welcome. */
  accepts(from: Neighbour, nowMs: number): boolean {
    return from.takes !== 0 || nowMs < from.pushedUntilMs || this.#parents.includes(from);
  }

  /** Such a chunk has come. */
  came(from: Neighbour, segment: StoredSegment, chunk: number, nowMs: number): void {
    if (segment.ref.track !== this.#track?.id) return;
    const times = this.#cameMs.get(segment) ?? [];
    const k = chunk % this.#count;
    times[k] = nowMs;
    this.#cameMs.set(segment, times);
    this.#behindMs[k] = Infinity;
    const index = from.uploads.findIndex((u) => u.isDue !== undefined && u.chunk === chunk && u.segment === segment);
    if (index >= 0) from.uploads.splice(index, 1);
  }

  heard(from: Neighbour, { refused, track, bits, slots, spare, streams }: SubStreamMap, nowMs: number): void {
    const before = from.subStreams;
    const fits = track === this.#track?.id && streams.length === this.#count + this.#parities;
    from.subStreams = fits ? streams : [];
    from.slots = slots;
    from.spare = spare;
    if (!refused) this.#drop(from, fits ? ~bits : -1, nowMs);
    // Chunks go both ways, and its own may be under way before it hears that it is refused.
    if (bits !== 0 && !refused) allowPushed(from, nowMs);
    let refuse = 0;
    this.#eachStream((k) => {
      const isNamed = isIn(bits, k);
      const asks = fits && !refused && isNamed && !isIn(from.takes, k);
      const isParent = this.#parents[k] === from;
      const path = pathOf(from, k);
      if (refused && isNamed) from.shunnedMs[k] = nowMs + SHUN_MS;
      // Where both have asked each other the smaller one gives.
      if (asks && !(isParent && this.#self > nodeOf(from.peer)) && (this.#spare > 0 || this.#giveUp(nowMs, from))) {
        from.takes |= 1 << k;
        this.#catchUp(from, k);
        if (isParent) this.#replace(k, nowMs);
      } else if (asks) refuse |= 1 << k;
      else if (isParent && (!fits || (refused && isNamed) || path.includes(this.#self))) this.#replace(k, nowMs);
      else if (isParent && path.join() !== before[k]?.path.join()) this.#news(nowMs);
    });
    if (refused) this.parity?.refused(from, bits, nowMs);
    else if (fits) this.#eachParity((k) => {
      if (!isIn(bits, k) || isIn(from.takes, k)) return;
      // The last place is a chunk's.
      if (this.#spare > 1) from.takes |= 1 << k;
      else refuse |= 1 << k;
    });
    if (refuse !== 0) this.#say(from, refuse, true);
    this.parity?.offer(from, nowMs);
    this.#uploads.pump(nowMs);
  }

  /** The neighbour is gone, or does not serve us any more: others take its place at once (OC4). */
  lost(neighbour: Neighbour, isGone: boolean, nowMs: number): void {
    this.#leave(neighbour, isGone, nowMs);
    this.parity?.lost(neighbour);
  }

  #leave(parent: Neighbour, isGone: boolean, nowMs: number): void {
    if (isGone) this.#excluded.set(nodeOf(parent.peer), nowMs + SHUN_MS);
    this.#eachStream((k) => this.#parents[k] === parent && this.#replace(k, nowMs));
  }

  review(nowMs: number): void {
    const { delivery = "mesh" } = this.#state.options;
    let live: Track | undefined;
    if (delivery !== "mesh") for (const track of this.#state.activeTracks()) if (track.live && track.kind === "main" && (delivery !== "auto" || this.#isShort(track, nowMs))) live = track;
    if (live?.id !== this.#track?.id) {
      this.#end(nowMs);
      for (const n of this.#all) n.subStreams = [];
    }
    this.#track = live;
    this.#count = live === undefined ? 0 : delivery === "tree" ? 1 : SUBSTREAMS;
    if (live === undefined) return;
    const isOn = delivery !== "auto" || this.#ampleness >= (this.#isOn ? STILL_AMPLE : AMPLE);
    if (!isOn && this.#isOn) this.#end(nowMs);
    this.#isOn = isOn;
    for (const [node, untilMs] of this.#excluded) if (nowMs > untilMs) this.#excluded.delete(node);
    // Who was held up himself has heard nobody.
    let heardMs = -Infinity;
    for (const n of this.#all) heardMs = Math.max(heardMs, n.heardMs);
    for (const n of new Set(this.#parents)) if (n !== undefined && heardMs - n.heardMs > GONE_MS) this.#leave(n, true, nowMs);
    // What has no parent is looked for first (ZA3). Who has children leads them only to a better root, or two might follow each other.
    const children = this.#sum((n) => n.takes);
    this.#eachStream((k) => this.#parents[k] === undefined && this.#subscribe(k, this.#best(k, isIn(children, k) ? this.#root(k) : Infinity, nowMs), nowMs));
    this.#reselect(nowMs);
    let hops = 0;
    this.#eachStream((k) => (hops = Math.max(hops, this.#path(k).length)));
    for (const n of this.parity?.review(this.#recent, hops, nowMs) ?? []) this.#say(n, this.#asked(n));
    // What the uplink does not carry any more is given up, one sub-stream at a time.
    if (this.#committed > this.#slots + 1) this.#giveUp(nowMs);
    for (const n of this.#all) {
      if (n.choked && n.takes !== 0) this.#drop(n, -1, nowMs);
      if (!n.handshaken || nowMs < n.mapDueMs) continue;
      n.mapDueMs = nowMs + MAP_MS;
      this.#announcer.later(n, this.#map(this.#asked(n)), nowMs + MAP_DELAY_MS);
    }
  }

  // --- parents

  /**
   * The best neighbour to ask whose root has a smaller number than `below`. Throughput first: it must have some to spare (ES3); then
   * delay: hops, then round trip. Never one on whose path this peer is, or one of `excluded`.
   */
  #best(k: number, below: number, nowMs: number, excluded: ReadonlyMap<number, number> | ReadonlySet<number> = this.#excluded): Neighbour | undefined {
    let best: Neighbour | undefined;
    let [bestRoot, bestMs] = [below, 0];
    if (this.#isOn && !this.#isSeated(k))
      for (const n of this.#all) {
        const path = pathOf(n, k);
        const root = path.at(-1) ?? below;
        if (!n.usable || n.spare <= 0 || path.length >= MAX_PATH || isIn(n.takes, k) || nowMs < (n.shunnedMs[k] ?? 0) || path.some((node) => excluded.has(node))) continue;
        const ms = (path.length + (this.#helps(n, k) ? 0 : NO_HELP_HOPS)) * HOP_MS + n.roundTrip.minMs;
        if (root < bestRoot || (best !== undefined && root === bestRoot && ms < bestMs)) [best, bestRoot, bestMs] = [n, root, ms];
      }
    return best;
  }

  /** Whether it holds what is missing here of the k-th sub-stream, as far as it has told. */
  #helps(n: Neighbour, k: number): boolean {
    return this.#recent.some((s) => {
      for (let i = k; i < s.chunks; i += this.#count) if (s.state[i] === Chunk.missing && n.holds(s, i)) return true;
      return false;
    });
  }

  /** Parents that lag are left, and those that others surpass (ES4). */
  #reselect(nowMs: number): void {
    const streams = this.#where();
    this.#eachStream((k) => {
      if (this.#isSeated(k)) return this.#subscribe(k, undefined, nowMs);
      const parent = this.#parents[k];
      const sinceMs = nowMs - (this.#changedMs[k] ?? 0);
      if (parent === undefined || sinceMs < T_A_MS) return;
      if (this.#lags(k, streams, nowMs)) return this.#replace(k, nowMs);
      const better = this.#best(k, this.#root(k) + 1, nowMs) ?? parent;
      const path = this.#path(k);
      if (pathOf(better, k).at(-1) !== path.at(-1) || (pathOf(better, k).length + FEWER_HOPS < path.length && sinceMs > 4 * T_A_MS)) this.#subscribe(k, better, nowMs);
    });
  }

  #lags(k: number, streams: readonly SubStream[], nowMs: number): boolean {
    const here = this.#placeOf(streams, k);
    let lag = 0;
    this.#eachStream((other) => (lag = Math.max(lag, this.#placeOf(streams, other) - here)));
    for (const n of this.#all) lag = Math.max(lag, this.#placeOf(n.subStreams, k) - here);
    const sinceMs = lag > 0 ? Math.min(this.#behindMs[k] ?? Infinity, nowMs) : Infinity;
    this.#behindMs[k] = sinceMs;
    return lag > T_S_AND_P || nowMs - sinceMs > SILENT_MS;
  }

  #subscribe(k: number, parent: Neighbour | undefined, nowMs: number): void {
    const before = this.#parents[k];
    if (before === parent) return;
    this.#parents[k] = parent;
    this.#changedMs[k] = nowMs;
    this.#behindMs[k] = Infinity;
    if (parent !== undefined) {
      parent.spare--;
      // So that it does not begin with what is here already.
      this.#announcer.tell(parent, nowMs);
    }
    for (const n of [before, parent]) if (n !== undefined && this.#state.neighbours.has(n.peer)) this.#say(n, this.#asked(n));
    if (before !== undefined) {
      allowPushed(before, nowMs);
      this.#drop(before, 1 << k, nowMs);
    }
    this.#news(nowMs);
  }

  /** The next best at once; not the last one. */
  #replace(k: number, nowMs: number): void {
    const parent = this.#parents[k];
    if (parent !== undefined) parent.shunnedMs[k] = Math.max(parent.shunnedMs[k] ?? 0, nowMs + T_A_MS);
    // Who was lost to us may be there for others still, and on every path there is.
    this.#subscribe(k, this.#best(k, Infinity, nowMs) ?? this.#best(k, Infinity, nowMs, new Set([this.#self])), nowMs);
  }

  // --- children

  /** Who has the seat of the first slice, second and so on is the root of that sub-stream: it is there to stay, and chunks come to it early. */
  #isSeated(k: number): boolean {
    return this.#track !== undefined && this.#seats.in(this.#track.id)?.get(k)?.copy === 0;
  }

  /** How many more sub-streams children may ask for (OC2). */
  get #spare(): number {
    return this.#state.options.serves && this.#isOn ? Math.max(0, this.#slots - this.#committed) : 0;
  }

  get #committed(): number {
    let sum = 0;
    for (const { takes } of this.#all) for (let bits = takes; bits !== 0; bits &= bits - 1) sum++;
    return sum;
  }

  get #slots(): number {
    const { bps } = this.#uploads.uplink;
    const last = this.#track?.segments.findLast((s) => s.complete);
    const streamBps = last === undefined ? (this.#track?.bandwidthBps ?? 0) : (8 * (last.sizeBytes ?? 0)) / last.durationS;
    return bps === 0 ? this.#count : Math.min(255, Math.floor((COMMITTED * bps * this.#count) / Math.max(1, streamBps)));
  }

  /** Takes a sub-stream from the child that deserves it least (give-to-get), and for which most waits. `other`: for this one, of whom something is known, and only if that is better. */
  #giveUp(nowMs: number, other?: Neighbour): boolean {
    const classOf = (n: Neighbour): number => this.#uploads.classOf(n, nowMs);
    const worst = [...this.#all].filter((n) => n.takes !== 0).sort((a, b) => classOf(b) - classOf(a) || b.uploads.length - a.uploads.length)[0];
    if (worst === undefined) return false;
    if (other !== undefined && (classOf(other) >= classOf(worst) || (!other.isFriend && other.downloadedBytes + other.uploadedBytes === 0))) return false;
    const parities = worst.takes & (-1 << this.#count);
    const bit = parities & -parities || worst.takes & -worst.takes;
    this.#drop(worst, bit, nowMs);
    this.#say(worst, bit, true);
    return true;
  }

  /** A link ends: what waits for it goes, what is on its way is welcome. */
  #drop(n: Neighbour, bits: number, nowMs: number): void {
    if (n.takes !== 0 || this.#parents.includes(n)) allowPushed(n, nowMs);
    n.takes &= ~bits;
    n.uploads = n.uploads.filter((u) => u.isDue === undefined || !isIn(bits, u.chunk % this.#count));
  }

  /** A new child gets what it lacks of the segments it is at. */
  #catchUp(child: Neighbour, k: number): void {
    for (const segment of this.#recent)
      if (segment.ref.sequence >= (child.subStreams[k]?.sequence ?? 0)) for (let i = k; i < segment.chunks; i += this.#count) if (segment.state[i] === Chunk.verified) this.#offer(child, segment, i);
  }

  // --- maps

  #say(to: Neighbour, bits: number, refused = false): void {
    // One that waits would come after this, ask for what is not wanted any more, and begin a link that is none.
    if (!refused) to.waiting = to.waiting.filter((message) => message.type !== "SUBSTREAMS");
    this.#state.send(to.peer, this.#map(bits, refused));
  }

  #map(bits: number, refused = false): SubStreamMap {
    return { type: "SUBSTREAMS", refused, track: this.#track?.id ?? (0 as TrackId), bits, slots: this.#slots, spare: this.#spare, streams: this.#where() };
  }

  #asked(of: Neighbour): number {
    let bits = 0;
    this.#eachStream((k) => (bits |= this.#parents[k] === of ? 1 << k : 0));
    return bits | (this.parity?.asked(of) ?? 0);
  }

  #where(): SubStream[] {
    const streams = Array.from({ length: this.#count }, (_, k) => {
      let sequence = 0;
      let chunks = 0;
      for (const segment of this.#recent) {
        let held = 0;
        for (let i = k; i < segment.chunks; i += this.#count) if (segment.state[i] === Chunk.verified) held++;
        if (held > 0) [sequence, chunks] = [segment.ref.sequence, held];
      }
      return { sequence, chunks, path: this.#path(k) };
    });
    // A parity sub-stream is made by whoever has whole rows: it has no path, and nobody waits for it.
    this.#eachParity(() => streams.push({ sequence: 0, chunks: 0, path: [] }));
    return streams;
  }

  /** In segments. */
  #placeOf(streams: readonly SubStream[], k: number): number {
    const { sequence, chunks } = streams[k] ?? { sequence: 0, chunks: 0 };
    const all = this.#recent.find((s) => s.ref.sequence === sequence)?.chunks ?? 0;
    return sequence + Math.min(1, chunks / Math.max(1, Math.ceil((all - k) / this.#count)));
  }

  #path(k: number): number[] {
    const parent = this.#parents[k];
    // Numbers without the high bit are those of roots with a seat.
    if (parent === undefined) return [((this.#self >>> 1) | (this.#isSeated(k) ? 0 : 1 << 31)) >>> 0];
    return [nodeOf(parent.peer), ...pathOf(parent, k)].slice(0, MAX_PATH);
  }

  #root(k: number): number {
    return this.#path(k).at(-1) ?? 0;
  }

  #came(segment: StoredSegment, chunk: number): number {
    return this.#cameMs.get(segment)?.[chunk % this.#count] ?? -Infinity;
  }

  get #recent(): StoredSegment[] {
    return this.#track === undefined ? [] : [...this.#track.segments.slice(-2), ...this.#track.foreseen];
  }

  get #all(): Iterable<Neighbour> {
    return this.#state.neighbours.values();
  }

  /** Any neighbour's bits. */
  #sum(bitsOf: (n: Neighbour) => number): number {
    let bits = 0;
    for (const n of this.#all) bits |= bitsOf(n);
    return bits;
  }

  #eachStream(run: (k: number) => unknown): void {
    for (let k = 0; k < this.#count; k++) run(k);
  }

  get #parities(): number {
    return this.parity?.count ?? 0;
  }

  #eachParity(run: (k: number) => unknown): void {
    for (let j = 0; j < this.#parities; j++) run(this.#count + j);
  }

  /** The path to a root is another one. */
  #news(nowMs: number): void {
    for (const n of this.#all) n.mapDueMs = Math.min(n.mapDueMs, nowMs + (n.takes === 0 ? PATH_NEWS_MS : 0));
  }

  /** Another track, or none, or no uplink for it: children and parents hear that this is over. */
  #end(nowMs: number): void {
    for (const n of this.#all) {
      if (n.takes !== 0) this.#say(n, n.takes, true);
      this.#drop(n, -1, nowMs);
    }
    for (const n of new Set([...this.#parents.splice(0), ...(this.parity?.end() ?? [])])) if (n !== undefined) this.#say(n, 0);
  }

  /** Whether the player asks for segments soon after they appear. */
  #isShort(track: Track, nowMs: number): boolean {
    const last = track.segments.findLast((s) => s.appearedMs < Infinity);
    return last !== undefined && this.#state.timeLeftS(last.startS, nowMs) + (nowMs - last.appearedMs) / 1000 < SHORT_S;
  }

  /** Uplink over the stream's rate, on average of this peer and of neighbours that tell. Slots are whole ones: half of one is lost. */
  get #ampleness(): number {
    let sum = this.#slots;
    let viewers = 1;
    for (const n of this.#all) {
      if (n.subStreams.length === 0) continue;
      sum += n.slots;
      viewers++;
    }
    return (sum / viewers + 0.5) / (COMMITTED * this.#count);
  }
}

function allowPushed(from: Neighbour, nowMs: number): void {
  // Once an end: every map that asks for something says so again.
  if (nowMs >= from.pushedUntilMs) allowLate(from, LATE_CHUNKS);
  from.pushedUntilMs = nowMs + LATE_MS;
}

/** As far as is known here. */
const hasIt = (neighbour: Neighbour, segment: StoredSegment, chunk: number): boolean => (((segment.holders[chunk] ?? 0) | (segment.given[chunk] ?? 0)) & neighbour.bit) !== 0;

const isIn = (bits: number, k: number): boolean => ((bits >> k) & 1) === 1;

const pathOf = (n: Neighbour, k: number): readonly number[] => n.subStreams[k]?.path ?? [];
