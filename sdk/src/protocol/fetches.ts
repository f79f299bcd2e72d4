import type { Announcer } from "./announcer.js";
import type { FetchReason } from "./contract.js";
import type { FetchId } from "./ids.js";
import type { ChunkRun } from "./message.js";
import { OriginMeter } from "./origin-meter.js";
import { CHUNK_BYTES, MAX_CHUNKS } from "./segment.js";
import type { Slice } from "./slices.js";
import type { EngineState } from "./state.js";
import type { StoredSegment } from "./stored-segment.js";

/** An HTTP request under way. */
export interface OriginFetch {
  readonly id: FetchId;
  readonly segment: StoredSegment;
  readonly reason: FetchReason;
  /** Chunks that it was asked to bring; `end` is exclusive. */
  readonly slice: Slice;
  readonly ranged: boolean;
  readonly sentMs: number;
  promise: ChunkRun | undefined;
  meter: { readonly atMs: number; readonly bytes: number } | undefined;
  /** Next chunk to be filled, and what has come of it. */
  chunk: number;
  parts: Uint8Array[];
  partBytes: number;
  /** Where in the segment the body has got to. */
  atByte: number;
  /** When something last came of it. */
  heardMs: number;
}

const STALLED_MS = 2_000;
/** The viewer's line is kept free for a request of its own for so long: what takes longer waits for the origin, which others need this peer the more for. */
const YIELD_MS = 500;

/** A chunk that the origin gave. */
export interface OriginChunk {
  readonly segment: StoredSegment;
  readonly chunk: number;
  readonly payload: Uint8Array;
  readonly reason: FetchReason;
  /** It came with the whole segment, for want of ranges. */
  readonly isWhole: boolean;
}

/** HTTP requests to the origin: what runs, what came of it, and how fast the origin is. */
export class Fetches {
  readonly meter = new OriginMeter();
  /** False once the origin has ignored a range or hidden the size behind it. */
  rangesUsable = true;
  readonly #state: EngineState;
  readonly #announcer: Announcer;
  readonly #active = new Map<FetchId, OriginFetch>();
  #nextId = 1;
  /** False where bodies come whole, at the end: silence means nothing then. */
  #streams = true;

  constructor(state: EngineState, announcer: Announcer) {
    this.#state = state;
    this.#announcer = announcer;
  }

  start(segment: StoredSegment, slice: Slice, reason: FetchReason, nowMs: number): FetchId {
    const end = segment.chunks > 0 ? segment.chunks : MAX_CHUNKS;
    const whole = !this.rangesUsable || (slice.first === 0 && slice.end >= end);
    const chunks = whole ? { first: 0, end } : slice;
    const id = this.#nextId++ as FetchId;
    const promise = reason === "check" || reason === "settle" ? undefined : { segment: segment.ref, first: chunks.first, count: chunks.end - chunks.first };
    const fetch: OriginFetch = { id, segment, reason, slice: chunks, ranged: !whole, sentMs: nowMs, promise, meter: undefined, chunk: chunks.first, parts: [], partBytes: 0, atByte: chunks.first * CHUNK_BYTES, heardMs: nowMs };
    this.#active.set(id, fetch);
    this.#mark(fetch, 1);
    this.#state.counters.fetches[reason]++;
    if (reason === "rescue") {
      this.#state.counters.rescues++;
      this.#state.rescuedMs = nowMs;
    }
    if (promise !== undefined) this.#announcer.promise(promise);
    const range = whole ? undefined : { start: chunks.first * CHUNK_BYTES, end: Math.min(chunks.end * CHUNK_BYTES, segment.sizeBytes ?? Infinity) };
    this.#state.emit({ type: "fetch", fetch: id, segment: segment.ref, range, reason });
    return id;
  }

  /** Whether the origin has just been asked for what the player waits for. Not in a rescue: many need one at a time, and what the swarm brings is needed the more. */
  isUrgent(nowMs: number): boolean {
    return this.find((f) => f.reason !== "rescue" && f.segment.wants.size > 0 && nowMs - f.sentMs < YIELD_MS) !== undefined;
  }

  get(id: FetchId): OriginFetch | undefined {
    return this.#active.get(id);
  }

  /** Headers have come. */
  head(id: FetchId, { startByte, sizeBytes, bodyMs = 0 }: { readonly startByte: number; readonly sizeBytes: number | undefined; readonly bodyMs?: number }, nowMs: number): void {
    const fetch = this.#active.get(id);
    if (fetch === undefined) return;
    this.#streams = bodyMs === 0;
    fetch.heardMs = nowMs;
    fetch.meter = this.meter.started(fetch.sentMs, nowMs - bodyMs);
    if (fetch.ranged && (startByte !== fetch.slice.first * CHUNK_BYTES || (sizeBytes === undefined && !fetch.segment.sizeCertain))) this.rangesUsable = false;
    if (startByte % CHUNK_BYTES !== 0) return this.abort((f) => f === fetch);
    if (startByte !== fetch.slice.first * CHUNK_BYTES) {
      this.#mark(fetch, -1);
      fetch.chunk = Math.floor(startByte / CHUNK_BYTES);
      fetch.atByte = startByte;
      (fetch as { slice: Slice }).slice = { first: fetch.chunk, end: fetch.segment.chunks > 0 ? fetch.segment.chunks : MAX_CHUNKS };
      this.#mark(fetch, 1);
    }
  }

