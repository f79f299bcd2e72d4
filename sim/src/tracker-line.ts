import type { Effect } from "../../sdk/src/protocol/contract.js";
import type { PeerId, TrackId } from "../../sdk/src/protocol/ids.js";
import type { Answer } from "../../signaling-server/src/contract.js";
import type { SeatsMessage } from "../../signaling-server/src/events.js";
import type { Viewer } from "./viewer.js";
import { SWARM } from "./stream.js";

type LiveStatus = Extract<Effect, { type: "live-status" }>;
type SliceMissing = Extract<Effect, { type: "slice-missing" }>;

/** A viewer's line to the tracker: JOIN, FIND, STAT_REPORT, signals, origin seats. */
export class TrackerLine {
  readonly #viewer: Viewer;
  #asked = false;
  #joined = false;
  #live: LiveStatus | undefined;

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
  }

  /** Once. */
  join(): void {
    if (this.#asked) return;
    this.#asked = true;
    const viewer = this.#viewer;
    const { trackerHost } = viewer.world;
    const { peer, setting } = viewer;
    trackerHost.open(viewer, () =>
      trackerHost.emit(viewer, "join", { swarm: SWARM, peer, secret: peer.repeat(2), serves: setting.conduct !== "leech", channel: "simulated" }, (answer) => {
        if (!answer.ok || !("statIntervalMs" in answer)) return;
        this.#joined = true;
        this.#onPeers(answer);
        if (this.#live !== undefined) this.live(this.#live);
        this.#report(answer.statIntervalMs);
      }),
    );
  }

  down(): void {
    this.#joined = false;
  }

  leave(silently: boolean): void {
    this.#viewer.world.trackerHost.closed(this.#viewer, silently);
  }

  find(count: number, except: readonly PeerId[]): void {
    this.#emit("find", { swarm: SWARM, count, except: [...except] }, (answer) => this.#onPeers(answer));
  }

  signal(to: PeerId, type: string): void {
    this.#emit("signal", { swarm: SWARM, to, data: { type } });
  }

  /** Told at once, and again after joining. */
  live(status: LiveStatus): void {
    if (this.#viewer.world.options.delivery === "mesh") return;
    this.#live = status;
    const { tracks, willing, uplinkBps = null } = status;
    this.#emit("live", { swarm: SWARM, tracks: [...tracks], willing, uplinkBps });
  }

  missing({ segment, slices }: SliceMissing): void {
    this.#emit("missing", { swarm: SWARM, track: segment.track, sequence: segment.sequence, slices: [...slices] });
  }

  misbehaved(peer: PeerId): void {
    this.#emit("misbehaved", { swarm: SWARM, peer });
  }

  seats({ track, seats, of }: SeatsMessage): void {
    this.#viewer.handle({ type: "seats", track: track as TrackId, seats, of });
  }

  #emit(event: string, payload: unknown, onReply?: (answer: Answer) => void): void {
    if (this.#joined) this.#viewer.world.trackerHost.emit(this.#viewer, event, payload, onReply);
  }

  #onPeers(answer: Answer): void {
    if (answer.ok && "peers" in answer && "size" in answer) this.#viewer.handle({ type: "tracker-peers", peers: answer.peers as PeerId[], swarmSize: answer.size });
  }

  #report(intervalMs: number): void {
    const viewer = this.#viewer;
    viewer.clock.in(intervalMs, () => {
      if (viewer.gone || !this.#joined) return;
      const { segments, neighbours, originBytes, peerBytes, uploadedBytes } = viewer.engine.stats(viewer.clock.nowMs);
      const { strangers } = viewer.engine;
      this.#emit("stat", { swarm: SWARM, segments, neighbours: neighbours.length, originBytes, peerBytes, uploadedBytes, ...(strangers.length > 0 && { strangers: [...strangers] }) }, (answer) => {
        if (answer.ok && "size" in answer) viewer.handle({ type: "tracker-peers", peers: [], swarmSize: answer.size });
        if (answer.ok && "members" in answer) viewer.handle({ type: "members", asked: strangers, present: answer.members as PeerId[] });
      });
      this.#report(intervalMs);
    });
  }
}
