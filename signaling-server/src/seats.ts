import type { ConnectionId } from "./contract.js";
import type { LiveRequest, MissingRequest, SeatsMessage } from "./events.js";
import { LiveTrack, type SeatHall } from "./live-track.js";
import type { Member } from "./member.js";
import { SeatPolicy } from "./seat-policy.js";
import { TrackViewer } from "./track-viewer.js";

/**
 * Origin seats of all swarms (DESIGN, Delivery 3): the right to take one slice of each new segment of a live track from the
 * origin as it appears. What holders must be told is collected here until {@link drain}.
 */
export class Seats {
  readonly #changed = new Set<TrackViewer>();
  readonly #hall: SeatHall;
  /** Seats lost through reports. */
  #lost = 0;

  constructor(options: { readonly random: () => number; readonly statIntervalMs: number }) {
    this.#hall = { random: options.random, policy: new SeatPolicy(options.statIntervalMs), changed: (viewer) => this.#changed.add(viewer) };
  }

  get lost(): number {
    return this.#lost;
  }

  /** The member plays these live tracks and no others. It is told how it stands in each, changed or not. */
  announce(member: Member, request: LiveRequest, nowMs: number): void {
    member.willing = request.willing;
    member.uplinkBps = request.uplinkBps;
    for (const [id, viewer] of member.viewing) if (!request.tracks.includes(id)) this.#stop(viewer, nowMs);
    for (const id of request.tracks) {
      const known = member.viewing.get(id);
      if (known !== undefined) known.track.update(known, nowMs);
      this.#changed.add(known ?? this.#start(member, id, nowMs));
    }
  }

  /** Slices that did not come; none: the member has taken its own. Returns how many viewers take each from the origin now. */
  missing(member: Member, request: MissingRequest, nowMs: number): number {
    const viewer = member.viewing.get(request.track);
    if (viewer === undefined) return 0;
    if (request.slices.length === 0) viewer.track.taken(viewer, request.sequence, nowMs);
    for (const slice of request.slices) {
      const loser = viewer.track.report(viewer, { slice, sequence: request.sequence }, nowMs);
      if (loser === undefined) continue;
      this.#lost += 1;
      this.update(loser.member, nowMs);
    }
    return viewer.track.copies;
  }

  /** To be called when a member has reported, and when something that {@link TrackViewer.fitness} looks at has changed. */
  update(member: Member, nowMs: number): void {
    for (const viewer of member.viewing.values()) viewer.track.update(viewer, nowMs);
  }

  /** The member has left its swarm. */
  depart(member: Member, nowMs: number): void {
    for (const viewer of member.viewing.values()) this.#stop(viewer, nowMs);
  }

  /** What to tell whom since the last call: one message a viewer and track. */
  *drain(): Iterable<{ connection: ConnectionId; payload: SeatsMessage }> {
    for (const viewer of this.#changed) {
      const { member, track } = viewer;
      if (!member.swarm.has(member)) continue;
      yield { connection: member.connection, payload: { swarm: member.swarm.id, track: track.id, seats: track.seatsOf(viewer), of: track.copies } };
    }
    this.#changed.clear();
  }

  #start(member: Member, id: number, nowMs: number): TrackViewer {
    const { tracks } = member.swarm;
    const track = tracks.get(id) ?? new LiveTrack(id, this.#hall);
    tracks.set(id, track);
    const viewer = new TrackViewer(member, track, nowMs);
    member.viewing.set(id, viewer);
    track.add(viewer, nowMs);
    return viewer;
  }

  #stop(viewer: TrackViewer, nowMs: number): void {
    const { member, track } = viewer;
    member.viewing.delete(track.id);
    track.remove(viewer, nowMs);
    if (track.audience === 0) member.swarm.tracks.delete(track.id);
  }
}
