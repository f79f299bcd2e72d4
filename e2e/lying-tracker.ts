import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright/test";
import { Server, type Socket } from "socket.io";
import { installMiddle } from "./page/middle.js";

interface Signal {
  readonly swarm: string;
  readonly to: string;
  readonly data: object;
}

/** A signaling server that brings every signal to a page of its own, where both ends of every connection then are. */
export async function startLyingTracker(middle: Page): Promise<{ readonly url: string; close(): Promise<void> }> {
  const http = createServer();
  const io = new Server(http, { transports: ["websocket"] });
  const peers = new Map<string, Socket>();
  let swarm = "";
  await middle.exposeFunction("deliver", (to: string, from: string, data: object) => void peers.get(to)?.emit("signal", { swarm, from, data }));
  await middle.evaluate(installMiddle);
  io.on("connection", (socket) => {
    let self = "";
    socket.on("join", (request: { peer: string; swarm: string }, reply: (answer: object) => void) => {
      [self, swarm] = [request.peer, request.swarm];
      reply({ ok: true, peers: [...peers.keys()], size: peers.size + 1, iceServers: [], statIntervalMs: 10_000 });
      peers.set(self, socket);
    });
    socket.on("disconnect", () => peers.delete(self));
    for (const event of ["find", "stat", "live"]) socket.on(event, (_request: object, reply: (answer: object) => void) => reply({ ok: true, peers: [], size: peers.size }));
    socket.on("signal", ({ to, data }: Signal, reply: (answer: object) => void) => {
      reply({ ok: true });
      void middle.evaluate(([from, other, signal]) => (globalThis as unknown as { middle(from: string, to: string, data: object): void }).middle(from, other, signal), [self, to, data] as const).catch(() => undefined);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, close: () => io.close() };
}
