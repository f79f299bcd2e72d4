import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JoinReply, JoinRequest } from "../../signaling-server/src/events.js";
import { type SignalingServer, startSignalingServer } from "../../signaling-server/src/server.js";
import { Holder, jwt, SECRET, SWARM } from "../../signaling-server/test/site.js";
import { type Admission, SignalingClient, type SignalingEvents } from "../src/browser/signaling.js";
import { swarmIdOf } from "../src/browser/hash.js";
import type { PeerId } from "../src/protocol/ids.js";

const swarm = "a".repeat(32);
const peerA = "000000000000000a" as PeerId;
const peerB = "000000000000000b" as PeerId;
const join = (peer: PeerId): JoinRequest => ({ swarm, peer, secret: peer + peer, serves: true, channel: "test" });

/** A client whose events can be awaited by name, one at a time. */
function listen(tracker: string, peer: PeerId, { admission, inSwarm = swarm }: { admission?: Admission; inSwarm?: string } = {}) {
  const seen: [name: string, detail: unknown][] = [];
  let wake = (): void => {};
  const note = (name: string) => (...detail: unknown[]) => {
    seen.push([name, detail.length > 1 ? detail : detail[0]]);
    wake();
  };
  const events: SignalingEvents = {
    onUp: note("up"),
    onDown: note("down"),
    onPeers: note("peers"),
    onSignal: note("signal"),
    onSeats: note("seats"),
    onMembers: note("members"),
    onError: note("error"),
  };
  const client = new SignalingClient(tracker, { ...join(peer), swarm: inSwarm }, events, admission);
  const next = async (name: string): Promise<unknown> => {
    for (;;) {
      const at = seen.findIndex(([each]) => each === name);
      if (at >= 0) return seen.splice(at, 1)[0]?.[1];
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  return { client, next, seen };
}

describe("signaling client", () => {
  let server: SignalingServer;
  const clients: SignalingClient[] = [];
  const start = (peer: PeerId, tracker = server.url, setting: Parameters<typeof listen>[2] = {}) => {
    const listener = listen(tracker, peer, setting);
    clients.push(listener.client);
    listener.client.connect();
    return listener;
  };

  beforeEach(async () => {
    server = await startSignalingServer({ host: "127.0.0.1", port: 0 });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await server.close();
  });

  it("joins, finds the others, and brings signals", async () => {
    const a = start(peerA);
    expect(await a.next("up")).toMatchObject({ peers: [], size: 1 });
    const b = start(peerB);
    expect(((await b.next("up")) as JoinReply).peers).toEqual([peerA]);
    a.client.find(5, []);
    expect(await a.next("peers")).toMatchObject({ peers: [peerB] });
    b.client.signal(peerA, { type: "offer", sdp: "v=0" });
    expect(await a.next("signal")).toEqual([peerB, { type: "offer", sdp: "v=0" }, true]);
  });

  it("brings the seats of a live track to who says that it plays one, of this swarm alone, and reports slices that are missing", async () => {
    const a = start(peerA);
    await a.next("up");
    a.client.live({ tracks: [7], willing: true, uplinkBps: null });
    expect(await a.next("seats")).toEqual({ track: 7, of: 1, seats: [0, 1, 2, 3].map((slice) => ({ slice, copy: 0 })) });
    a.client.live({ tracks: [7], willing: false, uplinkBps: 5e6 });
    expect(await a.next("seats")).toEqual({ track: 7, of: 0, seats: [] });
    a.client.missing({ track: 7, sequence: 3, slices: [9] });
    expect(await a.next("error")).toMatchObject({ request: "missing", code: "bad-payload" });
  });

  it("hands refusals on with code and message", async () => {
    const a = start(peerA);
    await a.next("up");
    a.client.signal(peerB, { type: "offer" });
    expect(await a.next("error")).toMatchObject({ request: "signal", code: "unknown-peer", peer: peerB, message: expect.any(String) });
  });

  it("joins again under the same id when the tracker comes back", async () => {
    const a = start(peerA);
    await a.next("up");
    await server.close();
    expect(await a.next("down")).toEqual(expect.any(String));
    expect(a.client.isJoined).toBe(false);
    server = await startSignalingServer({ host: "127.0.0.1", port: server.port });
    expect(await a.next("up")).toMatchObject({ size: 1 });
  });

  it("says once that the tracker is not there, and drops what cannot be sent", async () => {
    const a = start(peerA, "http://127.0.0.1:1");
    await a.next("down");
    a.client.find(1, []);
    a.client.report({ segments: 0, neighbours: 0, originBytes: 0, peerBytes: 0, uploadedBytes: 0 });
    expect(a.seen).toEqual([]);
  });

  it("takes an address that is none for a tracker that is down", async () => {
    expect(await start(peerA, "ftp://example.org").next("down")).toContain("not a tracker address");
  });

  describe("with tickets", () => {
    let inSwarm: string;
    beforeEach(async () => {
      await server.close();
      server = await startSignalingServer({ host: "127.0.0.1", port: 0, ticketKey: `hs256:${SECRET}` });
      inSwarm = await swarmIdOf(SWARM);
    });
    const admission = async (tickets: (() => Promise<string>)[], isRenewable = true): Promise<Admission> => {
      const holder = await Holder.create();
      return { isRenewable, joinTicket: async () => holder.ticket({ swarm: inSwarm, peer: peerA }, await (tickets.length > 1 ? tickets.shift()! : tickets[0]!)()) };
    };
    /** The server bears with a clock that is 5 s off. */
    const lasting = (seconds: number) => () => jwt({ exp: Date.now() / 1000 - 5 + seconds });

    it("joins with one, and again with the next before that has expired", async () => {
      const a = start(peerA, server.url, { inSwarm, admission: await admission([lasting(2), lasting(60)]) });
      const first = ((await a.next("up")) as JoinReply).ticket!;
      const second = ((await a.next("up")) as JoinReply).ticket!;
      expect(second.nowMs).toBeLessThan(first.expiresMs);
      expect([second.expiresMs - first.expiresMs > 50_000, a.client.isJoined, a.seen]).toEqual([true, true, []]);
    });

    it("says so when the site gives none, and asks again", async () => {
      const a = start(peerA, server.url, { inSwarm, admission: await admission([() => Promise.reject(new Error("503")), jwt]) });
      expect(await a.next("error")).toEqual({ request: "join", code: "ticket-unavailable", message: "The site gave no ticket: Error: 503." });
      expect(await a.next("down")).toBe("join refused: ticket-unavailable");
      expect(await a.next("up")).toMatchObject({ ok: true });
    });

    it("does not come back with the same ticket when that has expired", async () => {
      const stat = { segments: 0, neighbours: 0, originBytes: 0, peerBytes: 0, uploadedBytes: 0 };
      const once = start(peerA, server.url, { inSwarm, admission: await admission([lasting(1)], false) });
      await once.next("up");
      const reporting = setInterval(() => once.client.report(stat), 50);
      expect(await once.next("down")).toBe("ticket-expired");
      clearInterval(reporting);
      expect(once.client.isJoined).toBe(false);
      expect(await once.next("error")).toMatchObject({ request: "stat", code: "ticket-expired" });
    });

    it("is told by the reason why it may not join without one", async () => {
      const a = start(peerA, server.url, { inSwarm });
      expect(await a.next("error")).toMatchObject({ request: "join", code: "ticket-missing" });
      expect(await a.next("down")).toBe("join refused: ticket-missing");
    });
  });

  it("is silent once destroyed", async () => {
    const a = start(peerA);
    await a.next("up");
    a.client.destroy();
    const b = start(peerB);
    await b.next("up");
    expect([a.seen, a.client.isJoined]).toEqual([[], false]);
  });
});
