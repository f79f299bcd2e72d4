import { Manager, type Socket } from "socket.io-client";
import type {
  ClientToServerEvents,
  ErrorCode,
  ErrorReply,
  FindReply,
  JoinReply,
  JoinRequest,
  JoinTicket,
  LiveRequest,
  MissingRequest,
  SeatsMessage,
  ServerToClientEvents,
  SignalData,
  StatReport,
} from "../../../signaling-server/src/events.js";
import { isPeerId, type PeerId } from "../protocol/ids.js";

/** Reconnection doubles from the first to the second, each time times 0.5 to 1.5, so that a swarm does not return at once. */
const RECONNECT_MIN_MS = 2_000;
const RECONNECT_MAX_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
const REPLY_TIMEOUT_MS = 10_000;

/** Answers to `join` after which asking again the same way is useless. */
const FINAL: readonly string[] = ["bad-payload", "too-many-swarms"];
/** A ticket is renewed when this part of its time is over. */
const RENEWAL = 0.75;
const MIN_RENEWAL_MS = 1_000;
/** A tracker that asks for reports more often than this is not obeyed. */
const MIN_STAT_INTERVAL_MS = 1_000;
/** A browser's longest timer: one that is to last longer is over at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Of one track; a segment has four slices. */
const MAX_SEATS = 64;

/** A request that the tracker refused, or did not answer (`timeout`). */
export interface SignalingError {
  readonly request: "join" | "find" | "signal" | "stat" | "live" | "missing" | "misbehaved";
  readonly code: ErrorCode | "timeout" | "ticket-unavailable";
  /** One sentence that says what to do. */
  readonly message: string;
  /** Whom a refused signal was for. */
  readonly peer?: PeerId;
}

/** Where the tracker wants tickets. */
export interface Admission {
  /** One for a join now; rejects when there is none to be had. */
  readonly joinTicket: () => Promise<JoinTicket>;
  /** Whether the next one will be another one. */
  readonly isRenewable: boolean;
}

export interface SignalingEvents {
  /** Joined; also after every reconnection. */
  readonly onUp: (reply: JoinReply) => void;
  /** Not reachable, or not joined. Said once until the next `onUp`; trying goes on. */
  readonly onDown: (reason: string) => void;
  /** The answer to {@link SignalingClient.find}. */
  readonly onPeers: (reply: FindReply) => void;
  /** Of the strangers of a report, those who are members. */
  readonly onMembers: (asked: readonly string[], present: readonly string[]) => void;
  /** `isNew`: it has joined a moment ago. */
  readonly onSignal: (from: PeerId, data: SignalData, isNew: boolean) => void;
  /** The seats of this peer in one track, all of them. */
  readonly onSeats: (message: Omit<SeatsMessage, "swarm">) => void;
  readonly onError: (error: SignalingError) => void;
}

/** Every request is answered here; the protocol leaves it open for some. */
type Requests = { [Name in keyof ClientToServerEvents]: (...request: Required<Parameters<ClientToServerEvents[Name]>>) => void };
type TrackerSocket = Socket<ServerToClientEvents, Requests>;

/** What a member asks, without its swarm, and what it is told when that is granted. */
type Asked = Exclude<SignalingError["request"], "join">;
type RequestOf<Name extends Asked> = Omit<Parameters<Requests[Name]>[0], "swarm">;
type Answered<Name extends Asked> = Parameters<NonNullable<Parameters<Requests[Name]>[1]>>[0];
type ReplyOf<Name extends Asked> = Extract<Answered<Name>, { ok: true }>;

/** One swarm's line to its tracker. What cannot be sent now is dropped, never queued: it would be stale later. */
export class SignalingClient {
  readonly #tracker: string;
  readonly #request: JoinRequest;
  readonly #events: SignalingEvents;
  readonly #admission: Admission | undefined;
  #joins = 0;
  #socket: TrackerSocket | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #retries = 0;
  #state: "idle" | "connecting" | "joined" | "down" | "destroyed" = "idle";

  /** `tracker`: `https://host[:port]`, with a path in front of Socket.IO's own where a proxy needs one. */
  constructor(tracker: string, request: JoinRequest, events: SignalingEvents, admission?: Admission) {
    this.#admission = admission;
    this.#tracker = tracker;
    this.#request = request;
    this.#events = events;
  }

