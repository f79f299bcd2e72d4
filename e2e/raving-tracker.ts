import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";

/** A signaling server that answers every event with what `answer` gives, and after each JOIN says `said`. */
export async function startRavingTracker(answer: (event: string) => unknown, said: readonly (readonly [event: string, payload: unknown])[]): Promise<{ readonly url: string; close(): Promise<void> }> {
  const http = createServer();
  const io = new Server(http, { transports: ["websocket"] });
  io.on("connection", (socket) => {
    socket.onAny((event: string, ...args: unknown[]) => {
      const reply = args.at(-1);
      if (typeof reply === "function") (reply as (value: unknown) => void)(answer(event));
      if (event === "join") for (const [name, payload] of said) socket.emit(name, payload);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, close: () => io.close() };
}
