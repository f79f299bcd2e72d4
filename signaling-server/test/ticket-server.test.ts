import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { permIdOf, swarmIdOf } from "../src/channel-ticket.js";
import { ConfigError, type SignalingConfig } from "../src/config.js";
import type { JoinReply } from "../src/events.js";
import { parseConfig } from "../src/flags.js";
import { startSignalingServer, type SignalingServer } from "../src/server.js";
import { Client } from "./client.js";
import { ed25519Site, Holder, jwt, readChannelTicket, SECRET, SWARM } from "./site.js";
import { joinRequest, peerId, peersOf, statReport } from "./world.js";

// real sockets on a machine that may be busy
vi.setConfig({ testTimeout: 30_000 });

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(config: Partial<SignalingConfig> = {}): Promise<SignalingServer> {
  const server = await startSignalingServer({ port: 0, host: "127.0.0.1", closeTimeoutMs: 300, ticketKey: `hs256:${SECRET}`, ...config });
  open.push(server);
  return server;
}

function client(server: SignalingServer): Client {
  const made = new Client(server.url);
  open.push(made);
  return made;
}

const inS = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

describe("a server that wants tickets", () => {
  let server: SignalingServer;
  let ann: Holder;
  let bob: Holder;
  let id: string;
  beforeEach(async () => {
    [server, ann, bob, id] = [await start(), await Holder.create(), await Holder.create(), await swarmIdOf(SWARM)];
  });

  it("lets in who has one, and gives a channel ticket for this swarm, peer and key", async () => {
    const answer = (await client(server).ask("join", await ann.join(1, await jwt({ exp: inS(300) })))) as JoinReply;
    expect(answer).toMatchObject({ ok: true, size: 1, ticket: { nowMs: expect.closeTo(Date.now(), -4) as number } });
    expect(await readChannelTicket(answer.ticket!)).toMatchObject({
      length: 124, magic: "shoal ticket\0", version: 1, swarm: id, peer: peerId(1), holder: await permIdOf(ann.key), isSigned: true,
    });
    const { expiresMs } = await readChannelTicket(answer.ticket!);
    expect([expiresMs, (expiresMs - Date.now()) / 1000]).toEqual([answer.ticket!.expiresMs, expect.closeTo(305, -1)]);
  });

  it.each([
    ["none", "ticket-missing", undefined],
    ["one that has expired", "ticket-expired", { exp: inS(-60) }],
    ["another swarm's", "ticket-other-swarm", { swarm: "https://cdn.example/other.m3u8" }],
    ["one without an expiry", "ticket-invalid", { exp: undefined }],
    ["one without an id", "ticket-invalid", { jti: undefined }],
    ["one that names nobody", "ticket-invalid", { sub: "" }],
    ["one that is good for a year", "ticket-invalid", { exp: inS(365 * 86_400) }],
    ["one that is not good yet", "ticket-invalid", { nbf: inS(600) }],
    ["one whose swarm is no text", "ticket-invalid", { swarm: [SWARM] }],
  ])("refuses %s, and says so: %s", async (_, code, claims) => {
    const request = claims === undefined ? joinRequest(1, { swarm: id }) : await ann.join(1, await jwt(claims));
    const answer = await client(server).ask("join", request);
    expect(answer).toMatchObject({ ok: false, code, message: expect.stringMatching(/^[A-Z][^\n]+\.$/) as string });
    expect(JSON.stringify(answer)).not.toContain("viewer-1");
  });

  it("refuses one signed by anybody else, by no algorithm, or changed afterwards", async () => {
    const [header, payload, signature] = (await jwt()).split(".") as [string, string, string];
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    const longer = Buffer.from(JSON.stringify({ ...(JSON.parse(Buffer.from(payload, "base64url").toString()) as object), exp: inS(3600) })).toString("base64url");
    const other = await jwt({}, new TextEncoder().encode("a secret of somebody else, as long"));
    for (const token of [other, `${header}.${longer}.${signature}`, `${none}.${payload}.${signature}`]) {
      expect(await client(server).ask("join", await ann.join(1, token))).toMatchObject({ ok: false, code: "ticket-invalid" });
    }
  });

  it("refuses a replayed one: whoever else sends it, with a key of his own, comes too late", async () => {
    const token = await jwt();
    expect(await client(server).ask("join", await ann.join(1, token))).toMatchObject({ ok: true });
    expect(await client(server).ask("join", await bob.join(2, token))).toMatchObject({ ok: false, code: "ticket-replayed" });
    expect(await client(server).ask("join", await ann.join(3, token))).toMatchObject({ ok: true, size: 2 });
  });

  it("refuses a stolen one: its owner's key did not sign this peer's request", async () => {
    const token = await jwt();
    const stolen = await ann.join(1, token);
    const thief = client(server);
    expect(await thief.ask("join", { ...stolen, peer: peerId(2), secret: joinRequest(2).secret })).toMatchObject({ ok: false, code: "ticket-unproven" });
    const { proof } = (await bob.join(2, token)).ticket!;
    expect(await thief.ask("join", { ...stolen, ticket: { ...stolen.ticket!, proof } })).toMatchObject({ ok: false, code: "ticket-unproven" });
    expect(await thief.ask("join", { ...stolen, ticket: { ...stolen.ticket!, key: "A".repeat(87) } })).toMatchObject({ ok: false, code: "ticket-unproven" });
    expect(await thief.ask("find", { swarm: id, count: 9, except: [] })).toMatchObject({ ok: false, code: "not-a-member" });
  });

  it("does not give a place to another key, even with its secret", async () => {
    await client(server).ask("join", await ann.join(1, await jwt()));
    expect(await client(server).ask("join", await bob.join(1, await jwt({ sub: "viewer-2" })))).toMatchObject({ ok: false, code: "peer-id-taken" });
  });

  it("renews a membership over the same connection, and ends one that is not renewed", async () => {
    const [short, renewed] = [client(server), client(server)];
    // the site's clock may be 5 s off, so these have one second to live
    const exp = (Date.now() - 4_000) / 1000;
    await short.ask("join", await ann.join(1, await jwt({ exp })));
    await renewed.ask("join", await bob.join(2, await jwt({ exp, sub: "viewer-2" })));
    expect(await renewed.ask("join", await bob.join(2, await jwt({ sub: "viewer-2" })))).toMatchObject({ ok: true, size: 2 });
    const stat = statReport(0, { swarm: id });
    await vi.waitFor(async () => expect(await short.ask("stat", stat)).toMatchObject({ ok: false, code: "ticket-expired" }), { timeout: 5_000 });
    expect(await short.ask("find", { swarm: id, count: 9, except: [] })).toMatchObject({ ok: false, code: "not-a-member" });
    expect(await renewed.ask("stat", stat)).toEqual({ ok: true, size: 1 });
  });

  it("shows its channels to those alone who are in them", async () => {
    const [viewer, stranger] = [client(server), client(server)];
    await viewer.ask("join", await ann.join(1, await jwt()));
    expect(await viewer.ask("channels")).toEqual({ ok: true, channels: [{ swarm: id, channel: "a stream", peers: 1 }] });
    expect(await stranger.ask("channels")).toEqual({ ok: true, channels: [] });
  });

  it("answers garbage in place of a ticket with an error", async () => {
    const good = await ann.join(1, await jwt());
    for (const ticket of [null, 1, "x", [], {}, { ...good.ticket, more: 1 }, { ...good.ticket, jwt: `${good.ticket!.jwt}${"A".repeat(2_048)}` }, { ...good.ticket, jwt: "a.b" }, { ...good.ticket, key: "x" }, { ...good.ticket, proof: 7 }]) {
      expect(await client(server).ask("join", { ...good, ticket })).toMatchObject({ ok: false, code: "bad-payload" });
    }
  });

  it("bounds how often one viewer is in, and gives a place back when one leaves", async () => {
    const strict = await start({ limits: { peersPerViewer: 2 } });
    const [first, second] = [client(strict), client(strict)];
    await first.ask("join", await ann.join(1, await jwt()));
    await second.ask("join", await ann.join(2, await jwt()));
    expect(await client(strict).ask("join", await bob.join(3, await jwt()))).toMatchObject({ ok: false, code: "ticket-limit" });
    expect(await second.ask("join", await ann.join(2, await jwt()))).toMatchObject({ ok: true });
    await first.ask("leave", { swarm: id });
    expect(await client(strict).ask("join", await bob.join(3, await jwt()))).toMatchObject({ ok: true, size: 2 });
  });

  it("checks one ticket of a connection at a time, and stays up when connections go away in the middle", async () => {
    const flooder = client(server);
    const requests = await Promise.all(Array.from({ length: 10 }, async (_, n) => ann.join(1, await jwt({ sub: `v${n}` }))));
    const answers = await Promise.all(requests.map((request) => flooder.ask("join", request)));
    expect(answers.filter((answer) => answer.ok).length).toBeLessThan(10);
    expect(answers.filter((answer) => !answer.ok && answer.code === "rate-limited").length).toBeGreaterThan(0);
    const gone = client(server);
    await gone.next("connect");
    gone.say("join", requests[0]);
    gone.drop();
    expect(await client(server).ask("join", await bob.join(5, await jwt()))).toMatchObject({ ok: true });
  });
});

