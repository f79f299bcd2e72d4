import type { IncomingMessage, ServerResponse } from "node:http";

import type { AccessEntry } from "./access-log.js";
import type { OriginBehaviour } from "./behaviour.js";
import { parseRange } from "./byte-range.js";
import type { Content } from "./content.js";
import type { FaultKind, FaultList } from "./fault.js";
import type { Pacer } from "./pacer.js";

/** What one exchange may ask of the origin. */
export interface ExchangeHost {
  readonly nowMs: () => number;
  readonly behaviour: () => OriginBehaviour;
  readonly pacer: Pacer;
  readonly faults: FaultList;
  /** `hostName` is the name the request used for this machine, without the port. */
  readonly content: (entry: AccessEntry, hostName: string) => Promise<Content | undefined>;
}

/** Answers one request and keeps its log entry up to date. Resolves when the exchange is over. */
export async function exchange(
  { host, entry }: { readonly host: ExchangeHost; readonly entry: AccessEntry },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = entry.query === "" ? entry.path : `${entry.path}?${entry.query}`;
  const fault = host.faults.hit(target);
  const { shaping } = host.behaviour();
  if (shaping !== undefined && shaping.latencyMs > 0) await delay(shaping.latencyMs);
  const behaviour = host.behaviour();
  if (behaviour.isDown || fault?.type === "destroy") {
    response.destroy();
    return;
  }
  setCommonHeaders(response, behaviour);
  if (request.method === "OPTIONS") return finish(response, entry, 204);
  if (request.method !== "GET" && request.method !== "HEAD") return finish(response, entry, 405);
  if (fault?.type === "status") return finish(response, entry, fault.status);
  if (behaviour.requiresToken && !new URLSearchParams(entry.query).has("token")) return finish(response, entry, 403);
  const content = await host.content(entry, (request.headers.host ?? "127.0.0.1").replace(/:\d+$/, ""));
  if (content === undefined) return finish(response, entry, 404);
  try {
    await sendContent({ host, entry, fault, content }, request, response);
  } finally {
    await content.close();
  }
}

interface Sending {
  readonly host: ExchangeHost;
  readonly entry: AccessEntry;
  readonly fault: FaultKind | undefined;
  readonly content: Content;
}

async function sendContent(sending: Sending, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { host, entry, fault, content } = sending;
  const { acceptsRange } = host.behaviour();
  const range = acceptsRange ? parseRange(request.headers.range, content.sizeBytes) : undefined;
  response.setHeader("Accept-Ranges", acceptsRange ? "bytes" : "none");
  if (range === "unsatisfiable") {
    response.setHeader("Content-Range", `bytes */${content.sizeBytes}`);
    return finish(response, entry, 416);
  }
  const { start, end } = range ?? { start: 0, end: content.sizeBytes };
  const bodyBytes = fault?.type === "truncate" ? Math.min(end - start, fault.bytes) : end - start;
  const isCutSilently = fault?.type === "truncate" && fault.announced === "cut";
  response.setHeader("Content-Type", content.type);
  response.setHeader("Content-Length", isCutSilently ? bodyBytes : end - start);
  if (range !== undefined) response.setHeader("Content-Range", `bytes ${start}-${end - 1}/${content.sizeBytes}`);
  entry.status = range === undefined ? 200 : 206;
  response.writeHead(entry.status);
  response.flushHeaders();
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  await sendBody(sending, { start, end: start + bodyBytes }, response);
  if (response.destroyed) return;
  if (bodyBytes < end - start && !isCutSilently) response.destroy();
  else await new Promise<void>((resolve) => response.once("close", resolve).end(resolve));
}

async function sendBody({ host, entry, fault, content }: Sending, body: { start: number; end: number }, response: ServerResponse) {
  const transfer = host.pacer.open(entry.viewer, fault?.type === "slow" ? fault.bps : undefined);
  response.once("close", () => transfer.close());
  try {
    for (let at = body.start; at < body.end && !response.destroyed; ) {
      const allowed = await transfer.take(body.end - at);
      if (allowed === 0) break;
      const slice = await content.read(at, at + allowed);
      if (slice.length === 0 || !(await write(response, slice))) break;
      entry.bytesSent += slice.length;
      at += slice.length;
    }
  } finally {
    transfer.close();
  }
}

/** Resolves when the socket has taken the bytes; false when it is gone. */
async function write(response: ServerResponse, bytes: Uint8Array): Promise<boolean> {
  if (response.destroyed) return false;
  return new Promise((resolve) => {
    const onClose = (): void => resolve(false);
    response.once("close", onClose);
    response.write(bytes, (error) => {
      response.off("close", onClose);
      resolve(error === undefined || error === null);
    });
  });
}

function setCommonHeaders(response: ServerResponse, behaviour: OriginBehaviour): void {
  response.setHeader("Access-Control-Allow-Origin", "*");
  response.setHeader("Access-Control-Allow-Headers", "*");
  response.setHeader("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
  if (behaviour.exposesHeaders) response.setHeader("Access-Control-Expose-Headers", "Content-Length, Content-Range");
  // A browser's HTTP cache shared by several pages would hide what each of them asked for.
  response.setHeader("Cache-Control", "no-store");
}

function finish(response: ServerResponse, entry: AccessEntry, status: number): void {
  entry.status = status;
  response.writeHead(status, { "Content-Length": "0" });
  response.end();
}

async function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
