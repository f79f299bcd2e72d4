import type { Want } from "./hls/fragment-loader.js";
import type { WantId } from "./protocol/ids.js";

export interface OpenWant {
  readonly id: WantId;
  readonly want: Want;
  /** When something was last heard of it. */
  heardMs: number;
}

/** The player's requests that are not answered yet. */
export class OpenWants implements Iterable<OpenWant> {
  readonly #open = new Map<WantId, OpenWant>();
  readonly #ids = new Map<Want, WantId>();
  #next = 1;

  [Symbol.iterator](): Iterator<OpenWant> {
    return this.#open.values();
  }

  add(want: Want, nowMs: number): WantId {
    const id = this.#next++ as WantId;
    this.#open.set(id, { id, want, heardMs: nowMs });
    this.#ids.set(want, id);
    return id;
  }

  get(id: WantId): OpenWant | undefined {
    return this.#open.get(id);
  }

  idOf(want: Want): WantId | undefined {
    return this.#ids.get(want);
  }

  /** Takes it out. */
  take(id: WantId): OpenWant | undefined {
    const open = this.#open.get(id);
    this.#open.delete(id);
    if (open) this.#ids.delete(open.want);
    return open;
  }

  /** There may be two: hls.js retries before it gives up the first. */
  forSegment(segmentId: string): Want[] {
    return [...this.#open.values()].filter(({ want }) => want.segment.ref.id === segmentId).map(({ want }) => want);
  }
}
