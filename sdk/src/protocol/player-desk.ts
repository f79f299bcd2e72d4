import type { Announcer } from "./announcer.js";
import type { Witnesses } from "./belief.js";
import type { Input } from "./contract.js";
import type { Downloads } from "./downloads.js";
import type { Fetches } from "./fetches.js";
import type { WantId } from "./ids.js";
import type { Push } from "./push.js";
import { INIT_SEQUENCE, type SegmentRef } from "./segment.js";
import type { EngineState } from "./state.js";
import type { StoredSegment } from "./stored-segment.js";

/**
 * Were all segments of a track of the size that a neighbour tells of one, they would not be longer than this together: three hours at 12 Mb/s. Each chunk
 * takes 45 bytes before anything of it is here, and a word costs a neighbour nothing.
 */
const MAX_TOLD_BYTES = 2 ** 34;

/** Where the player is served: what it plays, where it is, what it asks for, and the handing over. */
export class PlayerDesk {
  readonly #state: EngineState;
  readonly #announcer: Announcer;
  readonly #downloads: Downloads;
  readonly #fetches: Fetches;
  readonly #integrity: Witnesses;
  readonly #wants = new Map<WantId, StoredSegment>();
  readonly #push: Push | undefined;

  constructor(parts: { state: EngineState; announcer: Announcer; downloads: Downloads; fetches: Fetches; integrity: Witnesses; push: Push | undefined }) {
    this.#state = parts.state;
    this.#announcer = parts.announcer;
    this.#downloads = parts.downloads;
    this.#fetches = parts.fetches;
    this.#integrity = parts.integrity;
    this.#push = parts.push;
  }

  playlist(input: Extract<Input, { type: "playlist" }>, nowMs: number): void {
    const { store } = this.#state;
    const fresh = input.segments.filter((s) => !store.segments.has(s.ref.id));
    const gone = store.updateTrack({ id: input.track, kind: input.kind, live: input.live, bandwidthBps: input.bandwidthBps, segments: input.segments }, nowMs);
    for (const segment of gone) this.#discarded(segment);
    for (const { ref } of fresh) {
      const segment = store.get(ref);
      if (segment !== undefined) this.#adopt(segment);
    }
    if (input.live) {
      const before = store.discardBefore(input.track);
      for (const n of this.#state.neighbours.values()) {
        for (const { segment: { id, track, sequence } } of n.claims.values()) if (track === input.track && sequence < before) n.dropClaim(id);
      }
    }
    this.#trim(nowMs);
    this.#downloads.reorder();
  }

