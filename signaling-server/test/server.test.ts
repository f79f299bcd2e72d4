import { request } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ConfigError, type SignalingConfig } from "../src/config.js";
import { startSignalingServer, type SignalingServer } from "../src/server.js";
import { Client } from "./client.js";
import { joinRequest, liveRequest, peerId, statReport, swarmId } from "./world.js";

// real processes and sockets on a machine that may be busy
vi.setConfig({ testTimeout: 30_000 });

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(config: Partial<SignalingConfig> = {}): Promise<SignalingServer> {
  const server = await startSignalingServer({ port: 0, host: "127.0.0.1", closeTimeoutMs: 300, ...config });
  open.push(server);
  return server;
}

function client(server: SignalingServer, options?: ConstructorParameters<typeof Client>[1]): Client {
  const made = new Client(server.url, options);
  open.push(made);
  return made;
}

const health = async (server: SignalingServer) => (await (await fetch(`${server.url}/healthz`)).json()) as { ok: boolean; peers: number; swarms: number; connections: number; uptimeS: number; refused: Record<string, number> };
const signalTo = (n: number, data: unknown = { type: "offer", sdp: "v=0" }) => ({ swarm: swarmId(1), to: peerId(n), data });

describe("over a real connection", () => {
  it("two viewers join, find each other and exchange signals", async () => {
    const server = await start({ iceServers: [{ urls: "stun:127.0.0.1:3478" }], statIntervalMs: 5000 });
    const [ann, bob] = [client(server), client(server)];
    expect(await ann.join(1)).toEqual({ ok: true, peers: [], size: 1, iceServers: [{ urls: "stun:127.0.0.1:3478" }], statIntervalMs: 5000 });
    expect(await bob.join(2)).toMatchObject({ ok: true, peers: [peerId(1)], size: 2 });
    expect(await bob.ask("signal", signalTo(1))).toEqual({ ok: true });
    expect(await ann.next("signal")).toEqual({ swarm: swarmId(1), from: peerId(2), data: { type: "offer", sdp: "v=0" }, newcomer: true });
    ann.say("signal", signalTo(2, { type: "answer", sdp: "v=0" }));
    expect(await bob.next("signal")).toMatchObject({ from: peerId(1), data: { type: "answer" } });
    expect(await ann.ask("stat", statReport(3))).toEqual({ ok: true, size: 2 });
    expect(await ann.ask("find", { swarm: swarmId(1), count: 4, except: [] })).toEqual({ ok: true, peers: [peerId(2)], size: 2 });
    expect(await ann.ask("channels")).toEqual({ ok: true, channels: [{ swarm: swarmId(1), channel: "a stream", peers: 2 }] });
  });

  it("a lost connection is told to those who knew the peer", async () => {
    const server = await start();
    const [ann, bob] = [client(server), client(server)];
    await ann.join(1);
    await bob.join(2);
    ann.drop();
    expect(await bob.next("peer-left")).toEqual({ swarm: swarmId(1), peer: peerId(1) });
  });

  it("a viewer takes its place back before the old connection is known to be dead", async () => {
    const server = await start();
    const [ann, bob] = [client(server), client(server)];
    await ann.join(1);
    await bob.join(2);
    const again = client(server);
    expect(await again.join(1, { secret: joinRequest(3).secret })).toMatchObject({ ok: false, code: "peer-id-taken" });
    expect(await again.join(1)).toMatchObject({ ok: true, size: 2 });
    ann.drop();
    await bob.ask("signal", signalTo(1));
    expect(await again.next("signal")).toMatchObject({ from: peerId(2) });
    expect(bob.heard("peer-left")).toBe(0);
  });

  it("a client that stops answering pings is noticed", async () => {
    const server = await start({ pingIntervalMs: 200, pingTimeoutMs: 1000 });
    const [frozen, bob] = [client(server), client(server)];
    await frozen.join(1);
    await bob.join(2);
    frozen.freeze();
    expect(await bob.next("peer-left")).toMatchObject({ peer: peerId(1) });
  });
});

