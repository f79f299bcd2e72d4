import type { ChannelsReply, ChannelTicket, ErrorCode, ErrorReply, FindReply, JoinReply, JoinRequest, MissingReply, OkReply, ServerToClientEvents, StatReply } from "./events.js";

/** A client's connection, numbered by the shell; never used twice. */
export type ConnectionId = number & { readonly __brand: "ConnectionId" };
/** Where an answer goes, numbered by the shell. */
export type ReplyId = number & { readonly __brand: "ReplyId" };
/** A ticket being checked, numbered by the tracker. */
export type CheckId = number & { readonly __brand: "CheckId" };

export type TicketedJoin = JoinRequest & { readonly ticket: NonNullable<JoinRequest["ticket"]> };

/** What a ticket that is in order grants. */
export interface TicketGrant {
  /** The JWT's id: one ticket is for one key. */
  readonly id: string;
  /** Whom the site knows: limits count by it. Never logged, never told to anybody. */
  readonly viewer: string;
  /** PermID of the key that proved itself. */
  readonly holder: string;
  /** For how long from now, ms. */
  readonly lifetimeMs: number;
  readonly channel: ChannelTicket;
}

export type TicketVerdict = { readonly ok: true; readonly grant: TicketGrant } | ErrorReply;

/** Everything that can happen to a tracker. */
export type TrackerInput =
  /** `network`: what connections of one network have in common, and those of others do not; any string. Without it all are of one. `address`: whom limits
   * are counted by; without it there are none of that kind. */
  | { readonly type: "opened"; readonly connection: ConnectionId; readonly network?: string; readonly address?: string }
  | { readonly type: "closed"; readonly connection: ConnectionId }
  /** `payload` is whatever the client sent. Every known event with a reply id gets exactly one answer, before `handle` returns; a join with a ticket after `ticket-checked`. */
  | { readonly type: "event"; readonly connection: ConnectionId; readonly event: string; readonly payload: unknown; readonly reply?: ReplyId }
  /** Answers a `check-ticket`; nothing is wrong with one that comes when the connection is gone. */
  | { readonly type: "ticket-checked"; readonly check: CheckId; readonly verdict: TicketVerdict }
  /** {@link Tracker.nextTimeoutMs} has come. */
  | { readonly type: "timeout" }
  /** From now on every event is answered with `shutting-down`. */
  | { readonly type: "shutdown" };

export type Answer = JoinReply | FindReply | StatReply | ChannelsReply | MissingReply | OkReply | ErrorReply;

type Emit<Event extends keyof ServerToClientEvents> = {
  readonly type: "emit";
  readonly connection: ConnectionId;
  readonly event: Event;
  readonly payload: Parameters<ServerToClientEvents[Event]>[0];
};

/** Everything a tracker can ask for. */
export type TrackerEffect =
  | { readonly type: "reply"; readonly connection: ConnectionId; readonly reply: ReplyId; readonly answer: Answer }
  /** Whether this ticket is the site's and its owner the one who asks; to be answered in any case. */
  | { readonly type: "check-ticket"; readonly connection: ConnectionId; readonly check: CheckId; readonly request: TicketedJoin; readonly reply: ReplyId | undefined }
  | Emit<"signal">
  | Emit<"peer-left">
  | Emit<"seats">
  /** The tracker has forgotten this connection already. */
  | { readonly type: "close"; readonly connection: ConnectionId; readonly reason: string };

/** What a tracker counts, for /healthz and tests. Bytes are as peers report them, so anyone may lie. */
export interface TrackerStats {
  readonly connections: number;
  readonly swarms: number;
  /** Memberships: a viewer of two streams counts twice. */
  readonly peers: number;
  readonly joins: number;
  readonly signals: number;
  readonly originBytes: number;
  readonly peerBytes: number;
  readonly uploadedBytes: number;
  /** Origin seats lost through reports. */
  readonly seatsLost: number;
  readonly unknownEvents: number;
  /** Members that others' bans have made outcasts. */
  readonly outcasts: number;
  /** Connections closed for misbehaviour. */
  readonly closed: number;
  readonly refused: Readonly<Record<ErrorCode, number>>;
}