  playhead(input: Extract<Input, { type: "playhead" }>, nowMs: number): void {
    const { positionS, playing, rate } = input;
    Object.assign(this.#state.playhead, { positionS, playing, rate, atMs: nowMs });
  }

  want({ want, kind, segment: info }: Extract<Input, { type: "want" }>, nowMs: number): void {
    const { store, wanted } = this.#state;
    const isNew = !store.segments.has(info.ref.id);
    const segment = store.open(info, kind);
    segment.wants.add(want);
    if (isNew || segment.chunks === 0) this.#adopt(segment);
    if (isNew) store.adopt(segment);
    this.#wants.set(want, segment);
    if (segment.wants.size === 1) {
      segment.wantedMs = nowMs;
      segment.firstByteMs = 0;
      segment.storeBytes = segment.verifiedBytes;
      segment.originBytes = 0;
      segment.peerBytes = 0;
      segment.failure = undefined;
      segment.rescueMs = Infinity;
    }
    if (info.ref.sequence !== INIT_SEQUENCE) this.#state.activate(kind, info.ref.track, info.ref.sequence);
    if (segment.complete) return this.deliver(segment, nowMs);
    wanted.add(segment);
    this.#announcer.wantsChanged();
    this.#downloads.reorder();
  }

  unwant(want: WantId): void {
    const segment = this.#wants.get(want);
    if (segment === undefined) return;
    this.#wants.delete(want);
    segment.wants.delete(want);
    if (segment.wants.size > 0) return;
    this.#state.wanted.delete(segment);
    // The player has changed its mind (seek, level switch): the origin's bytes cost money, those of neighbours wait for nothing.
    this.#fetches.abort((f) => f.segment === segment && f.reason !== "check" && f.reason !== "settle" && f.reason !== "seat");
    this.#announcer.wantsChanged();
    this.#downloads.reorder();
  }

  /** Bytes of the segment are coming in. */
  received(segment: StoredSegment, nowMs: number): void {
    if (segment.firstByteMs === 0 && segment.wants.size > 0) segment.firstByteMs = nowMs;
  }

  /** A chunk has become part of the store. */
  stored(segment: StoredSegment, chunk: number, nowMs: number): void {
    const giver = segment.givers[chunk] ?? "origin";
    const bytes = segment.payloads[chunk]?.length ?? 0;
    if (segment.firstByteMs === 0) segment.firstByteMs = nowMs;
    if (giver === "origin") segment.originBytes += bytes;
    else segment.peerBytes += bytes;
    this.#state.emit({ type: "chunk-stored", segment: segment.ref, chunk, chunks: segment.chunks, source: giver });
    if (giver === "origin" && segment.seated !== 0) this.#announcer.news(segment, nowMs);
    else this.#announcer.changed(segment);
    this.#push?.stored(segment, chunk, nowMs);
    if (segment.complete) {
      this.#integrity.forget(segment);
      this.#trim(nowMs);
      if (segment.wants.size > 0) this.deliver(segment, nowMs);
    } else if (segment.wants.size > 0) {
      for (const want of segment.wants) this.#state.emit({ type: "progress", want, loadedBytes: segment.verifiedBytes, sizeBytes: segment.sizeBytes ?? 0 });
    }
  }

  deliver(segment: StoredSegment, nowMs: number): void {
    const { counters, wanted } = this.#state;
    const payloads = segment.payloads.filter((p) => p !== undefined);
    const { meter } = this.#fetches;
    const delivery = {
      originBytes: segment.originBytes, peerBytes: segment.peerBytes, storeBytes: segment.storeBytes, wantedMs: segment.wantedMs,
      firstByteMs: segment.firstByteMs === 0 ? nowMs : segment.firstByteMs, completeMs: nowMs, throughputBps: meter.bps, originTtfbMs: meter.ttfbMs,
    };
    for (const want of segment.wants) {
      this.#wants.delete(want);
      counters.playedBytes += segment.sizeBytes ?? 0;
      this.#state.emit({ type: "deliver", want, payloads, delivery });
    }
    segment.wants.clear();
    if (wanted.delete(segment)) this.#announcer.wantsChanged();
    this.#downloads.reorder();
  }

  /** Nobody can give it: the player hears what the origin said. */
  fail(segment: StoredSegment, failure: { readonly status: number; readonly timedOut: boolean }): void {
    for (const want of segment.wants) {
      this.#wants.delete(want);
      this.#state.emit({ type: "fail", want, status: failure.status, timedOut: failure.timedOut });
    }
    segment.wants.clear();
    this.#state.wanted.delete(segment);
    this.#announcer.wantsChanged();
  }

  /** The size of a segment is known: its chunks can be counted, and those of neighbours with them. */
  learnSize(segment: StoredSegment, sizeBytes: number, certain: boolean): void {
    if (segment.sizeBytes === sizeBytes || (segment.sizeCertain && !certain)) {
      segment.sizeCertain ||= certain;
      return;
    }
    const { store } = this.#state;
    const { length = 1 } = store.tracks.get(segment.ref.track)?.segments ?? {};
    // It stays a claim until the player wants the segment, or somebody knows.
    if (!certain && segment.wants.size === 0 && sizeBytes * length > MAX_TOLD_BYTES) return;
    store.heldBytes -= segment.heldBytes;
    this.#downloads.cancel((r) => r.segment === segment);
    segment.setSize(sizeBytes, certain);
    this.#fetches.remark(segment);
    this.#recognize(segment);
    this.#downloads.reorder();
  }

  /** A neighbour holds a segment that the playlist does not show yet: what it is told beforehand can be fetched beforehand. */
  foresee(ref: SegmentRef, nowMs: number): void {
    for (const track of this.#state.activeTracks())
      if (track.id === ref.track) {
        const segment = this.#state.store.foresee(ref, nowMs);
        if (segment !== undefined) {
          this.#adopt(segment);
          this.#downloads.reorder();
        }
      }
  }

  /** A segment that is new to us may be old to neighbours. */
  #adopt(segment: StoredSegment): void {
    if (segment.sizeBytes === undefined)
      for (const n of this.#state.neighbours.values()) {
        const claim = n.claims.get(segment.ref.id);
        if (claim !== undefined) return this.learnSize(segment, claim.sizeBytes, false);
      }
    else this.#recognize(segment);
  }

  /** What neighbours have said of a segment of this size counts now. */
  #recognize(segment: StoredSegment): void {
    const { id } = segment.ref;
    for (const n of this.#state.neighbours.values()) {
      const claim = n.claims.get(id);
      if (claim === undefined || claim.sizeBytes !== segment.sizeBytes) continue;
      n.dropClaim(id);
      segment.setHolder(n, claim.chunks);
    }
  }

  #discarded(segment: StoredSegment): void {
    this.#state.wanted.delete(segment);
    this.#downloads.cancel((r) => r.segment === segment);
    this.#fetches.abort((f) => f.segment === segment);
    this.#integrity.forget(segment);
    this.#state.emit({ type: "segment-evicted", segment: segment.ref });
  }

  #trim(nowMs: number): void {
    const { store } = this.#state;
    if (store.heldBytes <= store.limitBytes) return;
    for (const segment of store.overflow(this.#state.positionS(nowMs))) {
      this.#downloads.cancel((r) => r.segment === segment);
      store.evict(segment);
      this.#announcer.changed(segment);
      this.#state.emit({ type: "segment-evicted", segment: segment.ref });
    }
  }
}