  get isJoined(): boolean {
    return this.#state === "joined";
  }

  /** Begins to connect, and goes on until {@link destroy}. */
  connect(): void {
    if (this.#state !== "idle") return;
    this.#state = "connecting";
    const url = parseTracker(this.#tracker);
    if (url === undefined) return this.#down(`not a tracker address: ${this.#tracker}`);
    const manager = new Manager<ServerToClientEvents, Requests>(url.origin, {
      path: `${url.pathname.replace(/\/$/, "")}/socket.io`,
      transports: ["websocket"],
      timeout: CONNECT_TIMEOUT_MS,
      reconnectionDelay: RECONNECT_MIN_MS,
      reconnectionDelayMax: RECONNECT_MAX_MS,
      randomizationFactor: 0.5,
    });
    const socket: TrackerSocket = manager.socket("/");
    this.#socket = socket;
    socket.on("connect", () => void this.#join());
    socket.on("connect_error", (error) => {
      this.#down(error.message);
      // Refused by the server itself: Socket.IO does not try again after that.
      if (!socket.active) this.#retryLater(() => socket.connect());
    });
    socket.on("disconnect", (reason) => {
      clearTimeout(this.#retry);
      this.#down(reason);
      if (!socket.active) this.#retryLater(() => socket.connect());
    });
    socket.on("signal", (message) => {
      const { swarm, from, data, newcomer } = orNothing(message);
      if (swarm === this.#request.swarm && isPeerId(from) && typeof data === "object" && data !== null) this.#events.onSignal(from, data, newcomer === true);
    });
    socket.on("seats", (message) => {
      const { swarm, track, seats, of } = orNothing(message);
      // What comes late, after a break of the line, is of the time before it.
      if (this.isJoined && swarm === this.#request.swarm && Array.isArray(seats)) this.#events.onSeats({ track, seats: seats.slice(0, MAX_SEATS).filter((seat) => Number.isInteger(seat?.slice)), of });
    });
  }

  /** Asks for up to `count` peers that are not in `except`; `onPeers` answers. */
  find(count: number, except: readonly PeerId[]): void {
    this.#ask("find", { count, except: [...except] }, (reply) => this.#events.onPeers({ ...reply, peers: peersIn(reply) }));
  }

  /** Brings `data` to `to`, a member of the same swarm. */
  signal(to: PeerId, data: SignalData): void {
    this.#ask("signal", { to, data }, undefined, to);
  }

  /** STAT_REPORT; to be sent as often as `statIntervalMs` of the join reply says. */
  report(stat: Omit<StatReport, "swarm">): void {
    this.#ask("stat", stat, (reply) => {
      this.#events.onPeers({ ...reply, peers: [] });
      if (stat.strangers && reply.members) this.#events.onMembers(stat.strangers, reply.members);
    });
  }

  /** The live tracks that this peer plays; to be sent when they change, and after every `onUp`. `onSeats` answers, one a track. */
  live(status: Omit<LiveRequest, "swarm">): void {
    this.#ask("live", status);
  }

  /** Slices of a live segment that have not come; none: those of this peer's seats have been taken. */
  missing(report: Omit<MissingRequest, "swarm">): void {
    this.#ask("missing", report);
  }

  /** This peer was banned here. */
  misbehaved(peer: PeerId): void {
    this.#ask("misbehaved", { peer });
  }

  /** Leaves the swarm and closes the connection; nothing is called afterwards. */
  destroy(): void {
    if (this.isJoined) this.#socket?.emit("leave", { swarm: this.#request.swarm }, () => {});
    this.#state = "destroyed";
    clearTimeout(this.#retry);
    this.#socket?.off();
    this.#socket?.disconnect();
    this.#socket = undefined;
  }

  async #join(): Promise<void> {
    const join = ++this.#joins;
    const request = await this.#admitted();
    // Another one may have begun, while the site was asked for a ticket.
    if (join !== this.#joins || this.#socket?.connected !== true) return;
    if (!request) return this.#joinRefused("ticket-unavailable");
    this.#socket.timeout(REPLY_TIMEOUT_MS).emit("join", request, (error: Error | null, reply: JoinReply | ErrorReply) => {
      if (this.#state === "destroyed" || this.#socket?.connected !== true) return;
      if (this.#failed("join", error, reply)) return this.#joinRefused(error ? "timeout" : `${(orNothing(reply) as Partial<ErrorReply>).code}`);
      if (!reply.ok) return;
      this.#retries = 0;
      this.#state = "joined";
      if (reply.ticket && this.#admission?.isRenewable) {
        clearTimeout(this.#retry);
        this.#retry = setTimeout(() => void this.#join(), timerMs(RENEWAL * (reply.ticket.expiresMs - reply.ticket.nowMs), MIN_RENEWAL_MS));
      }
      this.#events.onUp({ ...reply, peers: peersIn(reply), statIntervalMs: timerMs(reply.statIntervalMs, MIN_STAT_INTERVAL_MS) });
    });
  }

  async #admitted(): Promise<JoinRequest | undefined> {
    if (!this.#admission) return this.#request;
    try {
      return { ...this.#request, ticket: await this.#admission.joinTicket() };
    } catch (error) {
      if (this.#state !== "destroyed") this.#events.onError({ request: "join", code: "ticket-unavailable", message: `The site gave no ticket: ${String(error)}.` });
      return undefined;
    }
  }

  /** While a membership that was to be renewed lasts, the tracker is not down. */
  #joinRefused(code: string): void {
    if (!this.isJoined) this.#down(`join refused: ${code}`);
    if (!FINAL.includes(code) && (this.#admission?.isRenewable || !code.startsWith("ticket-"))) this.#retryLater(() => void this.#join());
  }

  /** Nothing while it is not joined. `then`: what to do when it is granted. */
  #ask<Name extends Asked>(name: Name, request: RequestOf<Name>, then?: (reply: ReplyOf<Name>) => void, to?: PeerId): void {
    if (!this.isJoined) return;
    // Socket.IO's own types want to know which request it is.
    const socket = this.#socket?.timeout(REPLY_TIMEOUT_MS) as { emit(name: Name, request: object, answered: (error: Error | null, reply: Answered<Name>) => void): void } | undefined;
    socket?.emit(name, { swarm: this.#request.swarm, ...request }, (error, reply) => {
      if (this.isJoined && !this.#failed(name, error, reply, to)) then?.(reply as ReplyOf<Name>);
    });
  }

  #failed(request: SignalingError["request"], error: Error | null, answer: { ok: true } | ErrorReply, peer?: PeerId): boolean {
    const reply = orNothing(answer);
    // No answer because the line broke is `onDown`'s to tell.
    if (this.#state === "destroyed" || (error && this.#socket?.connected !== true)) return true;
    const to = peer === undefined ? {} : { peer };
    if (error) this.#events.onError({ request, code: "timeout", message: "No answer.", ...to });
    else if (!reply.ok) {
      this.#events.onError({ request, code: reply.code, message: reply.message, ...to });
      if (request !== "join" && this.isJoined && /^(not-a-member|ticket-expired)$/.test(reply.code)) {
        this.#down(reply.code);
        this.#joinRefused(reply.code);
      }
    }
    return error !== null || !reply.ok;
  }

  #down(reason: string): void {
    if (this.#state === "down" || this.#state === "destroyed") return;
    this.#state = "down";
    this.#events.onDown(reason);
  }

  #retryLater(task: () => void): void {
    clearTimeout(this.#retry);
    if (this.#state === "destroyed") return;
    const delayMs = Math.min(RECONNECT_MIN_MS * 2 ** this.#retries++, RECONNECT_MAX_MS) * (0.5 + Math.random());
    this.#retry = setTimeout(task, Math.min(delayMs, RECONNECT_MAX_MS));
  }
}

/** A tracker may send anything. */
const timerMs = (toldMs: number, leastMs: number): number => Math.max(leastMs, Math.min(toldMs, MAX_TIMER_MS)) || leastMs;
const orNothing = <T extends object>(message: T): T => message ?? {};
const peersIn = ({ peers }: { readonly peers: readonly string[] }): PeerId[] => (Array.isArray(peers) ? peers.filter(isPeerId) : []);

function parseTracker(address: string): URL | undefined {
  try {
    const url = new URL(address, globalThis.location?.href);
    return /^(http|ws)s?:$/.test(url.protocol) ? new URL(url.href.replace(/^ws/, "http")) : undefined;
  } catch {
    return undefined;
  }
}
