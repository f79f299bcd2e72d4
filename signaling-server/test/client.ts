import { io, type Socket } from "socket.io-client";
import type { ClientToServerEvents, ErrorReply, FindReply, JoinReply, JoinRequest, MissingReply, OkReply, ServerToClientEvents } from "../src/events.js";
import { joinRequest } from "./world.js";

type ClientSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** A viewer's signaling connection, the real thing over loopback. */
export class Client {
  readonly #socket: ClientSocket;
  readonly #heard: { event: string; payload: unknown }[] = [];
  readonly #waiting: { event: string; resolve: (payload: unknown) => void }[] = [];

  constructor(url: string, options: Parameters<typeof io>[1] = {}) {
    this.#socket = io(url, { transports: ["websocket"], reconnection: false, forceNew: true, ...options });
    this.#socket.onAny((event: string, payload: unknown) => this.#note(event, payload));
    for (const event of ["connect", "connect_error", "disconnect"] as const) this.#socket.on(event, (detail?: unknown) => this.#note(event, detail));
  }

  /** The next event of that name, one that came already included. */
  async next(event: string): Promise<unknown> {
    const index = this.#heard.findIndex((heard) => heard.event === event);
    if (index >= 0) return this.#heard.splice(index, 1)[0]?.payload;
    return new Promise((resolve) => this.#waiting.push({ event, resolve }));
  }

  heard(event: string): number {
    return this.#heard.filter((heard) => heard.event === event).length;
  }

  /** Any event with any arguments, answered. */
  ask(event: string, ...args: unknown[]): Promise<JoinReply | FindReply | MissingReply | OkReply | ErrorReply> {
    return (this.#socket as unknown as Socket).emitWithAck(event, ...args) as Promise<JoinReply | FindReply | MissingReply | OkReply | ErrorReply>;
  }

  say(event: string, ...args: unknown[]): void {
    (this.#socket as unknown as Socket).emit(event, ...args);
  }

  join(n: number, over: Partial<JoinRequest> = {}): ReturnType<Client["ask"]> {
    return this.ask("join", joinRequest(n, over));
  }

  /** Cuts the line without a word, as a lost network does. */
  drop(): void {
    this.#socket.io.engine.close();
  }

  /** Keeps the line but never writes to it again, not even pongs, as a frozen page does. */
  freeze(): void {
    this.#socket.io.engine.transport.send = () => undefined;
  }

  /** Stops reading: what is sent to it piles up. */
  stopReading(): void {
    (this.#socket.io.engine.transport as unknown as { ws: { pause(): void } }).ws.pause();
  }

  close(): void {
    this.#socket.disconnect();
  }

  #note(event: string, payload: unknown): void {
    const index = this.#waiting.findIndex((waiting) => waiting.event === event);
    if (index >= 0) this.#waiting.splice(index, 1)[0]?.resolve(payload);
    else this.#heard.push({ event, payload });
  }
}
