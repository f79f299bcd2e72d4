import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JoinReply, JoinRequest } from "../../signaling-server/src/events.js";
import { type SignalingServer, startSignalingServer } from "../../signaling-server/src/server.js";
import { SignalingClient, type SignalingEvents } from "../src/browser/signaling.js";
import type { PeerId } from "../src/protocol/ids.js";

const swarm = "a".repeat(32);
const peerA = "000000000000000a" as PeerId;
const peerB = "000000000000000b" as PeerId;
const join = (peer: PeerId): JoinRequest => ({ swarm, peer, secret: peer + peer, serves: true, channel: "test" });

/** A client whose events can be awaited by name, one at a time. */
function listen(tracker: string, peer: PeerId) {
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
    onError: note("error"),
  };
  const client = new SignalingClient(tracker, join(peer), events);
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
  const start = (peer: PeerId, tracker = server.url) => {
    const listener = listen(tracker, peer);
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
    expect(await a.next("signal")).toEqual([peerB, { type: "offer", sdp: "v=0" }]);
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

  it("is silent once destroyed", async () => {
    const a = start(peerA);
    await a.next("up");
    a.client.destroy();
    const b = start(peerB);
    await b.next("up");
    expect([a.seen, a.client.isJoined]).toEqual([[], false]);
  });
});
