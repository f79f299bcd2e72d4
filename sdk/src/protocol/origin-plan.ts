import type { Witnesses } from "./belief.js";
import { OPINION_MS, RESCUE_MARGIN_S, SETTLE_MS } from "./config.js";
import type { Downloads } from "./downloads.js";
import type { Fetches } from "./fetches.js";
import type { FetchId } from "./ids.js";
import type { Neighbour } from "./neighbour.js";
import type { PlayerDesk } from "./player-desk.js";
import { rendezvousWeight } from "./rendezvous.js";
import { CHUNK_BYTES, INIT_SEQUENCE, MAX_CHUNKS, type TrackKind } from "./segment.js";
import type { Seats, TrackSeats } from "./seats.js";
import { fewer, mergeSlices, slicesOf, type Slice } from "./slices.js";
import type { EngineState } from "./state.js";
import { Chunk, type StoredSegment } from "./stored-segment.js";

/** Assumed until the origin has been measured. */
const DEFAULT_TTFB_MS = 200;
const DEFAULT_RATE_BPS = 2_000_000;
/** In a large swarm so many viewers are called to bring a slice as soon as they know of it, and twice as many each time this has passed, or the time that a slow origin takes. */
const STARTERS = 4;
const DOUBLING_MS = 1_000;
/** A new segment is left to those with origin seats for this long after it was heard of (DESIGN: about 5 s after it appeared, which is a little earlier). */
const SEAT_PATIENCE_MS = 4_500;
/**
 * The second of two that take a slice waits for the first, whose playlist may have shown the segment at the same time, and takes what nobody near holds then. It does not matter
 * that the first has begun: if that leaves without a word, what nobody else has is missed by all at once. Simulated (300 viewers): 25 chunks, 30 copies of which 170 viewers fetched.
 */
const SECOND_COPY_MS = 500;
/** A bit of `segment.seated` above those of slices: the tracker was told that this peer's seats are attended to. */
const TOLD = 256;
/** About so many of a swarm's viewers tell the tracker of a slice that nobody has seen. */
const WITNESSES = 16;
/** A slice of which a neighbour has some is on its way, as long as more of the segment turns up this often. */
const LIFE_MS = 2_000;
/** What a neighbour is about to bring is waited for while the origin could still bring it with so much to spare. */
const SECOND_CHANCE_S = 0.5;
/** Fewer make fewer requests and close wider gaps: simulated at RI 0.8, with four, offload is four points less. */
const MAX_RESCUE_RANGES = 10;
/** Those who need what nobody near has are called one after the other; longer than a tick, so that a promise is heard of in between. */
const TURN_MS = 250;
/** With less to spare than this nobody else is waited for. */
const OWN_CHANCE_S = 1.5;
/** So long a first segment is fetched by everybody for himself, and others who fetch have time to begin. */
const ALONE_MS = 2_000;
const GRACE_MS = 1_000;
const GRACE_SHARE = 1 / 4;
/** An origin that takes this long is slower than any neighbour. */
const SLOW_ORIGIN_S = 2;
/**
 * Live: with less than this left nothing else matters, nor while the origin needs longer for what is missing: neighbours' chunks would take its line. Simulated (half-leave, seed 6): a
 * newcomer at 10 Mb/s got its second segment in 3.7 s instead of 1.2, and stood still.
 */
const LIVE_HURRY_S = 1;
/** A segment that has been waited for this long has been promised too often. */
const FRESH_MS = 2_000;
/** An origin that fails is asked again after 0.5 s, doubled up to this. */
const MAX_RETRY_MS = 4_000;
/** Longest time that peers are waited for when the origin has failed. */
const MAX_FAILING_MS = 20_000;

/** With short segments there is less to lose, and less time for peers to show up: the margin is at most this share of a segment. */
const MARGIN_SHARE = 0.6;
/** What has to be fetched of a slice; `key` names the whole slice to the rendezvous. */
interface LackingSlice extends Slice {
  readonly key: string;
}

