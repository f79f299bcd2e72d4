import { Client } from "../../signaling-server/test/client.js";
import { SHORT, WHOLE_STREAM } from "../buffers.js";
import { expect, test } from "../fixtures.js";
import type { Misconduct } from "../page/misconduct.js";
import type { Viewer } from "../viewer.js";

const STREAM = "/vod-30/level0.m3u8";

/** Plays all of a stream as a peer that misbehaves. */
async function hostile(attacker: Viewer, how: Misconduct): Promise<string> {
  await attacker.page.evaluate((misconduct) => viewer.misbehave(misconduct), how);
  await attacker.play(STREAM, { hls: WHOLE_STREAM });
  await attacker.handed(30);
  return (await attacker.playerStats()).peer;
}

const banned = (victim: Viewer): Promise<{ peer: string; reason: string }[]> => victim.page.evaluate(() => viewer.bans.map(({ peer, reason }) => ({ peer, reason })));

/** What the page and the signaling server tell each other from now on. */
function talkToTracker({ page }: Viewer): { sent: string[]; received: string[] } {
  const talk = { sent: [] as string[], received: [] as string[] };
  page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => talk.sent.push(String(payload)));
    socket.on("framereceived", ({ payload }) => talk.received.push(String(payload)));
  });
  return talk;
}

async function playsOn(victim: Viewer): Promise<void> {
  await victim.reaches((await victim.positionS()) + 4);
  expect(await victim.report()).toMatchObject({ stallMs: 0, fatalErrors: [] });
  expect(victim.pageErrors).toEqual([]);
}

for (const [how, reason] of [
  ["floods", "flood"],
  ["pushes-unasked", "unrequested data"],
  ["sends-garbage", "malformed message: unknown message type"],
  ["forges-receipts", "forged receipt"],
] as const) {
  test(`a peer that ${how} is banned over a real data channel, the tracker hears of it, and the viewer plays on`, async ({ open }) => {
    const [attacker, victim] = [await open({ checksBytes: false }), await open()];
    const peer = await hostile(attacker, how);
    const { sent } = talkToTracker(victim);
    await victim.play(STREAM, { hls: SHORT });
    await expect.poll(() => banned(victim)).toEqual([{ peer, reason }]);
    await expect.poll(() => sent.filter((frame) => frame.includes('"misbehaved"') && frame.includes(peer))).toHaveLength(1);
    await playsOn(victim);
  });
}

test.describe("receipts", () => {
  test.use({ signalingConfig: { statIntervalMs: 1_000 } });

  test("of a receiver who does not exist the tracker says so, without whose word none counts, and nobody is harmed", async ({ open }) => {
    const [victim, attacker] = [await open(), await open({ checksBytes: false })];
    const { sent, received } = talkToTracker(victim);
    await victim.play(STREAM, { hls: SHORT });
    await victim.reaches(2);
    const peer = await hostile(attacker, "invents-receivers");
    const asked = (): string | undefined => sent.find((frame) => frame.includes('"strangers"'));
    await expect.poll(asked).toMatch(/"strangers":\["[0-9a-f]{16}"\]/);
    // An answer has the number of what it answers.
    const id = /^42(\d+)/.exec(asked() ?? "")?.[1];
    await expect.poll(() => received.find((frame) => frame.startsWith(`43${id}[`))).toContain('"members":[]');
    await playsOn(victim);
    expect((await victim.playerStats()).neighbours.map((neighbour) => neighbour.peer)).toEqual([peer]);
    expect(await banned(victim)).toEqual([]);
  });
});

for (const [how, reason] of [["sends-oversized", "a message over the bound"], ["sends-text", "a message that is not binary"]] as const) {
  test(`a peer that ${how} loses its connection, and the viewer plays on`, async ({ open }) => {
    const [attacker, victim] = [await open({ checksBytes: false }), await open()];
    const peer = await hostile(attacker, how);
    await victim.play(STREAM, { hls: SHORT });
    await expect.poll(() => victim.page.evaluate(() => viewer.lost.map(({ peer: gone, reason: why }) => ({ peer: gone, reason: why })))).toContainEqual({ peer, reason });
    await playsOn(victim);
  });
}

for (const how of ["never-answers", "claims-everything", "promises-everything"] as const) {
  test(`a peer that ${how} costs no stall, and the origin no more than one viewer alone`, async ({ open }) => {
    const [attacker, victim] = [await open({ checksBytes: false }), await open()];
    await hostile(attacker, how);
    await victim.play(STREAM, { hls: SHORT });
    await victim.neighbours(1);
    await victim.reaches(16, { timeoutMs: 40_000 });
    expect(await victim.report()).toMatchObject({ stallMs: 0, fatalErrors: [] });
    const { originBytes, playedBytes } = await victim.playerStats();
    // Whatever it is told, it fetches what it plays once; a segment and a half more lie in the buffer.
    expect(originBytes).toBeLessThan(1.1 * playedBytes + 300_000);
  });
}

