import type { TrackViewer } from "./track-viewer.js";

/** How many play a track, and on which networks. */
export class Audience {
  readonly #networks = new Map<string, number>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(viewer: TrackViewer): void {
    this.#size += 1;
    this.#networks.set(viewer.network, this.#on(viewer.network) + 1);
  }

  remove(viewer: TrackViewer): void {
    this.#size -= 1;
    const left = this.#on(viewer.network) - 1;
    if (left > 0) this.#networks.set(viewer.network, left);
    else this.#networks.delete(viewer.network);
  }

  /** Its member may have come back from another network. */
  update(viewer: TrackViewer): void {
    if (viewer.network === viewer.member.network) return;
    this.remove(viewer);
    viewer.network = viewer.member.network;
    this.add(viewer);
  }

  /** Networks on which somebody is who is none of `viewers`. */
  networksBut(viewers: readonly TrackViewer[]): number {
    const theirs = new Set(viewers.map((viewer) => viewer.network));
    const alone = [...theirs].filter((network) => this.#on(network) === viewers.filter((viewer) => viewer.network === network).length);
    return this.#networks.size - alone.length;
  }

  /** Throws when it has miscounted. For tests and simulation. */
  assertConsistent(): void {
    const sum = [...this.#networks.values()].reduce((total, count) => total + count, 0);
    if (sum !== this.#size) throw new Error(`an audience of ${this.#size} with ${sum} on its networks`);
  }

  #on(network: string): number {
    return this.#networks.get(network) ?? 0;
  }
}
