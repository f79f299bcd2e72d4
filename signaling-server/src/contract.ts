import type { ChannelsReply, ErrorCode, ErrorReply, FindReply, JoinReply, MissingReply, OkReply, ServerToClientEvents, StatReply } from "./events.js";

/** A client's connection, numbered by the shell; never used twice. */
export type ConnectionId = number & { readonly __brand: "ConnectionId" };
/** Where an answer goes, numbered by the shell. */
export type ReplyId = number & { readonly __brand: "ReplyId" };

/** Everything that can happen to a tracker. */
export type TrackerInput =
  /** `network`: what connections of one network have in common, and those of others do not; any string. Without it all are of one. */
  | { readonly type: "opened"; readonly connection: ConnectionId; readonly network?: string }
  | { readonly type: "closed"; readonly connection: ConnectionId }
  /** `payload` is whatever the client sent. Every known event with a reply id gets exactly one answer, before `handle` returns. */
  | { readonly type: "event"; readonly connection: ConnectionId; readonly event: string; readonly payload: unknown; readonly reply?: ReplyId }
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
  /** Connections closed for misbehaviour. */
  readonly closed: number;
  readonly refused: Readonly<Record<ErrorCode, number>>;
}