describe("origin seats over a real connection", () => {
  const from = (address: string) => ({ extraHeaders: { "x-forwarded-for": address } });
  const seats = (slices: number[], over: object = {}) => ({ swarm: swarmId(1), track: 1, seats: slices.map((slice) => ({ slice, copy: 0 })), of: 1, ...over });

  it("are given with the first announcement, and pass on when the holder's line breaks", async () => {
    const server = await start();
    const [ann, bob] = [client(server), client(server)];
    await ann.join(1);
    await bob.join(2);
    expect(await ann.ask("live", liveRequest())).toEqual({ ok: true });
    expect(await ann.next("seats")).toEqual(seats([0, 1, 2, 3]));
    await bob.ask("live", liveRequest());
    // one network, both young: three and one
    expect([await bob.next("seats"), await ann.next("seats")]).toEqual([seats([0]), seats([1, 2, 3])]);
    ann.drop();
    expect(await bob.next("seats")).toEqual(seats([0, 1, 2, 3]));
  });

  it("pass on when the holder's tab goes to sleep, and both are told", async () => {
    const server = await start();
    const [ann, bob] = [client(server), client(server)];
    await ann.join(1);
    await bob.join(2);
    await ann.ask("live", liveRequest());
    await ann.next("seats");
    await bob.ask("live", liveRequest({ willing: false }));
    expect(await bob.next("seats")).toEqual(seats([]));
    await bob.ask("live", liveRequest());
    await bob.next("seats");
    await ann.next("seats");
    await ann.ask("live", liveRequest({ willing: false }));
    expect(await ann.next("seats")).toEqual(seats([]));
    expect(await bob.next("seats")).toEqual(seats([0, 1, 2, 3]));
  });

  it("are spread over networks, by /24 and /48 of the address that a proxy gives", async () => {
    const server = await start({ trustProxy: true });
    const home = [client(server, from("192.0.2.1")), client(server, from("192.0.2.77")), client(server, from("198.51.100.1"))];
    for (const [i, each] of home.entries()) {
      await each.join(i + 1);
      await each.ask("live", liveRequest());
      expect(await each.next("seats")).toMatchObject({ seats: { length: [4, 1, 1][i] } });
    }
    await home[0]?.next("seats");
    // the third, on a network of its own, has relieved the first, which had more than its share
    expect(await home[0]?.next("seats")).toMatchObject({ seats: { length: 2 } });
  });

  it("are refused to nobody by garbage, which is answered with an error", async () => {
    const server = await start();
    const ann = client(server);
    await ann.join(1);
    for (const args of [[], [null], [liveRequest({ tracks: [1, 1] })], [liveRequest(), liveRequest()]]) expect(await ann.ask("live", ...args)).toMatchObject({ ok: false, code: "bad-payload" });
    expect(await ann.ask("missing", { swarm: swarmId(1), track: 1, sequence: 1, slices: [9] })).toMatchObject({ ok: false, code: "bad-payload" });
    expect(await ann.ask("missing", { swarm: swarmId(1), track: 1, sequence: 1, slices: [0] })).toEqual({ ok: true, of: 0 });
    await ann.ask("live", liveRequest());
    expect(await ann.next("seats")).toEqual(seats([0, 1, 2, 3]));
    expect(await ann.ask("missing", { swarm: swarmId(1), track: 1, sequence: 1, slices: [0] })).toEqual({ ok: true, of: 1 });
  });
});

