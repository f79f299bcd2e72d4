import { createServer, type IncomingMessage, type Server as HttpServer } from "node:http";
import type { AddressInfo, Socket as TcpSocket } from "node:net";
import { Server } from "socket.io";
import { AddressCount, addressKey, prefixOf } from "./address.js";
import { ConfigError, DEFAULT_CONFIG, type SignalingConfig } from "./config.js";
import type { ClientToServerEvents, ServerToClientEvents } from "./events.js";
import { answerHttp } from "./health.js";
import { DEFAULT_LIMITS } from "./limits.js";
import { REFUSALS } from "./refusal.js";
import { attachTracker } from "./relay.js";
import { readTicketKey, ticketKeyProblem } from "./ticket-key.js";
import { TicketOffice } from "./ticket-office.js";
import { Tracker } from "./tracker.js";

/** A signaling server that is listening. */
export interface SignalingServer {
  readonly port: number;
  /** What `tracker` in the SDK's options takes. */
  readonly url: string;
  /** Stops listening, closes every connection (clients come back by themselves) and resolves within `closeTimeoutMs`. */
  close(): Promise<void>;
}

/** Envelope of a signal and JSON escapes that a client may choose to write longer; also room for `except` lists. */
const MESSAGE_OVERHEAD_BYTES = 16 * 1024;

/** From the end of a connection to the end of its socket, for the last message to get through. */
const LINGER_MS = 1000;

/** What is used here of an Engine.IO socket. */
interface EngineConnection {
  readonly request: IncomingMessage;
  /** `socket`: of a WebSocket; a polling client's belongs to its HTTP agent or proxy. */
  readonly transport: { readonly socket?: { terminate(): void } };
  once(event: "close", listener: () => void): void;
  close(discard: boolean): void;
}

/** Starts a signaling server. Rejects with {@link ConfigError} when it cannot listen. */
export async function startSignalingServer(config: Partial<SignalingConfig> = {}): Promise<SignalingServer> {
  const settings: SignalingConfig = { ...DEFAULT_CONFIG, ...config, limits: { ...DEFAULT_LIMITS, ...config.limits } };
  const { ticketKey } = settings;
  const office = ticketKey === undefined ? undefined : await openOffice(ticketKey);
  const tracker = new Tracker({ random: Math.random, ...settings, wantsTickets: office !== undefined });
  const http = createServer();
  const tcp = trackSockets(http);
  const io = socketIo(http, settings);
  const detach = attachTracker(io, tracker, {
    networkOf: (request) => {
      const address = addressKey(request, settings.trustProxy);
      return { address, network: prefixOf(address) };
    },
    // without an office the tracker never asks
    checkTicket: async (request) => office?.check(request) ?? REFUSALS.ticketMissing,
  });
  let closing: Promise<void> | undefined;
  answerHttp(http, settings.allowOrigins, () => ({ ok: closing === undefined, ...tracker.stats() }));
  const port = await listen(http, settings).catch(async (error: unknown) => {
    detach();
    await io.close();
    throw error;
  });

  const close = async () => {
    detach();
    const deadline = setTimeout(() => tcp.forEach((socket) => socket.destroy()), settings.closeTimeoutMs);
    // closes the transports only: a DISCONNECT packet would keep clients from reconnecting
    await io.close();
    clearTimeout(deadline);
  };
  return { port, url: `http://${urlHost(settings.host)}:${port}`, close: () => (closing ??= close()) };
}

function openOffice(setting: string): Promise<TicketOffice> {
  const key = readTicketKey(setting);
  if (key === undefined) throw new ConfigError(`ticketKey ${ticketKeyProblem(setting)}`);
  return TicketOffice.open(key);
}

function socketIo(http: HttpServer, settings: SignalingConfig): Server<ClientToServerEvents, ServerToClientEvents> {
  const addresses = new AddressCount(settings.maxConnectionsPerAddress);
  const origins = new Set(settings.allowOrigins);
  const signalBytes = settings.limits.signalBytes ?? DEFAULT_LIMITS.signalBytes;
  const io = new Server<ClientToServerEvents, ServerToClientEvents>(http, {
    serveClient: false,
    transports: settings.polling ? ["polling", "websocket"] : ["websocket"],
    cors: { origin: origins.size === 0 ? "*" : [...origins] },
    maxHttpBufferSize: 2 * signalBytes + MESSAGE_OVERHEAD_BYTES,
    pingInterval: settings.pingIntervalMs,
    pingTimeout: settings.pingTimeoutMs,
    connectTimeout: settings.pingTimeoutMs,
    // CORS does not cover WebSocket, so the origin is checked here
    allowRequest: (request, decide) => {
      if (origins.size > 0 && !origins.has(request.headers.origin ?? "")) return decide("This page's origin is not allowed.", false);
      if (io.engine.clientsCount >= settings.maxConnections) return decide("This server has as many connections as it may have.", false);
      if (addresses.isFull(addressKey(request, settings.trustProxy))) return decide("Too many connections from this network.", false);
      decide(null, true);
    },
  });
  io.engine.on("connection", (connection: EngineConnection) => {
    const key = addressKey(connection.request, settings.trustProxy);
    // a client that never answers the closing handshake would keep its socket for half a minute
    connection.once("close", () => {
      const webSocket = connection.transport.socket;
      if (webSocket !== undefined) setTimeout(() => webSocket.terminate(), LINGER_MS).unref();
    });
    // handshakes under way at once have all passed allowRequest
    if (addresses.isFull(key)) return connection.close(true);
    addresses.add(key);
    connection.once("close", () => addresses.remove(key));
  });
  return io;
}

function listen(http: HttpServer, settings: SignalingConfig): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => reject(new ConfigError(listenProblem(error, settings))));
    http.listen({ port: settings.port, ...(settings.host === undefined ? {} : { host: settings.host }) }, () => resolve((http.address() as AddressInfo).port));
  });
}

function listenProblem(error: NodeJS.ErrnoException, settings: SignalingConfig): string {
  if (error.code === "EADDRINUSE") return `Port ${settings.port} is in use; choose another with --port.`;
  if (error.code === "EACCES") return `Port ${settings.port} needs more rights than this user has; choose one above 1023 with --port.`;
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND") return `${settings.host} is no address of this machine; choose another with --host.`;
  return `Cannot listen on port ${settings.port}: ${error.code ?? error.message}.`;
}

/** Upgraded sockets leave http's own list, and a client that never answers a close would hold it open for ever. */
function trackSockets(http: HttpServer): ReadonlySet<TcpSocket> {
  const sockets = new Set<TcpSocket>();
  http.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

function urlHost(host: string | undefined): string {
  if (host === undefined || host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
