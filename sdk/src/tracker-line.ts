import type { JoinReply, JoinRequest, SignalData, StatReport } from "../../signaling-server/src/events.js";
import type { Input } from "./protocol/contract.js";
import type { PeerId } from "./protocol/ids.js";
import type { SessionParts } from "./session-parts.js";
import type { PlayerStats } from "./stats.js";

/** A tracker that asks for reports more often than this is not obeyed. */
const MIN_STAT_INTERVAL_MS = 1_000;

export interface TrackerLineHost {
  readonly dispatch: (input: Input) => void;
  readonly onSignal: (peer: PeerId, data: SignalData) => void;
  readonly onIceServers: (iceServers: JoinReply["iceServers"]) => void;
  readonly statReport: () => Omit<StatReport, "swarm">;
  readonly report: (code: string, message: string) => void;
}

/** A session's line to its tracker: membership as inputs for the engine, the swarm's size, STAT_REPORT. */
export class TrackerLine {
  readonly #host: TrackerLineHost;
  readonly #client: ReturnType<SessionParts["tracker"]>;
  #state: PlayerStats["tracker"] = "connecting";
  #downReason = "";
  #swarmSize = 0;
  #statTimer: ReturnType<typeof setInterval> | undefined;

  constructor(setting: { readonly address: string; readonly request: JoinRequest }, open: SessionParts["tracker"], host: TrackerLineHost) {
    this.#host = host;
    this.#client = open(setting.address, setting.request, {
      onUp: (reply) => this.#onUp(reply),
      onDown: (reason) => this.#onDown(reason),
      onPeers: ({ peers, size }) => this.#onPeers(peers, size),
      onSignal: host.onSignal,
      onError: ({ request, code, message }) => host.report(`tracker-${request}-${code}`, message),
    });
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

  destroy(): void {
    clearInterval(this.#statTimer);
    this.#client.destroy();
  }

  #onUp({ peers, size, iceServers, statIntervalMs }: JoinReply): void {
    this.#state = "connected";
    this.#host.onIceServers(iceServers);
    clearInterval(this.#statTimer);
    this.#statTimer = setInterval(() => this.#client.report(this.#host.statReport()), Math.max(MIN_STAT_INTERVAL_MS, statIntervalMs));
    this.#onPeers(peers, size);
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
    this.#host.report("tracker-down", `The tracker cannot be reached (${reason}); trying goes on.`);
    this.#host.dispatch({ type: "tracker-down" });
  }
}