const WHOLE: Slice = { first: 0, end: MAX_CHUNKS };

/** Decides when this peer asks the origin, and for what. */
export class OriginPlan {
  readonly #state: EngineState;
  readonly #seats: Seats;
  readonly #integrity: Witnesses;
  readonly #fetches: Fetches;
  readonly #downloads: Downloads;
  readonly #desk: PlayerDesk;
  readonly #started = new Set<TrackKind>();

  constructor(parts: { state: EngineState; seats: Seats; integrity: Witnesses; fetches: Fetches; downloads: Downloads; desk: PlayerDesk }) {
    this.#state = parts.state;
    this.#seats = parts.seats;
    this.#integrity = parts.integrity;
    this.#fetches = parts.fetches;
    this.#downloads = parts.downloads;
    this.#desk = parts.desk;
  }

  plan(segment: StoredSegment, nowMs: number): void {
    if (segment.complete || nowMs < segment.originRetryMs) return;
    const neighbours = this.#state.handshaken;
    if (segment.failure !== undefined && this.#isHopeless(segment, neighbours, nowMs)) return this.#desk.fail(segment, segment.failure);
    if (segment.ref.sequence === INIT_SEQUENCE || !this.#started.has(segment.kind)) {
      // QQ1: nobody waits for peers to start. A segment that is there already needs no origin.
      if (segment.ref.sequence !== INIT_SEQUENCE) this.#started.add(segment.kind);
      return this.#fetch(segment, this.#gaps(segment, 0), "start", nowMs);
    }
    if (neighbours.length === 0 && !this.#state.gathering) return this.#fetch(segment, this.#gaps(segment, 0), "alone", nowMs);
    this.#joinForces(segment, neighbours, nowMs);
    segment.marginS ||= Math.min(this.#state.random.between(...RESCUE_MARGIN_S), MARGIN_SHARE * segment.durationS);
    const leftS = this.#state.timeLeftS(segment.startS, nowMs);
    const originS = this.#originTimeS(segment);
    if (leftS - segment.marginS < originS) {
      if (segment.rescueMs === Infinity) this.#beginRescue(segment, originS, nowMs);
      if (leftS < LIVE_HURRY_S || segment.rescueS > LIVE_HURRY_S || !this.#state.store.isLive(segment)) this.#downloads.hurry(nowMs);
      if (!this.#peersSuffice(segment, { leftS, originS, nowMs })) this.#rescue(segment, { leftS, originS, nowMs }, neighbours);
    } else if (neighbours.length > 0) this.#share(segment, neighbours, nowMs);
  }

  /** A live segment has appeared that the player will ask for: somebody has to bring it into the swarm before it does. */
  seed(segment: StoredSegment, nowMs: number): void {
    const { counters, isSmall, options } = this.#state;
    // Who has no picture yet has other worries, and so has the origin.
    if (counters.playedBytes === 0 || !segment.listed || nowMs < segment.originRetryMs || !options.serves) return;
    const neighbours = this.#state.handshaken;
    if (segment.complete) return void this.#sit(segment, neighbours, nowMs);
    // Without seats a small swarm agrees about what players wait for, when they do: everybody hears what everybody wants.
    if (isSmall && (segment.appearedMs === Infinity || this.#seats.in(segment.ref.track) === undefined)) return;
    if (this.#waitsItsTurn(segment, neighbours, nowMs)) segment.heldBackMs = nowMs;
    else this.#share(segment, neighbours, nowMs);
  }

  /** One after the other, and what the player waits for first: an origin that cannot keep up with all at once is late with all. */
  #waitsItsTurn(segment: StoredSegment, neighbours: readonly Neighbour[], nowMs: number): boolean {
    const positionS = this.#state.positionS(nowMs);
    if (this.#fetches.find(({ segment: s }) => s.kind === segment.kind && s.startS < segment.startS && s.endS > positionS) !== undefined) return true;
    const track = this.#state.isSmall ? this.#state.store.tracks.get(segment.ref.track) : undefined;
    for (const earlier of track?.segments ?? []) {
      const originS = this.#originTimeS(earlier);
      if (track === undefined || earlier.startS >= segment.startS) break;
      if (earlier.complete || earlier.endS <= positionS || earlier.ref.sequence < this.#state.hookIn(track)) continue;
      const isLate = originS > SLOW_ORIGIN_S && this.#state.timeLeftS(earlier.startS, nowMs) - RESCUE_MARGIN_S[1] < originS;
      if (isLate || !this.#isSeen(earlier, WHOLE, neighbours, nowMs)) return true;
    }
    return false;
  }

  failed(segment: StoredSegment, failure: { status: number; timedOut: boolean }, nowMs: number): void {
    segment.failure = failure;
    segment.seated = 0;
    putOff(segment, nowMs);
    if (this.#isHopeless(segment, this.#state.handshaken, nowMs)) this.#desk.fail(segment, failure);
  }

  /** An origin that hangs is no longer waited for where neighbours have what it was asked for. */
  giveUpStalled(nowMs: number): void {
    for (const { id, segment, reason } of this.#fetches.stalled(nowMs)) {
      if (reason === "check" || reason === "settle" || !this.#peersHoldRest(segment)) continue;
      this.#fetches.abort((f) => f.id === id);
      putOff(segment, nowMs);
      this.#downloads.reorder();
    }
  }

  /** Fetches a single chunk, or without ranges the segment, so that the origin can say who is right. */
  examine(segment: StoredSegment, chunk: number, reason: "check" | "settle", nowMs: number): FetchId {
    return this.#fetches.find((f) => f.segment === segment && !f.ranged)?.id ?? this.#fetches.start(segment, { first: chunk, end: chunk + 1 }, reason, nowMs);
  }

  /** Seconds the origin would take for what is missing. */
  #originTimeS(segment: StoredSegment): number {
    const { meter } = this.#fetches;
    const bytes = segment.chunks > 0 ? this.#missingChunks(segment) * CHUNK_BYTES : (segment.bandwidthBps / 8) * segment.durationS;
    return (meter.ttfbMs || DEFAULT_TTFB_MS) / 1000 + (bytes * 8) / (meter.bps || DEFAULT_RATE_BPS);
  }

  /**
   * Near the deadline peers are still preferred when they are sure to make it with the origin as a second chance, or when they
   * are faster than the origin although it is late already (a seek just now).
   */
  #peersSuffice(segment: StoredSegment, { leftS, originS, nowMs }: { leftS: number; originS: number; nowMs: number }): boolean {
    const bps = this.#downloads.rateForBps(segment, nowMs);
    if (bps <= 0) return false;
    const peersS = (this.#missingChunks(segment) * CHUNK_BYTES * 8) / bps + 0.05;
    return peersS * 1.5 + originS + 0.5 < leftS || (peersS < originS && nowMs < segment.wantedMs + FRESH_MS);
  }

  /** Slices that no neighbour has or has promised: fetched by who has their seat, or whose turn it is when those do not. */
  #share(segment: StoredSegment, neighbours: readonly Neighbour[], nowMs: number): void {
    const slices = this.#slices(segment);
    const seats = this.#sit(segment, neighbours, nowMs);
    // What held one back held back all: turns begin when that is over.
    let sinceMs = Math.max(segment.heldBackMs, Math.min(segment.wantedMs, segment.listedMs) + SETTLE_MS);
    if (seats !== undefined) sinceMs = Math.max(sinceMs, segment.appearedMs + SEAT_PATIENCE_MS);
    if (nowMs < sinceMs) return;
    if (seats !== undefined) this.#report(segment, { slices, seats, neighbours }, nowMs);
    // In a large swarm the rest of a slice of which something has been seen is most likely further away.
    const isSpreading = !this.#state.isSmall && nowMs - segment.progressMs < LIFE_MS;
    const lacking = slices.flatMap((s) => (isSpreading && this.#isSeen(segment, s, neighbours, nowMs) ? [] : this.#lackingPart(segment, s, neighbours, nowMs)));
    if (lacking.length === 0) return;
    // Where there are seats all look after new segments, wanted or not.
    const isAll = this.#seats.in(segment.ref.track) !== undefined;
    const others = neighbours.filter((n) => n.serves && (isAll || n.wants.has(segment.ref.id)));
    const originS = this.#originTimeS(segment);
    const mine = lacking.filter(({ key }) => nowMs - sinceMs >= this.#turnMs(key, others, originS));
    if (mine.length > 0) this.#fetch(segment, mergeSlices(mine), "slice", nowMs);
  }

  /** Takes the slices of which this peer has the seat, each once, and tells the tracker that it is there, also where nothing is left to take. */
  #sit(segment: StoredSegment, neighbours: readonly Neighbour[], nowMs: number): TrackSeats | undefined {
    const seats = segment.appearedMs < Infinity ? this.#seats.in(segment.ref.track) : undefined;
    if (seats === undefined) return undefined;
    const slices = this.#slices(segment);
    const mine: Slice[] = [];
    const before = segment.seated;
    for (const [index, { copy, sinceMs }] of seats) {
      // Whoever had the seat when the segment appeared may have taken it already.
      const isSecond = copy > 0 || segment.appearedMs < sinceMs;
      if (isSecond && nowMs < Math.min(segment.listedMs, segment.wantedMs) + SECOND_COPY_MS) continue;
      segment.seated |= TOLD;
      const slice = slices[index];
      if (slice === undefined || (segment.seated & (1 << index)) !== 0) continue;
      segment.seated |= 1 << index;
      mine.push(...(isSecond ? this.#lackingPart(segment, slice, neighbours, nowMs) : this.#isHeld(segment, slice, neighbours) ? [] : this.#missingPart(segment, slice)));
    }
    this.#fetch(segment, mergeSlices(mine), "seat", nowMs);
    if (before < TOLD && segment.seated >= TOLD) this.#state.emit({ type: "slice-missing", segment: segment.ref, slices: [] });
    return seats;
  }

  /** Nobody near has seen anything of a slice: who has its seat may be gone, and the tracker does not know. */
  #report(segment: StoredSegment, { slices, seats, neighbours }: { slices: readonly Slice[]; seats: TrackSeats; neighbours: readonly Neighbour[] }, nowMs: number): void {
    if (segment.missingTold) return;
    segment.missingTold = true;
    const missing = slices.flatMap((slice, index) => (seats.has(index) || this.#isSeen(segment, slice, neighbours, nowMs) ? [] : [index]));
    if (missing.length > 0 && this.#state.random.next() < WITNESSES / this.#state.swarmSize) this.#state.emit({ type: "slice-missing", segment: segment.ref, slices: missing });
  }

  #isSeen(segment: StoredSegment, slice: Slice, neighbours: readonly Neighbour[], nowMs: number): boolean {
    for (let i = slice.first; i < Math.min(slice.end, segment.chunks); i++) if (segment.holders[i] !== 0 || segment.state[i] !== Chunk.missing) return true;
    return this.#fetches.covers(segment, slice.first) || neighbours.some((n) => n.hasPromised(segment.ref.id, slice.first, nowMs));
  }

  #isHeld(segment: StoredSegment, slice: Slice, neighbours: readonly Neighbour[]): boolean {
    if (segment.chunks === 0) return false;
    let held = serving(neighbours);
    for (let i = slice.first; i < Math.min(slice.end, segment.chunks); i++) held &= segment.holders[i] ?? 0;
    return held !== 0;
  }

  /** From the first to the last chunk that is neither here nor being fetched; none or one. */
  #missingPart(segment: StoredSegment, slice: Slice): Slice[] {
    if (segment.chunks === 0) return this.#fetches.covers(segment, slice.first) ? [] : [slice];
    const gaps: Slice[] = [];
    for (let i = slice.first; i < Math.min(slice.end, segment.chunks); i++) if (segment.state[i] === Chunk.missing && segment.fetching[i] === 0) gaps.push({ first: i, end: i + 1 });
    return mergeSlices(gaps, MAX_CHUNKS);
  }

  /**
   * How long this peer leaves what `key` names to others who need it too, ms. All agree on the order, that of a rendezvous hash: in a small swarm,
   * where everybody hears what everybody does, one after the other. In a large one every neighbourhood would have a first; so there four of the
   * whole swarm are called at once, and twice as many each second, or each time that a slow origin needs.
   */
  #turnMs(key: string, others: readonly Neighbour[], originS: number): number {
    const { isSmall, swarmSize, options } = this.#state;
    const weight = rendezvousWeight(options.peer, key);
    if (!isSmall) return Math.max(DOUBLING_MS, 1_000 * originS) * Math.log2(Math.max(1, ((1 - weight) * swarmSize) / STARTERS));
    const before = others.filter((n) => !options.serves || rendezvousWeight(n.peer, key) > weight).length;
    // One who does not serve helps nobody by fetching, unless nobody else will.
    return TURN_MS * (options.serves || before === 0 ? before : before + 4);
  }

  /** The part of a slice that is neither here nor coming nor to be had of a neighbour; none or one. */
  #lackingPart(segment: StoredSegment, slice: Slice, neighbours: readonly Neighbour[], nowMs: number): LackingSlice[] {
    const { id } = segment.ref;
    if (segment.chunks === 0) {
      const isComing = this.#fetches.covers(segment, slice.first) || neighbours.some((n) => n.hasPromised(id, slice.first, nowMs));
      return isComing ? [] : [{ ...slice, key: `${id}/${slice.first}` }];
    }
    const able = serving(neighbours);
    let first = -1;
    let end = 0;
    for (let i = slice.first; i < Math.min(slice.end, segment.chunks); i++) {
      if (segment.state[i] !== Chunk.missing || segment.fetching[i] !== 0 || segment.requested[i] !== 0) continue;
      if (((segment.holders[i] ?? 0) & able) !== 0 || neighbours.some((n) => n.hasPromised(id, i, nowMs))) continue;
      if (first < 0) first = i;
      end = i + 1;
    }
    return first < 0 ? [] : [{ first, end: end === segment.chunks ? slice.end : end, key: `${id}/${slice.first}` }];
  }

  #beginRescue(segment: StoredSegment, originS: number, nowMs: number): void {
    segment.rescueMs = nowMs;
    segment.rescueS = this.#fetches.meter.bps > 0 ? originS : 0;
    segment.rescueShare = this.#shareHere(segment);
  }

  /** How much of a segment is here, believed or not. */
  #shareHere(segment: StoredSegment): number {
    return segment.state.reduce((sum, state) => sum + Math.min(1, state), 0) / Math.max(1, segment.chunks);
  }

  /**
   * Many joined at once, and all fetch the same first segment of an origin that has no room for that. Nobody waits for peers to start, but when they
   * are there they join forces: all but one stop, and what is missing is rescued by that one. Where somebody has it already, he is the one.
   */
  #joinForces(segment: StoredSegment, neighbours: readonly Neighbour[], nowMs: number): void {
    const { id, track } = segment.ref;
    const start = this.#fetches.find((f) => f.segment === segment && f.reason === "start");
    if (start === undefined || segment.sizeBytes === undefined || nowMs - start.sentMs < ALONE_MS) return;
    const bytes = start.atByte - start.slice.first * CHUNK_BYTES;
    const restS = ((segment.sizeBytes - start.atByte) * (nowMs - start.sentMs)) / (1_000 * Math.max(1, bytes));
    if (restS < SLOW_ORIGIN_S) return;
    const last = segment.chunks - 1;
    const fellows = neighbours.filter((n) => n.serves && n.hasPromised(id, last, nowMs));
    const isHeld = neighbours.some((n) => n.usable && n.holds(segment, last));
    const weight = rendezvousWeight(this.#state.options.peer, String(track));
    if (!isHeld && fellows.every((n) => rendezvousWeight(n.peer, String(track)) < weight)) return;
    if (start.meter !== undefined) this.#fetches.meter.finished(start.meter, nowMs);
    this.#fetches.abort((f) => f === start);
    this.#beginRescue(segment, restS, nowMs);
  }

  /** The missing ranges, without those that a neighbour is about to bring. */
  #rescue(segment: StoredSegment, { leftS, originS, nowMs }: { leftS: number; originS: number; nowMs: number }, neighbours: readonly Neighbour[]): void {
    const gaps = this.#gaps(segment, leftS - originS - SECOND_CHANCE_S, nowMs, this.#leftToOthers(segment, { leftS, originS, nowMs }, neighbours));
    if (gaps.length === 0) return;
    const ranges = fewer(gaps, MAX_RESCUE_RANGES);
    this.#downloads.cancel((r) => r.segment === segment && ranges.some((g) => r.chunk >= g.first && r.chunk < g.end));
    this.#fetch(segment, ranges, "rescue", nowMs);
  }

  /**
   * Delegated rescue. What nobody near has, all near are about to ask the origin for: they take turns instead, slice by slice in the order
   * of a rendezvous hash, and who has promised a slice is waited for while there is time. An origin that is slow can bring one copy to all where
   * it is late with a copy to each; so there one takes whole segments, always the same, whom others need not prove anew, and is waited for while it brings no less than this peer would have.
   */
  #leftToOthers(segment: StoredSegment, { leftS, originS, nowMs }: { leftS: number; originS: number; nowMs: number }, neighbours: readonly Neighbour[]): Uint8Array {
    const { ref: { id, track }, rescueMs, rescueS, rescueShare, holders, chunks } = segment;
    const { store } = this.#state;
    const slow = isSlow(segment);
    const waitedMs = nowMs - rescueMs;
    const left = new Uint8Array(chunks || MAX_CHUNKS);
    if (!slow && leftS < originS + OWN_CHANCE_S) return left;
    // In live all want it, or will in a moment.
    const needers = neighbours.filter((n) => n.serves && (store.isLive(segment) || n.wants.has(id)));
    // They bring less than this peer would have by now: it has lost nothing yet, and waits no longer.
    const isBehind = this.#shareHere(segment) - rescueShare < ((1 - rescueShare) * waitedMs) / (1_000 * rescueS);
    // What it had begun to fetch then is to be had near now.
    if (slow && !isBehind && this.#peersHoldRest(segment)) this.#fetches.abort((f) => f.segment === segment && f.reason === "rescue");
    for (const { first, end } of this.#slices(segment)) {
      const turnMs = this.#turnMs(slow ? String(track) : `${id}/${first}`, needers, originS);
      if (slow && waitedMs > Math.max(GRACE_MS, GRACE_SHARE * 1_000 * rescueS) + turnMs && isBehind) continue;
      for (let i = first; i < (chunks === 0 ? first + 1 : Math.min(end, chunks)); i++)
        if ((holders[i] ?? 0) !== 0 ? slow : waitedMs < turnMs || neighbours.some((n) => n.hasPromised(id, i, nowMs))) left[i] = 1;
    }
    return left;
  }

  /** Runs of chunks that are neither here nor being fetched, nor left to others (`coming`), nor to be expected of a neighbour, or of a witness, within `waitS`. */
  #gaps(segment: StoredSegment, waitS: number, nowMs = 0, coming: Uint8Array = new Uint8Array(segment.chunks)): Slice[] {
    if (segment.chunks === 0) return this.#fetches.isActive(segment) ? [] : mergeSlices(this.#slices(segment).filter((s) => coming[s.first] !== 1));
    if (waitS > 0)
      for (const n of this.#state.neighbours.values())
        for (const r of n.outstanding) {
          const expectedMs = n.expectedMs(r);
          if (r.segment === segment && expectedMs < nowMs + waitS * 1000 && nowMs < expectedMs + 2 * n.roundTrip.srttMs) coming[r.chunk] = 1;
        }
    const gaps: Slice[] = [];
    for (let i = 0; i < segment.chunks; i++) {
      const isWitnessed = waitS > OPINION_MS / 1000 && segment.state[i] === Chunk.unverified;
      if (this.#isUnsure(segment, i) && !isWitnessed && segment.fetching[i] === 0 && coming[i] === 0 && !(waitS > 0 && this.#downloads.push?.isFlowing(segment, i, nowMs) === true)) gaps.push({ first: i, end: i + 1 });
    }
    return mergeSlices(gaps);
  }

  #fetch(segment: StoredSegment, slices: readonly Slice[], reason: "start" | "alone" | "seat" | "slice" | "rescue", nowMs: number): void {
    if (slices.length === 0) return;
    // Without ranges one request brings everything.
    if (!this.#fetches.rangesUsable) {
      if (!this.#fetches.isActive(segment)) this.#fetches.start(segment, WHOLE, reason, nowMs);
      return;
    }
    for (const slice of slices) this.#fetches.start(segment, slice, reason, nowMs);
  }

  #isHopeless(segment: StoredSegment, neighbours: readonly Neighbour[], nowMs: number): boolean {
    const waitedMs = nowMs - segment.wantedMs;
    if (waitedMs > MAX_FAILING_MS) return true;
    // A tracker that is slow to answer may still name somebody who has it.
    if (this.#state.gathering || (this.#state.swarmSize === 0 && waitedMs < MAX_FAILING_MS / 2)) return false;
    return !neighbours.some((n) => segment.isHeldBy(n) || n.claims.has(segment.ref.id) || n.promises.has(segment.ref.id));
  }

  #peersHoldRest(segment: StoredSegment): boolean {
    if (segment.chunks === 0) return false;
    for (let i = 0; i < segment.chunks; i++) if (segment.state[i] === Chunk.missing && segment.holders[i] === 0) return false;
    return true;
  }

  #missingChunks(segment: StoredSegment): number {
    let missing = 0;
    for (let i = 0; i < segment.chunks; i++) if (this.#isUnsure(segment, i) && segment.fetching[i] === 0) missing++;
    return missing;
  }

  /** Not here, or here and not believed: a deadline does not wait for witnesses. */
  #isUnsure(segment: StoredSegment, chunk: number): boolean {
    return segment.state[chunk] === Chunk.missing || (segment.state[chunk] === Chunk.unverified && this.#integrity.held(segment, chunk) !== undefined);
  }

  #slices(segment: StoredSegment): readonly Slice[] {
    return this.#fetches.rangesUsable ? slicesOf(segment) : [WHOLE];
  }
}

/** The origin has failed once more, and is left alone for a while. */
function putOff(segment: StoredSegment, nowMs: number): void {
  segment.originFailures++;
  segment.originRetryMs = nowMs + Math.min(MAX_RETRY_MS, 250 * 2 ** segment.originFailures);
}

/** The columns of those who serve. */
function serving(neighbours: readonly Neighbour[]): number {
  let bits = 0;
  for (const n of neighbours) if (n.serves) bits |= n.bit;
  return bits;
}

/** Where the origin was so slow when the deadline came near that any neighbour is faster. */
export const isSlow = (segment: StoredSegment): boolean => segment.rescueS > SLOW_ORIGIN_S;
