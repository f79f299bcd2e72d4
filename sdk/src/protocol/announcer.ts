import { HAVE_INTERVAL_MS } from "./config.js";
import { MAX_ENTRIES, MAX_RUNS, type BufferMapEntry, type ChunkRun } from "./message.js";
import type { Neighbour } from "./neighbour.js";
import { MAX_MESSAGE_BYTES } from "./message.js";
import type { EngineState } from "./state.js";
import type { StoredSegment } from "./stored-segment.js";

/** Room that one buffer map entry takes at most beside its bits; keeps HAVE messages under their bound. */
const ENTRY_BYTES = 24;

/** Tells neighbours what this peer has (HAVE), what its player waits for (WANT), and what it is fetching (PROMISE). */
export class Announcer {
  readonly #state: EngineState;
  readonly #changed = new Set<StoredSegment>();
  readonly #promised: ChunkRun[] = [];
  #haveDueMs = Infinity;

  constructor(state: EngineState) {
    this.#state = state;
  }

  /** Chunks of the segment have come or gone: neighbours hear of it with the next batch. */
  changed(segment: StoredSegment, nowMs: number): void {
    if (this.#state.neighbours.size === 0 || !this.#state.options.serves) return;
    this.#changed.add(segment);
    this.#haveDueMs = Math.min(this.#haveDueMs, nowMs + HAVE_INTERVAL_MS);
  }

  tick(nowMs: number): void {
    if (nowMs < this.#haveDueMs) return;
    this.#haveDueMs = Infinity;
    const entries = [...this.#changed].filter((s) => s.chunks > 0).map(entryOf);
    this.#changed.clear();
    for (const neighbour of this.#state.neighbours.values()) if (neighbour.handshaken) this.#sendEntries(neighbour, entries);
  }

  get nextMs(): number {
    return this.#haveDueMs;
  }

  /** The whole buffer map, wants and promises: what a new neighbour needs to know. An empty map is sent too. */
  introduce(neighbour: Neighbour): void {
    const { store, options } = this.#state;
    const entries = options.serves ? [...store.segments.values()].filter((s) => s.verifiedCount > 0).map(entryOf) : [];
    if (entries.length === 0) this.#state.send(neighbour.peer, { type: "HAVE", entries });
    else this.#sendEntries(neighbour, entries);
    if (this.#state.wanted.size > 0) this.#state.send(neighbour.peer, this.#wantMessage());
    if (this.#promised.length > 0) this.#state.send(neighbour.peer, { type: "PROMISE", runs: this.#promised.slice(0, MAX_RUNS), withdrawn: false });
  }

  wantsChanged(): void {
    const message = this.#wantMessage();
    for (const neighbour of this.#state.neighbours.values()) if (neighbour.handshaken) this.#state.send(neighbour.peer, message);
  }

  promise(run: ChunkRun): void {
    if (!this.#state.options.serves) return;
    this.#promised.push(run);
    this.#broadcast({ run, withdrawn: false });
  }

  /** The fetch has ended, well or badly. */
  promiseEnded(run: ChunkRun, kept: boolean): void {
    const index = this.#promised.findIndex((r) => r.segment === run.segment && r.first === run.first);
    if (index < 0) return;
    this.#promised.splice(index, 1);
    if (!kept) this.#broadcast({ run, withdrawn: true });
  }

  #broadcast({ run, withdrawn }: { run: ChunkRun; withdrawn: boolean }): void {
    for (const neighbour of this.#state.neighbours.values())
      if (neighbour.handshaken) this.#state.send(neighbour.peer, { type: "PROMISE", runs: [run], withdrawn });
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

function entryOf(segment: StoredSegment): BufferMapEntry {
  const chunks = segment.complete ? "all" : segment.verifiedCount === 0 ? "none" : segment.verified.slice();
  return { segment: segment.ref, sizeBytes: segment.sizeBytes ?? 0, chunks };
}