test.describe("hostile clients of the signaling server", () => {
  const swarmOf = (victim: Viewer): Promise<string> => victim.page.evaluate(() => (globalThis as unknown as { joined: string }).joined);
  /** Remembers the swarm's id, which the page sends in its JOIN, and counts ICE candidates handed to the browser. */
  function watch(): void {
    const page = globalThis as unknown as { joined: string; candidates: number };
    page.candidates = 0;
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (this: WebSocket, data: string) {
      page.joined ??= /"join",\{"swarm":"([0-9a-f]{32})"/.exec(String(data))?.[1] as string;
      send.call(this, data);
    };
    const add = RTCPeerConnection.prototype.addIceCandidate as (this: RTCPeerConnection, candidate?: RTCIceCandidateInit | null) => Promise<void>;
    RTCPeerConnection.prototype.addIceCandidate = function (this: RTCPeerConnection, candidate?: RTCIceCandidateInit | null) {
      page.candidates += 1;
      return add.call(this, candidate);
    };
    const describe = RTCPeerConnection.prototype.setRemoteDescription as (this: RTCPeerConnection, description: RTCSessionDescriptionInit) => Promise<void>;
    RTCPeerConnection.prototype.setRemoteDescription = function (this: RTCPeerConnection, description: RTCSessionDescriptionInit) {
      page.candidates += (description.sdp ?? "").split("a=candidate").length - 1;
      return describe.call(this, description);
    };
  }
  const offerOf = (page: Viewer["page"]): Promise<string> =>
    page.evaluate(async () => {
      const connection = new RTCPeerConnection();
      connection.createDataChannel("");
      const { sdp = "" } = await connection.createOffer();
      connection.close();
      return sdp;
    });
  /** Plays, and is known to its swarm: what a stranger needs to bother it. */
  const target = async (victim: Viewer): Promise<{ victim: Viewer; swarm: string; to: string; sdp: string }> => {
    await victim.play(STREAM, { hls: SHORT });
    await expect.poll(() => swarmOf(victim)).toMatch(/^[0-9a-f]{32}$/);
    const { peer: to } = await victim.playerStats();
    return { victim, swarm: await swarmOf(victim), to, sdp: await offerOf(victim.page) };
  };
  const others = (victim: Viewer): Promise<number> => victim.page.evaluate(() => viewer.open().connections);

  test("a flood of ICE candidates, malformed descriptions and noise reach the browser bounded, and harm nobody", async ({ open, signaling }) => {
    const { victim, swarm, to, sdp } = await target(await open({ before: watch }));
    const client = new Client(signaling.url);
    expect(await client.join(7, { swarm })).toMatchObject({ ok: true, peers: [to] });
    const candidate = (i: number) => ({ candidate: `candidate:${i} 1 udp 2113937151 192.0.2.${i % 250} ${1024 + i} typ host`, sdpMid: "0", sdpMLineIndex: 0 });
    const inside = Array.from({ length: 100 }, (_, i) => `a=${candidate(1_000 + i).candidate}\r\n`).join("");
    client.say("signal", { swarm, to, data: { type: "offer", attempt: "00000001", sdp: sdp + inside } });
    for (let i = 0; i < 400; i++) client.say("signal", { swarm, to, data: { type: "candidate", attempt: "00000001", candidate: candidate(i) } });
    // In order: when this one is answered the others are there.
    expect(await client.ask("signal", { swarm, to, data: { type: "candidate", attempt: "00000001", candidate: candidate(400) } })).toEqual({ ok: true });
    await victim.reaches((await victim.positionS()) + 3);
    const given = await victim.page.evaluate(() => (globalThis as unknown as { candidates: number }).candidates);
    expect(given).toBeGreaterThan(0);
    expect(given).toBeLessThanOrEqual(64);

    const broken = ["", "v=0", `${sdp}m=video 9 X 96\r\n`, sdp.replace(/a=fingerprint.*\r\n/, ""), sdp.replaceAll("\r\n", "\u0000"), "x".repeat(15_000)];
    for (const [i, text] of broken.entries()) client.say("signal", { swarm, to, data: { type: "offer", attempt: `0000001${i}`, sdp: text } });
    for (const data of [{}, { type: "offer" }, { type: "candidate", attempt: "00000001", candidate: null }, { attempt: 5 }, { type: "refuse", attempt: "zz" }]) client.say("signal", { swarm, to, data });
    expect(await client.ask("find", { swarm, count: 1, except: [] })).toMatchObject({ ok: true });
    await playsOn(victim);
    client.close();
    await expect.poll(() => others(victim)).toBe(0);
  });

  test("sixty sybils take a bounded number of places, and give them back", async ({ open, signaling }) => {
    const { victim, swarm, to, sdp } = await target(await open({ before: watch }));
    const sybils = Array.from({ length: 60 }, () => new Client(signaling.url));
    await Promise.all(sybils.map((client, i) => client.join(100 + i, { swarm })));
    await Promise.all(sybils.map((client) => client.ask("signal", { swarm, to, data: { type: "offer", attempt: "00000001", sdp } })));
    await playsOn(victim);
    expect(await others(victim)).toBeLessThanOrEqual(32);
    for (const client of sybils) client.close();
    await expect.poll(() => others(victim)).toBe(0);
    const honest = await open();
    await honest.play(STREAM, { hls: SHORT });
    await victim.neighbours(1);
  });
});
