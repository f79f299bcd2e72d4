import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TurnServer {
  readonly iceServers: readonly RTCIceServer[];
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const START_MS = 10_000;
const ASK_AGAIN_MS = 100;

/** coturn on the loopback interface alone, at a port that is free now. */
export async function startTurnServer(program: string): Promise<TurnServer> {
  const folder = await mkdtemp(join(tmpdir(), "shoal-turn-"));
  const port = await freeUdpPort();
  const child = spawn(program, [
    "-n", "--listening-ip", HOST, "--relay-ip", HOST, "--listening-port", String(port), "--lt-cred-mech", "--user", "viewer:secret", "--realm", "shoal",
    "--no-tls", "--no-dtls", "--no-cli", "--allow-loopback-peers", "--log-file", "stdout", "--pidfile", join(folder, "pid"), "--userdb", join(folder, "db"),
  ], { stdio: "ignore", cwd: folder });
  const ended = once(child, "exit");
  const close = async (): Promise<void> => {
    child.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  await answers(port).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { iceServers: [{ urls: `turn:${HOST}:${port}?transport=udp`, username: "viewer", credential: "secret" }], close };
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, HOST);
  await once(socket, "listening");
  const { port } = socket.address() as AddressInfo;
  socket.close();
  await once(socket, "close");
  return port;
}

/** Asks with STUN binding requests (RFC 8489) until one is answered. */
async function answers(port: number): Promise<void> {
  const socket = createSocket("udp4");
  const request = Buffer.from(`000100002112a442${"00".repeat(12)}`, "hex");
  const asking = setInterval(() => socket.send(request, port, HOST), ASK_AGAIN_MS);
  try {
    await once(socket, "message", { signal: AbortSignal.timeout(START_MS) });
  } finally {
    clearInterval(asking);
    socket.close();
  }
}
