import { Evidence } from "./evidence.js";
import type { TrackViewer } from "./track-viewer.js";

export interface Seat {
  readonly viewer: TrackViewer;
  readonly sinceMs: number;
  /** Fit viewers of the track when it was given. */
  readonly fit: number;
}

/** The seats of one slice. A seat's place in the list is its copy; when one goes, those behind it move up. */
export class SliceSeats {
  readonly evidence = new Evidence();
  #seats: Seat[] = [];

  constructor(readonly slice: number) {}

  get count(): number {
    return this.#seats.length;
  }

  /** In order of copy. */
  get list(): readonly Seat[] {
    return this.#seats;
  }

  /** In order of copy. */
  get holders(): TrackViewer[] {
    return this.#seats.map((seat) => seat.viewer);
  }

  /** When the last seat was given; undefined without holders. */
  get grantedMs(): number | undefined {
    return this.#seats.length === 0 ? undefined : Math.max(...this.#seats.map((seat) => seat.sinceMs));
  }

  /** Who holds its seat for longest. */
  get senior(): TrackViewer | undefined {
    return this.#seats.reduce<Seat | undefined>((first, seat) => (first === undefined || seat.sinceMs < first.sinceMs ? seat : first), undefined)?.viewer;
  }

  copyOf(viewer: TrackViewer): number {
    return this.#seats.findIndex((seat) => seat.viewer === viewer);
  }

  /** How many fit viewers there were when `holder` got its seat. */
  fitAtGrant(holder: TrackViewer): number {
    return this.#seats.find((seat) => seat.viewer === holder)?.fit ?? 0;
  }

  /** What was reported was another holder's failing, so it is forgotten. */
  grant(viewer: TrackViewer, fit: number, nowMs: number): void {
    this.#seats.push({ viewer, sinceMs: nowMs, fit });
    if (viewer.slices.size === 0) viewer.begin();
    viewer.slices.add(this.slice);
    this.evidence.clear();
  }

  revoke(viewer: TrackViewer): void {
    this.#seats = this.#seats.filter((seat) => seat.viewer !== viewer);
    viewer.slices.delete(this.slice);
  }
}
