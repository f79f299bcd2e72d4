import type { TrackId } from "./ids.js";
import { INIT_SEQUENCE, type SegmentInfo, type SegmentRef, type TrackKind } from "./segment.js";
import { StoredSegment } from "./stored-segment.js";

/** A rendition as its playlist last showed it. */
export interface Track {
  readonly id: TrackId;
  readonly kind: TrackKind;
  live: boolean;
  bandwidthBps: number;
  /** In playback order. */
  segments: StoredSegment[];
  /** Live: no longer in the playlist, not yet discarded. */
  passed: StoredSegment[];
  /** Live: told of by neighbours, not yet in the playlist. */
  foreseen: StoredSegment[];
  /** Oldest sequence that still counts: what neighbours hold of older ones is taken as deleted (TR3). */
  readonly discardBefore: number;
}

/** Segments this playlist has dropped are kept that much longer, since neighbours lag behind each other by a few. */
const LIVE_MARGIN_SEGMENTS = 3;
/** An initialization segment, which has no sequence, is kept until what it was asked for lies that far back. */
const LIVE_MARGIN_S = 60;
/** Neighbours whose playlist was reloaded later may be ahead by so many segments. */
const FORESEEN_SEGMENTS = 2;

/** Every segment this peer knows of, with the chunks it holds; bounded in bytes. */
export class Store {
  readonly segments = new Map<string, StoredSegment>();
  readonly tracks = new Map<TrackId, Track>();
  heldBytes = 0;

  constructor(readonly limitBytes: number) {}

  get(ref: SegmentRef): StoredSegment | undefined {
    return this.segments.get(ref.id);
  }

  /** The segment of that name, made if it is new; its place on the timeline is brought up to date. */
  open(info: SegmentInfo, kind: TrackKind): StoredSegment {
    const known = this.segments.get(info.ref.id);
    if (known === undefined) {
      const segment = new StoredSegment(info, kind);
      this.segments.set(info.ref.id, segment);
      return segment;
    }
    known.startS = info.startS;
    known.durationS = info.durationS;
    return known;
  }

  /** A segment that the player asked for and no playlist has shown, such as an initialization segment: a live track forgets it in time. */
  adopt(segment: StoredSegment): void {
    const track = this.tracks.get(segment.ref.track);
    if (track?.live === true && !track.segments.includes(segment)) track.passed.push(segment);
  }

  /**
   * A live segment that a neighbour holds and the own playlist, loaded up to a target duration ago, does not show yet. It is fetched
   * from neighbours alone, since nobody has told its URL. Undefined where the name does not follow on what is known.
   */
  foresee(ref: SegmentRef, nowMs: number): StoredSegment | undefined {
    const track = this.tracks.get(ref.track);
    const last = track?.segments.at(-1);
    if (track?.live !== true || last === undefined) return undefined;
    const ahead = ref.sequence - last.ref.sequence;
    if (ahead < 1 || ahead > FORESEEN_SEGMENTS || track.foreseen.some((s) => s.ref.sequence === ref.sequence)) return undefined;
    const segment = this.open({ ref, startS: last.endS + (ahead - 1) * last.durationS, durationS: last.durationS }, track.kind);
    segment.listed = false;
    segment.bandwidthBps = track.bandwidthBps;
    segment.appearedMs = nowMs;
    track.foreseen.push(segment);
    return segment;
  }

  /** Takes over a playlist and returns what a live one has moved past (TR3: the discard window), which is forgotten. */
  updateTrack(update: { id: TrackId; kind: TrackKind; live: boolean; bandwidthBps: number; segments: readonly SegmentInfo[] }, nowMs: number): StoredSegment[] {
    const segments = update.segments.map((info) => this.open(info, update.kind));
    const previous = this.tracks.get(update.id);
    const edge = previous?.segments.at(-1)?.ref.sequence ?? Infinity;
    for (const segment of segments) {
      const { sequence } = segment.ref;
      segment.listed = true;
      segment.bandwidthBps = update.bandwidthBps;
      if (!update.live) continue;
      segment.listedMs = Math.min(segment.listedMs, nowMs);
      // One that comes with many others has been there for who knows how long.
      if (sequence > edge && sequence <= edge + FORESEEN_SEGMENTS) segment.appearedMs = Math.min(segment.appearedMs, nowMs);
    }
    const track: Track = { ...update, segments, passed: [], foreseen: [], discardBefore: update.live ? (segments[0]?.ref.sequence ?? 0) - LIVE_MARGIN_SEGMENTS : 0 };
    this.tracks.set(update.id, track);
    if (!update.live || previous === undefined) return [];
    const current = new Set(segments);
    const { discardBefore } = track;
    const last = segments.at(-1)?.ref.sequence ?? 0;
    const gone: StoredSegment[] = [];
    for (const segment of previous.foreseen) {
      if (current.has(segment)) continue;
      if (segment.ref.sequence > last) track.foreseen.push(segment);
      else if (this.forget(segment)) gone.push(segment);
    }
    for (const segment of [...previous.passed, ...previous.segments]) {
      if (current.has(segment)) continue;
      const isPassed = segment.ref.sequence === INIT_SEQUENCE ? segment.startS < (segments[0]?.startS ?? 0) - LIVE_MARGIN_S : segment.ref.sequence < discardBefore;
      if (!isPassed || segment.wants.size > 0) track.passed.push(segment);
      else if (this.forget(segment)) gone.push(segment);
    }
    return gone;
  }

  isLive(segment: StoredSegment): boolean {
    return this.tracks.get(segment.ref.track)?.live === true;
  }

  /** See {@link Track.discardBefore}; 0 where the track is not known. */
  discardBefore(track: TrackId): number {
    return this.tracks.get(track)?.discardBefore ?? 0;
  }

  /**
   * Segments to evict so that the bound holds: what has been played first, the oldest of it before the rest, then what is
   * furthest ahead. Never what the player waits for.
   */
  overflow(positionS: number): StoredSegment[] {
    if (this.heldBytes <= this.limitBytes) return [];
    const candidates = [...this.segments.values()].filter((s) => s.heldBytes > 0 && s.wants.size === 0);
    const rank = (s: StoredSegment): number => (s.endS <= positionS ? 1e9 - s.startS : s.startS - positionS);
    candidates.sort((a, b) => rank(b) - rank(a) || (a.ref.id < b.ref.id ? -1 : 1));
    const out: StoredSegment[] = [];
    let excess = this.heldBytes - this.limitBytes;
    for (const segment of candidates) {
      if (excess <= 0) break;
      excess -= segment.heldBytes;
      out.push(segment);
    }
    return out;
  }

  /** Removes a segment altogether. */
  forget(segment: StoredSegment): boolean {
    this.heldBytes -= segment.heldBytes;
    return this.segments.delete(segment.ref.id);
  }

  /** Drops a segment's chunks and keeps its name. */
  evict(segment: StoredSegment): void {
    this.heldBytes -= segment.heldBytes;
    segment.evict();
  }
}
