import { describe, expect, it, vi } from "vitest";
import { joinRequest, peerId, peersOf, secretOf, statReport, swarmId, World } from "./world.js";

vi.setConfig({ testTimeout: 30_000 });

const left = (n: number) => expect.objectContaining({ type: "emit", event: "peer-left", payload: { swarm: swarmId(1), peer: peerId(n) } }) as unknown;
const signalTo = (n: number, data: object = { type: "offer", sdp: "v=0" }) => ({ swarm: swarmId(1), to: peerId(n), data });

describe("joining", () => {
  it("tells the joiner its settings and the swarm's size, itself included", () => {
    const world = new World();
    expect(world.join(1)).toEqual({ ok: true, peers: [], size: 1, iceServers: [], statIntervalMs: 10_000 });
    expect(world.join(2)).toMatchObject({ ok: true, peers: [peerId(1)], size: 2 });
  });

  it("names those first who serve and have a segment, then those who serve, then the rest", () => {
    const world = new World({ peersPerReply: 4 });
    for (let n = 1; n <= 4; n += 1) world.join(n, { serves: false });
    for (let n = 5; n <= 6; n += 1) world.join(n);
    world.join(7);
    world.send(7, "stat", statReport(1));
    world.send(1, "stat", statReport(9));
    const peers = peersOf(world.join(8));
    expect(peers[0]).toBe(peerId(7));
    expect(peers.slice(1, 3).sort()).toEqual([peerId(5), peerId(6)]);
    expect(peers).toHaveLength(4);
  });

  it("gives a bounded random subset: over many joins everybody is named about as often", () => {
    const world = new World({ peersPerReply: 10, peersPerSwarm: 5000 }, { check: false });
    for (let n = 1; n <= 100; n += 1) world.join(n);
    const named = new Map<string, number>();
    for (let n = 101; n <= 1100; n += 1) {
      const peers = peersOf(world.join(n));
      expect(new Set(peers).size).toBe(10);
      for (const peer of peers) named.set(peer, (named.get(peer) ?? 0) + 1);
      world.close(n);
    }
    expect(named.size).toBe(100);
    for (const times of named.values()) expect(times).toBeGreaterThan(60);
  });

  it("repeats a run exactly from the same seed", () => {
    const run = (seed: number) => {
      const world = new World({ peersPerReply: 5 }, { seed });
      for (let n = 1; n <= 50; n += 1) world.join(n);
      return peersOf(world.join(51));
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  it("is repeated without harm by a member, which may change whether it serves", () => {
    const world = new World();
    world.join(1);
    world.join(2);
    expect(world.send(1, "join", joinRequest(1, { serves: false }))).toMatchObject({ ok: true, size: 2, peers: [peerId(2)] });
    expect(world.effects).toEqual([]);
  });

  it("refuses a second peer id in one swarm on one connection", () => {
    const world = new World();
    world.join(1);
    expect(world.send(1, "join", joinRequest(2))).toMatchObject({ ok: false, code: "bad-payload" });
    expect(world.tracker.stats().peers).toBe(1);
  });

  it("keeps to its limits on swarms per connection, swarms, and peers per swarm", () => {
    const world = new World({ swarmsPerConnection: 2, swarms: 3, peersPerSwarm: 2 });
    world.join(1);
    expect(world.send(1, "join", joinRequest(1, { swarm: swarmId(2) }))).toMatchObject({ ok: true });
    expect(world.send(1, "join", joinRequest(1, { swarm: swarmId(3) }))).toMatchObject({ code: "too-many-swarms" });
    world.join(2);
    expect(world.join(3)).toMatchObject({ code: "swarm-full" });
    expect(world.send(3, "join", joinRequest(3, { swarm: swarmId(3) }))).toMatchObject({ ok: true });
    expect(world.send(3, "join", joinRequest(3, { swarm: swarmId(4) }))).toMatchObject({ code: "too-many-swarms" });
    expect(world.send(1, "leave", { swarm: swarmId(2) })).toEqual({ ok: true });
    expect(world.send(3, "join", joinRequest(3, { swarm: swarmId(4) }))).toMatchObject({ ok: true });
  });
});

describe("taking a place back", () => {
  it("works with the same secret from a new connection, and nobody is told that the peer left", () => {
    const world = new World();
    world.join(1);
    world.join(2);
    world.send(2, "signal", signalTo(1));
    world.take();
    world.open(11);
    expect(world.send(11, "join", joinRequest(1))).toMatchObject({ ok: true, size: 2, peers: [peerId(2)] });
    world.close(1);
    expect(world.effects).toEqual([]);
    world.send(2, "signal", signalTo(1));
    expect(world.take(11)).toMatchObject([{ event: "signal", payload: { from: peerId(2) } }]);
    world.close(11);
    expect(world.take(2)).toEqual([left(1)]);
  });

  it("is refused with another secret", () => {
    const world = new World();
    world.join(1);
    world.open(2);
    expect(world.send(2, "join", joinRequest(1, { secret: secretOf(2) }))).toMatchObject({ ok: false, code: "peer-id-taken" });
    expect(world.send(2, "signal", signalTo(1))).toMatchObject({ code: "not-a-member" });
  });

  it("leaves the old connection without that place but with its others", () => {
    const world = new World();
    world.join(1);
    world.send(1, "join", joinRequest(1, { swarm: swarmId(2) }));
    world.open(2);
    world.send(2, "join", joinRequest(1));
    expect(world.send(1, "leave", { swarm: swarmId(1) })).toMatchObject({ code: "not-a-member" });
    expect(world.send(1, "leave", { swarm: swarmId(2) })).toEqual({ ok: true });
  });
});

describe("finding more peers", () => {
  it("leaves out the asker and those it excepts, and never gives more than asked or allowed", () => {
    const world = new World({ peersPerReply: 8 });
    for (let n = 1; n <= 20; n += 1) world.join(n);
    const except = [2, 3, 4].map(peerId);
    const peers = peersOf(world.send(1, "find", { swarm: swarmId(1), count: 50, except }));
    expect(peers).toHaveLength(8);
    for (const peer of [peerId(1), ...except]) expect(peers).not.toContain(peer);
    expect(peersOf(world.send(1, "find", { swarm: swarmId(1), count: 3, except }))).toHaveLength(3);
    expect(peersOf(world.send(1, "find", { swarm: swarmId(1), count: 0, except: [] }))).toEqual([]);
  });

  it("gives all that are left when most are excepted", () => {
    const world = new World();
    for (let n = 1; n <= 20; n += 1) world.join(n);
    const except = Array.from({ length: 17 }, (_, i) => peerId(i + 2));
    expect(peersOf(world.send(1, "find", { swarm: swarmId(1), count: 24, except })).sort()).toEqual([peerId(19), peerId(20)]);
  });

  it("costs no more in a swarm of 20,000 than in one of 200", () => {
    // the tracker draws once a step of its sampling, so draws are the cost
    const draws = (size: number) => {
      const world = new World({}, { check: false });
      for (let n = 1; n <= size; n += 1) world.join(n);
      const before = world.draws;
      world.send(1, "find", { swarm: swarmId(1), count: 24, except: [2, 3, 4].map(peerId) });
      return world.draws - before;
    };
    expect(draws(200)).toBeLessThanOrEqual(28);
    expect(draws(20_000)).toBeLessThanOrEqual(28);
  });

  it("is for members", () => {
    const world = new World();
    world.join(1);
    world.open(2);
    expect(world.send(2, "find", { swarm: swarmId(1), count: 5, except: [] })).toMatchObject({ code: "not-a-member" });
    expect(world.send(2, "find", { swarm: swarmId(9), count: 5, except: [] })).toMatchObject({ code: "not-a-member" });
  });
});

describe("relaying signals", () => {
  it("carries data as it is, with the sender's own id", () => {
    const world = new World();
    world.join(1);
    world.join(2);
    const data = { type: "candidate", candidate: { candidate: "…", sdpMLineIndex: 0 } };
    expect(world.send(1, "signal", signalTo(2, data))).toEqual({ ok: true });
    expect(world.take(2)).toEqual([{ type: "emit", connection: 2, event: "signal", payload: { swarm: swarmId(1), from: peerId(1), data, newcomer: true } }]);
  });

  it("says of whom has joined a moment ago that it has, and of nobody else", () => {
    const world = new World();
    world.join(1);
    world.nowMs += 14_000;
    world.join(2);
    const isNewcomer = (from: number, to: number): unknown => {
      world.send(from, "signal", signalTo(to, { type: "offer" }));
      return world.take(to).map((effect) => effect.type === "emit" && "newcomer" in effect.payload && effect.payload.newcomer);
    };
    expect([isNewcomer(1, 2), isNewcomer(2, 1)]).toEqual([[true], [true]]);
    world.nowMs += 2_000;
    expect([isNewcomer(1, 2), isNewcomer(2, 1)]).toEqual([[false], [true]]);
  });

  it("happens only between members of one swarm", () => {
    const world = new World();
    world.join(1);
    world.join(2, { swarm: swarmId(2) });
    expect(world.send(1, "signal", signalTo(2))).toMatchObject({ code: "unknown-peer" });
    expect(world.send(1, "signal", { ...signalTo(2), swarm: swarmId(2) })).toMatchObject({ code: "not-a-member" });
    expect(world.send(1, "signal", signalTo(1))).toMatchObject({ code: "bad-payload" });
    expect(world.effects).toEqual([]);
  });

  it("is limited per sender, and the bucket fills again with time", () => {
    const world = new World({ signals: { burst: 3, perSecond: 1 } });
    world.join(1);
    world.join(2);
    const codes = [1, 2, 3, 4].map(() => world.send(1, "signal", signalTo(2)));
    expect(codes.map((answer) => answer?.ok)).toEqual([true, true, true, false]);
    world.advance(1000);
    expect(world.send(1, "signal", signalTo(2))).toEqual({ ok: true });
  });

  it("is limited per receiver: many senders together cannot flood one peer", () => {
    const world = new World({ inboundSignals: { burst: 10, perSecond: 1 } });
    for (let n = 1; n <= 21; n += 1) world.join(n);
    const answers = Array.from({ length: 20 }, (_, i) => world.send(i + 2, "signal", signalTo(1)));
    expect(answers.filter((answer) => answer?.ok)).toHaveLength(10);
    expect(world.take(1)).toHaveLength(10);
  });
});

describe("departures", () => {
  it("are told to those who were given the peer's id, whether it leaves or its connection closes", () => {
    const world = new World();
    world.join(1);
    world.join(2);
    world.join(3);
    world.send(1, "leave", { swarm: swarmId(1) });
    expect(world.take(2)).toEqual([left(1)]);
    expect(world.take(3)).toEqual([left(1)]);
    world.close(2);
    expect(world.take(3)).toEqual([left(2)]);
    expect(world.effects).toEqual([]);
  });

  it("are told to those who exchanged signals, once each", () => {
    const world = new World({ peersPerReply: 1 });
    world.join(1);
    world.join(2);
    world.send(2, "signal", signalTo(1));
    world.send(1, "signal", signalTo(2));
    world.take();
    world.close(2);
    expect(world.take()).toEqual([left(2)]);
  });

  it("are no broadcast: in a swarm of 500 at most `contacts` are told, real contacts before chance introductions", () => {
    const world = new World({ contacts: 8, peersPerReply: 500 }, { check: false });
    world.join(1);
    world.join(2);
    world.send(2, "signal", signalTo(1));
    world.take();
    for (let n = 3; n <= 500; n += 1) world.join(n);
    world.close(1);
    const told = world.take();
    expect(told.length).toBeLessThanOrEqual(8);
    expect(told.some((effect) => effect.connection === 2)).toBe(true);
  });

  it("end a swarm with its last member", () => {
    const world = new World();
    world.join(1);
    world.close(1);
    expect(world.tracker.stats()).toMatchObject({ swarms: 0, peers: 0, connections: 0 });
    expect(world.join(2)).toMatchObject({ peers: [], size: 1 });
  });
});

describe("reports", () => {
  it("are summed, and a restarted count takes nothing away", () => {
    const world = new World();
    world.join(1);
    world.send(1, "stat", statReport(1, { originBytes: 100, peerBytes: 10 }));
    world.send(1, "stat", statReport(1, { originBytes: 150, peerBytes: 40, uploadedBytes: 5 }));
    world.send(1, "stat", statReport(1, { originBytes: 20 }));
    expect(world.tracker.stats()).toMatchObject({ originBytes: 150, peerBytes: 40, uploadedBytes: 5 });
  });

  it("may ask who of some strangers is a member, of this swarm and no other, and not an outcast", () => {
    const world = new World();
    for (const n of [1, 2]) world.join(n);
    world.send(3, "join", { ...joinRequest(3), swarm: swarmId(2) });
    expect(world.send(1, "stat", statReport(1, { strangers: [2, 3, 4].map(peerId) }))).toEqual({ ok: true, size: 2, members: [peerId(2)] });
    expect(world.send(1, "stat", statReport(1))).toEqual({ ok: true, size: 2 });
    expect(world.send(1, "stat", statReport(1, { strangers: Array.from({ length: 65 }, (_, n) => peerId(n)) }))).toMatchObject({ ok: false, code: "bad-payload" });
  });

  it("that stop coming put a member last, and the next one brings it back", () => {
    const world = new World({ peersPerReply: 1 });
    world.join(1);
    world.join(2, { serves: false });
    world.send(1, "stat", statReport(5));
    expect(world.tracker.nextTimeoutMs()).toBe(30_000);
    const offered = () => Array.from({ length: 12 }, () => peersOf(world.send(3, "find", { swarm: swarmId(1), count: 1, except: [] }))[0]);
    world.join(3, { serves: false });
    expect(new Set(offered())).toEqual(new Set([peerId(1)]));
    world.advance(30_000);
    world.advance(30_000);
    expect(new Set(offered())).toEqual(new Set([peerId(1), peerId(2)]));
    world.send(1, "stat", statReport(5));
    expect(new Set(offered())).toEqual(new Set([peerId(1)]));
  });
});

describe("the channel list", () => {
  it("is bounded and has the largest first", () => {
    const world = new World({ channelsPerReply: 2 });
    for (let n = 1; n <= 6; n += 1) world.join(n, { swarm: swarmId(n <= 1 ? 1 : n <= 3 ? 2 : 3), channel: `channel ${n}` });
    expect(world.send(1, "channels")).toEqual({
      ok: true,
      channels: [{ swarm: swarmId(3), channel: "channel 4", peers: 3 }, { swarm: swarmId(2), channel: "channel 2", peers: 2 }],
    });
    world.close(4);
    world.close(5);
    expect(world.send(1, "channels")).toMatchObject({ channels: [{ swarm: swarmId(2) }, { peers: 1 }] });
  });
});

describe("misbehaviour", () => {
  it("of unknown events is ignored, counted, and in the end closes the connection", () => {
    const world = new World({ offences: { burst: 5, perSecond: 0 } });
    world.join(1);
    world.join(2);
    world.take();
    for (const name of ["__proto__", "constructor", "toString", "JOIN", ""]) expect(world.send(1, name, {})).toBeUndefined();
    expect(world.tracker.stats()).toMatchObject({ unknownEvents: 5, closed: 0 });
    world.send(1, "once-more");
    expect(world.take(1)).toEqual([{ type: "close", connection: 1, reason: "too many refused events" }]);
    expect(world.take(2)).toEqual([left(1)]);
    expect(world.send(1, "join", joinRequest(1))).toBeUndefined();
    world.close(1);
    expect(world.tracker.stats()).toMatchObject({ peers: 1, connections: 1, closed: 1 });
  });

  it("of too many events is refused, then closes the connection", () => {
    const world = new World({ events: { burst: 10, perSecond: 1 }, offences: { burst: 20, perSecond: 0 } });
    world.open(1);
    const answers = Array.from({ length: 40 }, () => world.send(1, "channels"));
    expect(answers.filter((answer) => answer?.ok)).toHaveLength(10);
    expect(answers.filter((answer) => answer?.ok === false)).toHaveLength(21);
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(9);
    expect(world.take(1)).toHaveLength(1);
  });

  it("is not what a departed peer's neighbours do", () => {
    const world = new World({ offences: { burst: 3, perSecond: 0 } });
    world.join(1);
    for (let i = 0; i < 10; i += 1) expect(world.send(1, "signal", signalTo(9))).toMatchObject({ code: "unknown-peer" });
    expect(world.tracker.stats().closed).toBe(0);
  });
});

describe("shutting down", () => {
  it("answers every event with where to go from here", () => {
    const world = new World();
    world.join(1);
    world.step({ type: "shutdown" });
    expect(world.send(1, "find", { swarm: swarmId(1), count: 1, except: [] })).toMatchObject({ ok: false, code: "shutting-down" });
    expect(world.join(2)).toMatchObject({ code: "shutting-down" });
  });
});