it("a site may sign with Ed25519, whose public key the server is given bare or as PEM; a secret made of it opens nothing", async () => {
  const site = ed25519Site();
  const ann = await Holder.create();
  for (const ticketKey of [site.ticketKey, site.pem]) {
    const server = await start({ ticketKey });
    expect(await client(server).ask("join", await ann.join(1, await jwt({}, site.privateKey, "EdDSA")))).toMatchObject({ ok: true });
    const confused = await jwt({}, Buffer.from(ticketKey.slice(8).padEnd(32)));
    expect(await client(server).ask("join", await ann.join(2, confused))).toMatchObject({ ok: false, code: "ticket-invalid" });
  }
});

it("a server without a ticket key asks for none, and takes those who have one as everybody", async () => {
  const server = await startSignalingServer({ port: 0, host: "127.0.0.1", closeTimeoutMs: 300 });
  open.push(server);
  const answer = await client(server).ask("join", await (await Holder.create()).join(1, "a.b.c"));
  expect(answer).toMatchObject({ ok: true });
  expect(answer).not.toHaveProperty("ticket");
  expect(peersOf(await client(server).join(2, { swarm: await swarmIdOf(SWARM) }))).toEqual([peerId(1)]);
});

it.each(["", "x", "hs256:too short", "ed25519:AAAA", "rs256:whatever this is, it is long enough", `hs257:${SECRET}`])("a ticket key %j is refused without repeating it", async (ticketKey) => {
  await expect(startSignalingServer({ port: 0, ticketKey })).rejects.toBeInstanceOf(ConfigError);
  if (ticketKey === "") return;
  expect(() => parseConfig(["--ticket-key", ticketKey], {})).toThrow(/^--ticket-key takes hs256: and a secret of at least 32 bytes, or ed25519:/);
});

it("a ticket key comes from the environment, where other users do not see it", () => {
  expect(parseConfig([], { SHOAL_TICKET_KEY: `hs256:${SECRET}` })?.ticketKey).toBe(`hs256:${SECRET}`);
});
