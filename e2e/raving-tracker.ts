import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";

export interface RavingTracker {
  readonly url: string;
  /** Events that it was sent. */
  readonly heard: readonly string[];
  close(): Promise<void>;
}

/** A signaling server that answers every event with what `answer` gives, and after each JOIN says what `said` gives for that swarm. */
export async function startRavingTracker(answer: (event: string) => unknown, said: (swarm: string) => readonly (readonly [event: string, payload: unknown])[]): Promise<RavingTracker> {
  const heard: string[] = [];
  const http = createServer();
  const io = new Server(http, { transports: ["websocket"] });
  io.on("connection", (socket) => {
    socket.onAny((event: string, ...args: unknown[]) => {
      heard.push(event);
      const reply = args.at(-1);
      if (typeof reply === "function") (reply as (value: unknown) => void)(answer(event));
      if (event === "join") for (const [name, payload] of said((args[0] as { swarm: string }).swarm)) socket.emit(name, payload);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, heard, close: () => io.close() };
}
