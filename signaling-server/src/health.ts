import type { Server } from "node:http";
import type { TrackerStats } from "./contract.js";

export type Health = { ok: boolean } & TrackerStats;

/** Serves /healthz: 200 while the server takes clients, 503 while it stops. Everything else but Socket.IO is 404. */
export function answerHttp(http: Server, allowOrigins: readonly string[], health: () => Health): void {
  const startedMs = performance.now();
  http.on("request", (request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    if (path.startsWith("/socket.io/")) return;
    const origin = request.headers.origin;
    if (allowOrigins.length === 0) response.setHeader("Access-Control-Allow-Origin", "*");
    else if (origin !== undefined && allowOrigins.includes(origin)) response.setHeader("Access-Control-Allow-Origin", origin).setHeader("Vary", "Origin");
    response.setHeader("Content-Type", "application/json").setHeader("Cache-Control", "no-store");
    if (path !== "/healthz") return void response.writeHead(404).end('{"ok":false,"message":"Only /healthz is here; clients connect with Socket.IO."}\n');
    const { ok, ...stats } = health();
    response.writeHead(ok ? 200 : 503).end(`${JSON.stringify({ ok, ...stats, uptimeS: Math.round((performance.now() - startedMs) / 1000) })}\n`);
  });
}
