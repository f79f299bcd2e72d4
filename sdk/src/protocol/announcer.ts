import { HAVE_INTERVAL_MS, RIDE_INTERVAL_MS, SEAT_NEWS_MS } from "./config.js";
import { MAX_ENTRIES, MAX_MESSAGE_BYTES, MAX_RUNS, type BufferMapEntry, type ChunkRun, type Message } from "./message.js";
import type { Neighbour } from "./neighbour.js";
import type { EngineState } from "./state.js";
import type { StoredSegment } from "./stored-segment.js";

/** Room that one buffer map entry takes at most beside its bits; keeps HAVE messages under their bound. */
const ENTRY_BYTES = 24;
/** Where segments are shorter than this, s, players are close to the live edge, and news goes sooner. Simulated (2 s, RI 2, pulled): offload 0.76 instead of 0.71, for a point of control. */
const SHORT_SEGMENT_S = 3;
const SHORT_HAVE_INTERVAL_MS = 200;
/** Messages that may wait for company. */
const MAX_WAITING = 64;

/**
 * Tells neighbours what this peer has (HAVE), what its player waits for (WANT), and what it is fetching (PROMISE). A small message costs
 * ten times its length in headers and acknowledgements, so what can wait travels with what cannot, and goes alone only when it is due.
 */
export class Announcer {
  readonly #state: EngineState;
  /** Segments that have changed since everybody was told last, the latest change last. */
  readonly #changed = new Set<StoredSegment>();
  #change = 0;
  #intervalMs = HAVE_INTERVAL_MS;
  /** When everybody is told, however lately that was done before. */
  newsMs = Infinity;
  readonly #promised: ChunkRun[] = [];

  constructor(state: EngineState) {
    this.#state = state;
  }

  /** Chunks of the segment have come or gone: neighbours hear of it soon. */
  changed(segment: StoredSegment): void {
    if (this.#state.neighbours.size === 0 || !this.#state.options.serves) return;
    this.#intervalMs = segment.durationS < SHORT_SEGMENT_S ? SHORT_HAVE_INTERVAL_MS : HAVE_INTERVAL_MS;
    segment.change = ++this.#change;
    this.#changed.delete(segment);
    this.#changed.add(segment);
  }

  /** An origin seat has brought chunks: nobody can begin to spread them before it is told of them. */
  news(segment: StoredSegment, nowMs: number): void {
    this.changed(segment);
    this.newsMs = Math.min(this.newsMs, nowMs + SEAT_NEWS_MS);
  }

  /** `message` can wait so long for another one to travel with. */
  later(neighbour: Neighbour, message: Message, dueMs: number): void {
    neighbour.waiting.push(message);
    neighbour.waitingDueMs = Math.min(neighbour.waitingDueMs, dueMs);
    if (neighbour.waiting.length >= MAX_WAITING) this.#flush(neighbour);
  }

  /** Tells neighbours what is due. */
  tick(nowMs: number): void {
    let told = true;
    const isNews = nowMs >= this.newsMs;
    if (isNews) this.newsMs = Infinity;
    for (const n of this.#state.handshaken) {
      if (n.toldChange < this.#change) {
        if (isNews || nowMs - n.toldMs >= this.#intervalMs) this.tell(n, nowMs);
        else told = false;
      }
      if (nowMs >= n.waitingDueMs) this.#flush(n);
    }
    if (told) this.#changed.clear();
  }

  /** Whatever goes to a neighbour anyhow takes along what waits. */
  ride(nowMs: number): void {
    for (const peer of this.#state.addressed) {
      const n = this.#state.neighbours.get(peer);
      if (n?.handshaken !== true) continue;
      if (n.toldChange < this.#change && nowMs - n.toldMs >= RIDE_INTERVAL_MS) this.tell(n, nowMs);
      if (n.waiting.length > 0) this.#flush(n);
    }
  }

  /** Something waits to be told. */
  get isWaiting(): boolean {
    return this.#changed.size > 0 || this.#state.some((n) => n.waiting.length > 0);
  }

  /** The whole buffer map, wants and promises: what a new neighbour needs to know. An empty map is sent too. */
  introduce(neighbour: Neighbour, nowMs: number): void {
    const { store, options } = this.#state;
    const entries = options.serves ? [...store.segments.values()].filter((s) => s.verifiedCount > 0).map((s) => s.entry) : [];
    if (entries.length === 0) this.#state.send(neighbour.peer, { type: "HAVE", entries });
    else this.#sendEntries(neighbour, entries);
    neighbour.toldChange = this.#change;
    neighbour.toldMs = nowMs;
    if (this.#state.wanted.size > 0) this.#state.send(neighbour.peer, this.#wantMessage());
    if (this.#promised.length > 0) this.#state.send(neighbour.peer, { type: "PROMISE", runs: this.#promised.slice(0, MAX_RUNS), withdrawn: false });
  }

  wantsChanged(): void {
    // Where everybody knows everybody it decides who asks the origin; elsewhere nobody needs it.
    if (!this.#state.isSmall) return;
    this.#broadcast(this.#wantMessage());
  }

  promise(run: ChunkRun): void {
    if (!this.#state.options.serves) return;
    this.#promised.push(run);
    this.#broadcast({ type: "PROMISE", runs: [run], withdrawn: false });
  }

  /** The fetch has ended, well or badly. */
  promiseEnded(run: ChunkRun, kept: boolean): void {
    const index = this.#promised.findIndex((r) => r.segment === run.segment && r.first === run.first);
    if (index < 0) return;
    this.#promised.splice(index, 1);
    if (!kept) this.#broadcast({ type: "PROMISE", runs: [run], withdrawn: true });
  }

  /** What has changed since it was told last. */
  tell(neighbour: Neighbour, nowMs: number): void {
    const entries: BufferMapEntry[] = [];
    for (const segment of this.#changed) if (segment.change > neighbour.toldChange && segment.chunks > 0) entries.push(segment.entry);
    neighbour.toldChange = this.#change;
    neighbour.toldMs = nowMs;
    this.#sendEntries(neighbour, entries);
  }

  #flush(neighbour: Neighbour): void {
    const { waiting, peer } = neighbour;
    neighbour.waiting = [];
    neighbour.waitingDueMs = Infinity;
    for (const message of waiting) this.#state.send(peer, message);
  }

  #broadcast(message: Message): void {
    for (const n of this.#state.handshaken) this.#state.send(n.peer, message);
  }

  #wantMessage(): { readonly type: "WANT"; readonly segments: readonly StoredSegment["ref"][] } {
    return { type: "WANT", segments: [...this.#state.wanted].slice(0, MAX_RUNS).map((s) => s.ref) };
  }

  #sendEntries(neighbour: Neighbour, entries: readonly BufferMapEntry[]): void {
    let batch: BufferMapEntry[] = [];
    let bytes = 0;
    const flush = (): void => {
      if (batch.length > 0) this.#state.send(neighbour.peer, { type: "HAVE", entries: batch });
      batch = [];
      bytes = 0;
    };
    for (const entry of entries) {
      const size = ENTRY_BYTES + (typeof entry.chunks === "string" ? 0 : entry.chunks.length);
      if (batch.length >= MAX_ENTRIES || bytes + size > MAX_MESSAGE_BYTES - 64) flush();
      batch.push(entry);
      bytes += size;
    }
    flush();
  }
}