describe("against bad clients", () => {
  it("garbage is answered with an error and changes nothing", async () => {
    const server = await start();
    const ann = client(server);
    for (const args of [[], [null], [1], ["x"], [[]], [{}], [joinRequest(1), joinRequest(1)], [new Uint8Array(9)], [{ ...joinRequest(1), peer: { toString: "x" } }]]) {
      expect(await ann.ask("join", ...args)).toMatchObject({ ok: false, code: "bad-payload" });
    }
    for (const event of ["error", "toString", "__proto__", "ping"]) ann.say(event, {});
    expect(await ann.join(1)).toMatchObject({ ok: true });
    expect(await health(server)).toMatchObject({ peers: 1, unknownEvents: 4, refused: { "bad-payload": 9 } });
  });

  it("a signal over its bound is refused, a message over its bound ends the connection", async () => {
    const server = await start();
    const [ann, bob] = [client(server), client(server)];
    await ann.join(1);
    await bob.join(2);
    expect(await ann.ask("signal", signalTo(2, { sdp: "x".repeat(16_000) }))).toEqual({ ok: true });
    expect(await ann.ask("signal", signalTo(2, { sdp: "x".repeat(17_000) }))).toMatchObject({ code: "bad-payload" });
    ann.say("signal", signalTo(2, { sdp: "x".repeat(200_000) }));
    expect(await ann.next("disconnect")).toBe("transport close");
    expect(await bob.next("peer-left")).toMatchObject({ peer: peerId(1) });
  });

  it("a flood is refused, then the connection closed for good", async () => {
    const server = await start({ limits: { events: { burst: 5, perSecond: 0.001 }, offences: { burst: 10, perSecond: 0.001 } } });
    const ann = client(server);
    const answers = await Promise.all(Array.from({ length: 12 }, () => ann.ask("channels")));
    expect(answers.filter((answer) => answer.ok)).toHaveLength(5);
    expect(answers.at(-1)).toMatchObject({ ok: false, code: "rate-limited" });
    for (let i = 0; i < 50; i += 1) ann.say("channels");
    expect(await ann.next("disconnect")).toBe("io server disconnect");
  });

  it("a client that does not read is closed before its messages fill the memory", async () => {
    const lax = { burst: 100_000, perSecond: 1 };
    const server = await start({ limits: { signals: lax, inboundSignals: lax } });
    const [deaf, ann] = [client(server), client(server)];
    await deaf.join(1);
    await ann.join(2);
    deaf.stopReading();
    const data = { sdp: "x".repeat(16_000) };
    let answer = await ann.ask("signal", signalTo(1, data));
    // the systems' own socket buffers take some megabytes first
    for (const startMs = performance.now(); answer.ok && performance.now() - startMs < 12_000; ) answer = await ann.ask("signal", signalTo(1, data));
    expect(answer).toMatchObject({ code: "unknown-peer" });
    expect(await ann.next("peer-left")).toMatchObject({ peer: peerId(1) });
  });

  it("a burst of signals does not cut the line of whom it goes to: what is too much is dropped", async () => {
    const server = await start();
    const [victim, ann] = [client(server), client(server)];
    await victim.join(1);
    await ann.join(2);
    const candidate = { type: "candidate", candidate: { candidate: "candidate:1 1 udp 2113937151 192.0.2.1 1024 typ host", sdpMid: "0", sdpMLineIndex: 0 } };
    for (let i = 0; i < 450; i += 1) ann.say("signal", signalTo(1, candidate));
    expect(await ann.ask("signal", signalTo(1))).toEqual({ ok: true });
    expect(await victim.ask("find", { swarm: swarmId(1), count: 1, except: [] })).toMatchObject({ ok: true });
    expect(victim.heard("disconnect")).toBe(0);
    expect(victim.heard("signal")).toBeGreaterThan(100);
  });

  it("nobody learns of another swarm's members, nor reaches them, whatever he sends", async () => {
    const server = await start();
    const [ann, bob, eve] = [client(server), client(server), client(server)];
    for (const [n, each] of [ann, bob].entries()) {
      await each.join(n + 1);
      await each.ask("live", liveRequest());
    }
    await eve.join(3, { swarm: swarmId(2) });
    const inTheirs = (more: object) => ({ swarm: swarmId(1), ...more });
    const answers = [
      await eve.ask("find", inTheirs({ count: 100, except: [] })),
      await eve.ask("find", { swarm: swarmId(2), count: 100, except: [] }),
      await eve.ask("stat", statReport(9)),
      await eve.ask("live", liveRequest()),
      await eve.ask("missing", inTheirs({ track: 1, sequence: 1, slices: [0] })),
      await eve.ask("misbehaved", inTheirs({ peer: peerId(1) })),
      await eve.ask("misbehaved", { swarm: swarmId(2), peer: peerId(1) }),
      await eve.ask("leave", inTheirs({})),
      await eve.ask("signal", signalTo(1)),
      await eve.ask("signal", { ...signalTo(1), swarm: swarmId(2) }),
      // a member's place, without the secret that it was taken with
      await eve.ask("join", joinRequest(1, { secret: joinRequest(3).secret })),
    ];
    expect(answers.map((answer) => (answer.ok ? "ok" : answer.code))).toEqual([
      "not-a-member", "ok", "not-a-member", "not-a-member", "not-a-member", "not-a-member", "ok", "not-a-member", "not-a-member", "unknown-peer", "peer-id-taken",
    ]);
    ann.drop();
    await bob.next("peer-left");
    // Answered after all that was for her.
    await eve.ask("channels");
    for (const event of ["signal", "peer-left", "seats"]) expect(eve.heard(event)).toBe(0);
    for (const id of [peerId(1), peerId(2)]) expect(JSON.stringify(answers)).not.toContain(id);
  });

  it("floods by way of many connections are bounded by address", async () => {
    const server = await start({ limits: { addressEvents: { burst: 20, perSecond: 0.001 }, addressOpens: { burst: 4, perSecond: 0.001 } } });
    const flooders = [client(server), client(server), client(server)];
    const answers = await Promise.all(flooders.flatMap((each) => Array.from({ length: 10 }, () => each.ask("channels"))));
    expect(answers.filter((answer) => answer.ok)).toHaveLength(20);
    for (const each of flooders) each.close();
    expect(await client(server).ask("channels")).toMatchObject({ code: "rate-limited" });
    expect(await client(server).next("disconnect")).toBe("io server disconnect");
  });

  it("malformed packets and a second CONNECT end that connection only", async () => {
    const server = await start();
    const bob = client(server);
    await bob.join(2);
    const packets = ['42["join"', "45999-[]", '42[{"a":1}]', "9", "40", "🐟"];
    for (const end of packets.map((packet) => rawWebSocket(server, packet))) expect(await end).toBe("closed");
    expect(await bob.ask("channels")).toMatchObject({ ok: true });
  });

  it("one network gets a bounded number of connections, and places that become free are given again", async () => {
    const server = await start({ maxConnectionsPerAddress: 2 });
    const [ann, bob] = [client(server), client(server)];
    await Promise.all([ann.next("connect"), bob.next("connect")]);
    expect(await client(server).next("connect_error")).toBeInstanceOf(Error);
    await ann.join(1);
    await bob.join(2);
    ann.close();
    await bob.next("peer-left");
    expect(await client(server).join(3)).toMatchObject({ ok: true });
  });

  it("pages of other origins are kept out when origins are set", async () => {
    const server = await start({ allowOrigins: ["https://good.example"] });
    expect(await client(server, { extraHeaders: { origin: "https://good.example" } }).join(1)).toMatchObject({ ok: true });
    for (const origin of ["https://evil.example", "null", "https://good.example.evil.example"]) {
      expect(await client(server, { extraHeaders: { origin } }).next("connect_error")).toBeInstanceOf(Error);
    }
    expect(await client(server).next("connect_error")).toBeInstanceOf(Error);
    expect((await health(server)).peers).toBe(1);
  });

  it("long polling is refused unless it is allowed", async () => {
    const polling = { transports: ["polling"] };
    expect(await client(await start(), polling).next("connect_error")).toBeInstanceOf(Error);
    expect(await client(await start({ polling: true }), polling).join(1)).toMatchObject({ ok: true });
  });
});

