import type { ChannelTicket, JoinReply, JoinRequest, SeatsMessage, SignalData, StatReport } from "../../signaling-server/src/events.js";
import type { Admission } from "./browser/signaling.js";
import type { Effect, Input } from "./protocol/contract.js";
import type { PeerId, TrackId } from "./protocol/ids.js";
import type { SessionParts } from "./session-parts.js";
import type { PlayerStats } from "./stats.js";

type LiveStatus = Extract<Effect, { type: "live-status" }>;
type SliceMissing = Extract<Effect, { type: "slice-missing" }>;

export interface TrackerLineHost {
  readonly dispatch: (input: Input) => void;
  readonly onSignal: (peer: PeerId, data: SignalData, isNew: boolean) => void;
  readonly onTicket: (ticket: ChannelTicket | undefined) => void;
  readonly onIceServers: (iceServers: JoinReply["iceServers"]) => void;
  readonly statReport: () => Omit<StatReport, "swarm">;
  readonly report: (code: string, message: string) => void;
}

/** A session's line to its tracker: membership as inputs for the engine, the swarm's size, STAT_REPORT, origin seats. */
export class TrackerLine {
  readonly #host: TrackerLineHost;
  readonly #client: ReturnType<SessionParts["tracker"]>;
  #state: PlayerStats["tracker"] = "connecting";
  #downReason = "";
  #swarmSize = 0;
  #live: LiveStatus | undefined;
  #statTimer: ReturnType<typeof setInterval> | undefined;

  constructor(setting: { readonly address: string; readonly request: JoinRequest; readonly admission: Admission | undefined }, open: SessionParts["tracker"], host: TrackerLineHost) {
    this.#host = host;
    this.#client = open(setting.address, setting.request, {
      onUp: (reply) => this.#onUp(reply),
      onDown: (reason) => this.#onDown(reason),
      onPeers: ({ peers, size }) => this.#onPeers(peers, size),
      onMembers: (asked, present) => host.dispatch({ type: "members", asked: asked as PeerId[], present: present as PeerId[] }),
      onSignal: host.onSignal,
      onSeats: (message) => this.#onSeats(message),
      onError: ({ request, code, message }) => host.report(`tracker-${request}-${code}`, message),
    }, setting.admission);
    this.#client.connect();
  }

  get state(): PlayerStats["tracker"] {
    return this.#state;
  }

  get downReason(): string {
    return this.#downReason;
  }

  /** 0 before the tracker answered. */
  get swarmSize(): number {
    return this.#swarmSize;
  }

  find(count: number, except: readonly PeerId[]): void {
    this.#client.find(count, except);
  }

  signal(peer: PeerId, data: SignalData): void {
    this.#client.signal(peer, data);
  }

  /** Told at once, and again whenever the tracker is joined anew. */
  live(status: LiveStatus): void {
    this.#live = status;
    const { tracks, willing, uplinkBps = null } = status;
    this.#client.live({ tracks: [...tracks], willing, uplinkBps });
  }

  missing({ segment, slices }: SliceMissing): void {
    this.#client.missing({ track: segment.track, sequence: segment.sequence, slices: [...slices] });
  }

  misbehaved(peer: PeerId): void {
    this.#client.misbehaved(peer);
  }

  destroy(): void {
    clearInterval(this.#statTimer);
    this.#client.destroy();
  }

  #onUp({ peers, size, iceServers, statIntervalMs, ticket }: JoinReply): void {
    this.#state = "connected";
    this.#host.onTicket(ticket);
    this.#host.onIceServers(iceServers);
    clearInterval(this.#statTimer);
    this.#statTimer = setInterval(() => this.#client.report(this.#host.statReport()), statIntervalMs);
    this.#onPeers(peers, size);
    if (this.#live) this.live(this.#live);
  }

  #onSeats({ track, seats, of }: Omit<SeatsMessage, "swarm">): void {
    this.#host.dispatch({ type: "seats", track: track as TrackId, seats, of });
  }

  #onPeers(peers: readonly string[], size: number): void {
    this.#swarmSize = size;
    // The client has checked that they are ids.
    this.#host.dispatch({ type: "tracker-peers", peers: peers as readonly PeerId[], swarmSize: size });
  }

  #onDown(reason: string): void {
    this.#state = "down";
    this.#downReason = reason;
    clearInterval(this.#statTimer);
    this.#host.report("tracker-down", `The tracker is not reached (${reason}).`);
    this.#host.dispatch({ type: "tracker-down" });
  }
}