  /** Marks are made anew after a segment's size has become known. */
  remark(segment: StoredSegment): void {
    segment.fetching.fill(0);
    for (const fetch of this.#active.values()) if (fetch.segment === segment) this.#mark(fetch, 1);
  }

  /** The next bytes of a body; complete chunks are returned. */
  bytes(id: FetchId, bytes: Uint8Array, nowMs: number): OriginChunk[] {
    const fetch = this.#active.get(id);
    if (fetch === undefined) return [];
    fetch.heardMs = nowMs;
    this.meter.received(bytes.length);
    this.#state.counters.originBytes += bytes.length;
    fetch.parts.push(bytes);
    fetch.partBytes += bytes.length;
    fetch.atByte += bytes.length;
    return fetch.segment.sizeBytes === undefined ? [] : this.#cut(fetch, false);
  }

  /** The body is complete. `learnSize` is called where no header told the size and the end of the body does. */
  done(id: FetchId, nowMs: number, learnSize: (segment: StoredSegment, sizeBytes: number) => void): { fetch: OriginFetch; chunks: OriginChunk[] } | undefined {
    const fetch = this.#active.get(id);
    if (fetch === undefined) return undefined;
    if (fetch.meter !== undefined) this.meter.finished(fetch.meter, nowMs);
    const isWhole = !fetch.ranged || fetch.atByte < fetch.slice.end * CHUNK_BYTES;
    if (!fetch.segment.sizeCertain && fetch.atByte > 0 && isWhole) learnSize(fetch.segment, fetch.atByte);
    const chunks = this.#cut(fetch, true);
    this.#end(fetch, true);
    return { fetch, chunks };
  }

  failed(id: FetchId): OriginFetch | undefined {
    const fetch = this.#active.get(id);
    if (fetch !== undefined) this.#end(fetch, false);
    return fetch;
  }

  abort(matches: (fetch: OriginFetch) => boolean): void {
    for (const fetch of this.#active.values()) {
      if (!matches(fetch)) continue;
      this.#end(fetch, false);
      this.#state.emit({ type: "abort-fetch", fetch: fetch.id });
    }
  }

  /** Requests to which nothing has come for longer than this origin usually takes. */
  *stalled(nowMs: number): Generator<OriginFetch> {
    if (!this.#streams) return;
    for (const f of this.#active.values()) if (nowMs - f.heardMs > Math.max(STALLED_MS, 4 * this.meter.ttfbMs)) yield f;
  }

  covers(segment: StoredSegment, chunk: number): boolean {
    return this.find((f) => f.segment === segment && chunk >= f.chunk && chunk < f.slice.end) !== undefined;
  }

  find(matches: (fetch: OriginFetch) => boolean): OriginFetch | undefined {
    for (const f of this.#active.values()) if (matches(f)) return f;
    return undefined;
  }

  isActive(segment: StoredSegment): boolean {
    return this.find((f) => f.segment === segment) !== undefined;
  }

  /** Takes whole chunks off the front of what has come. */
  #cut(fetch: OriginFetch, isEnd: boolean): OriginChunk[] {
    const { segment } = fetch;
    const cut: OriginChunk[] = [];
    if (segment.sizeBytes === undefined) return cut;
    for (;;) {
      const length = segment.chunkLength(fetch.chunk);
      if (length <= 0 || fetch.partBytes < length) return cut;
      // Where a neighbour says that the segment ends, only the end of the body can tell.
      if (!isEnd && !segment.sizeCertain && fetch.chunk === segment.chunks - 1) return cut;
      cut.push({ segment, chunk: fetch.chunk, payload: take(fetch, length), reason: fetch.reason, isWhole: fetch.slice.end - fetch.slice.first > 1 });
      if (fetch.chunk < fetch.slice.end) segment.countFetch(fetch.chunk, -1);
      fetch.chunk++;
    }
  }

  #end(fetch: OriginFetch, kept: boolean): void {
    this.#active.delete(fetch.id);
    this.#mark(fetch, -1);
    if (fetch.promise !== undefined) this.#announcer.promiseEnded(fetch.promise, kept);
  }

  #mark(fetch: OriginFetch, by: 1 | -1): void {
    const { segment } = fetch;
    for (let i = fetch.chunk; i < Math.min(fetch.slice.end, segment.chunks); i++) segment.countFetch(i, by);
  }
}

/** The first `length` bytes of what a fetch has received; a view where they lie in one piece. */
function take(fetch: OriginFetch, length: number): Uint8Array {
  fetch.partBytes -= length;
  const [first] = fetch.parts;
  if (first !== undefined && first.length >= length) {
    if (first.length === length) fetch.parts.shift();
    else fetch.parts[0] = first.subarray(length);
    return first.subarray(0, length);
  }
  const taken = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const part = fetch.parts.shift();
    if (part === undefined) break;
    const used = part.subarray(0, length - at);
    taken.set(used, at);
    at += used.length;
    if (used.length < part.length) fetch.parts.unshift(part.subarray(used.length));
  }
  return taken;
}