describe("its life", () => {
  it("shows in /healthz, and nothing else is served", async () => {
    const server = await start();
    await client(server).join(1);
    expect(await health(server)).toMatchObject({ ok: true, swarms: 1, peers: 1, connections: 1, uptimeS: expect.any(Number) as number });
    const page = await fetch(`${server.url}/healthz`);
    expect(page.headers.get("access-control-allow-origin")).toBe("*");
    for (const path of ["/", "/healthz/x", "/socket.io.js", "/../etc/passwd"]) expect((await fetch(server.url + path)).status).toBe(404);
  });

  it("ends gracefully: clients see a lost transport, which they come back from, and the port is free", async () => {
    const server = await start();
    const ann = client(server);
    await ann.join(1);
    const [, reason] = await Promise.all([server.close(), ann.next("disconnect")]);
    expect(reason).toBe("transport close");
    await server.close();
    const next = await start({ port: server.port });
    expect(await client(next).join(1)).toMatchObject({ ok: true, size: 1 });
  });

  it("ends in bounded time with clients that do not let go", async () => {
    const server = await start();
    const silent = connect(server.port, "127.0.0.1");
    silent.write("GET /healthz HTTP/1.1\r\nHost: x\r\n");
    const stubborn = rawWebSocket(server);
    await client(server).join(1);
    const startedMs = performance.now();
    await server.close();
    expect(performance.now() - startedMs).toBeLessThan(2000);
    expect(await stubborn).toBe("closed");
    silent.destroy();
  });

  it("does not begin on a port that is taken, and says so in one sentence", async () => {
    const server = await start();
    const second = startSignalingServer({ port: server.port, host: "127.0.0.1" });
    await expect(second).rejects.toBeInstanceOf(ConfigError);
    await expect(second).rejects.toThrow(`Port ${server.port} is in use; choose another with --port.`);
  });
});

/** A client that upgrades, sends CONNECT and maybe one more packet, and from then on neither reads nor answers anything. */
function rawWebSocket(server: SignalingServer, packet?: string): Promise<"closed"> {
  return new Promise((resolve, reject) => {
    const handshake = request(`${server.url}/socket.io/?EIO=4&transport=websocket`, {
      headers: { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==" },
    });
    handshake.on("error", reject).on("upgrade", (_response, socket) => {
      socket.on("error", () => undefined).on("close", () => resolve("closed")).resume();
      for (const text of packet === undefined ? ["40"] : ["40", packet]) socket.write(frame(text));
    });
    handshake.end();
  });
}

/** A masked text frame (RFC 6455 section 5.2) with a mask of zeros. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
