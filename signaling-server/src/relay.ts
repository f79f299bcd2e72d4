import type { IncomingMessage } from "node:http";
import type { Server, Socket } from "socket.io";
import type { Answer, ConnectionId, ReplyId, TicketedJoin, TicketVerdict, TrackerEffect } from "./contract.js";
import type { ClientToServerEvents, ServerToClientEvents } from "./events.js";
import type { Tracker } from "./tracker.js";

type ShoalServer = Server<ClientToServerEvents, ServerToClientEvents>;
type ShoalSocket = Socket<ClientToServerEvents, ServerToClientEvents>;
type Acknowledge = (answer: Answer) => void;

/** Messages waiting for a client; at 16 KiB each, 4 MiB. Further signals to it are dropped: others send them, and must not be able to cut its line. */
const MAX_WAITING = 256;
/** So many can only be answers to its own events, which it does not read. */
const MAX_UNREAD = 2 * MAX_WAITING;
/** Who has read nothing for so long does not read at all. */
const DEAF_MS = 5_000;

export interface RelayHost {
  /** By which the tracker tells viewers' networks apart, and counts. */
  readonly networkOf: (request: IncomingMessage) => { readonly network: string; readonly address: string };
  /** Never rejects. */
  readonly checkTicket: (request: TicketedJoin) => Promise<TicketVerdict>;
}

/** Carries Socket.IO's events into the tracker and the tracker's effects out. The function returned stops that. */
export function attachTracker(io: ShoalServer, tracker: Tracker, { networkOf, checkTicket }: RelayHost): () => void {
  const sockets = new Map<ConnectionId, ShoalSocket>();
  const replies = new Map<ReplyId, Acknowledge>();
  const transports = new WeakSet<object>();
  /** Since when more is waiting than may. */
  const fullSinceMs = new WeakMap<object, number>();
  let connections = 0;
  let answers = 0;
  let timer: NodeJS.Timeout | undefined;
  let detached = false;

  const feed = (input: Parameters<Tracker["handle"]>[0]) => {
    if (detached) return;
    tracker.handle(input, performance.now());
    for (let effect = tracker.poll(); effect !== undefined; effect = tracker.poll()) perform(effect);
    replies.clear();
    schedule();
  };

  const schedule = () => {
    const dueMs = tracker.nextTimeoutMs();
    if (timer !== undefined || dueMs === undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      feed({ type: "timeout" });
    }, Math.max(1, dueMs - performance.now())).unref();
  };

  /** The acknowledgement waits with the check. */
  const check = ({ check: id, request, reply }: TrackerEffect & { type: "check-ticket" }) => {
    const acknowledge = reply && replies.get(reply);
    void checkTicket(request).then((verdict) => {
      if (reply !== undefined && acknowledge !== undefined) replies.set(reply, acknowledge);
      feed({ type: "ticket-checked", check: id, verdict });
    });
  };

  const perform = (effect: TrackerEffect) => {
    const socket = sockets.get(effect.connection);
    if (socket === undefined) return;
    switch (effect.type) {
      case "reply":
        replies.get(effect.reply)?.(effect.answer);
        break;
      case "emit":
        if (effect.event !== "signal" || hasRoom(socket)) emit(socket, effect);
        break;
      case "check-ticket":
        return check(effect);
      case "close":
        // with a DISCONNECT packet, after which clients do not come back by themselves
        socket.disconnect(true);
        return;
    }
    if (waiting(socket) > MAX_UNREAD) socket.conn.close(true);
  };

  const hasRoom = (socket: ShoalSocket): boolean => {
    if (waiting(socket) < MAX_WAITING) return fullSinceMs.delete(socket) || true;
    const nowMs = performance.now();
    const sinceMs = fullSinceMs.get(socket) ?? nowMs;
    fullSinceMs.set(socket, sinceMs);
    if (nowMs - sinceMs > DEAF_MS) socket.conn.close(true);
    return false;
  };

  io.on("connection", (socket) => {
    // a second CONNECT on one transport would make a second socket
    if (transports.has(socket.conn)) return void socket.disconnect(true);
    transports.add(socket.conn);
    const connection = (connections += 1) as ConnectionId;
    sockets.set(connection, socket);
    feed({ type: "opened", connection, ...networkOf(socket.request) });
    socket.onAny((event: unknown, ...args: unknown[]) => {
      const reply = typeof args.at(-1) === "function" ? (args.pop() as Acknowledge) : undefined;
      // more than one argument is no payload of ours, and the tracker will say so
      const input = { type: "event", connection, event: String(event), payload: args.length > 1 ? args : args[0] } as const;
      if (reply === undefined) return feed(input);
      const id = (answers += 1) as ReplyId;
      replies.set(id, reply);
      feed({ ...input, reply: id });
    });
    socket.on("disconnect", () => {
      sockets.delete(connection);
      feed({ type: "closed", connection });
    });
  });

  return () => {
    detached = true;
    clearTimeout(timer);
  };
}

const waiting = (socket: ShoalSocket): number => socket.conn["writeBuffer"].length;

function emit(socket: ShoalSocket, effect: TrackerEffect & { type: "emit" }): void {
  switch (effect.event) {
    case "signal":
      return void socket.emit("signal", effect.payload);
    case "peer-left":
      return void socket.emit("peer-left", effect.payload);
    case "seats":
      return void socket.emit("seats", effect.payload);
  }
}
