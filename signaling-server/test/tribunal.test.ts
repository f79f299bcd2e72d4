import { describe, expect, it } from "vitest";
import type { TicketGrant } from "../src/contract.js";
import type { TrackerLimits } from "../src/limits.js";
import { joinRequest, liveRequest, peerId, peersOf, statReport, swarmId, World } from "./world.js";

const find = { swarm: swarmId(1), count: 20, except: [] };
const against = (n: number) => ({ swarm: swarmId(1), peer: peerId(n) });

/** `count` peers, each on a network of its own unless said, who have all exchanged signals with peer 1. */
function neighbourhood(count: number, { network = String as (n: number) => string, limits = {} as Partial<TrackerLimits> } = {}): World {
  const world = new World(limits);
  for (let n = 1; n <= count; n += 1) {
    world.open(n, network(n));
    world.send(n, "join", joinRequest(n));
    if (n > 1) world.send(n, "signal", { swarm: swarmId(1), to: peerId(1), data: {} });
  }
  world.take();
  return world;
}

/** Half a minute later: everybody has been looked at, and has reported. */
function judge(world: World, count: number): void {
  for (let s = 0; s < 31; s += 10) {
    for (let n = 1; n <= count; n += 1) world.send(n, "stat", statReport(1));
    world.advance(10_000);
  }
  world.take();
}

const isOffered = (world: World, n: number, to: number): boolean => peersOf(world.send(to, "find", find)).includes(peerId(n));

describe("a peer that others have banned", () => {
  it("is offered to nobody, and finds nobody, when three of its neighbours on three networks say so", () => {
    const world = neighbourhood(6);
    for (const accuser of [2, 3, 4]) expect(world.send(accuser, "misbehaved", against(1))).toEqual({ ok: true });
    expect(isOffered(world, 1, 6)).toBe(true);
    judge(world, 6);
    expect([isOffered(world, 1, 6), peersOf(world.send(1, "find", find)), world.tracker.stats().outcasts]).toEqual([false, [], 1]);
  });

  it("is forgiven after ten minutes", () => {
    const world = neighbourhood(6);
    for (const accuser of [2, 3, 4]) world.send(accuser, "misbehaved", against(1));
    judge(world, 6);
    world.advance(550_000);
    expect(isOffered(world, 1, 6)).toBe(false);
    world.advance(100_000);
    expect(isOffered(world, 1, 6)).toBe(true);
  });

  it("gives its origin seats back", () => {
    const world = neighbourhood(6);
    for (const n of [1, 2]) world.send(n, "live", liveRequest());
    for (const accuser of [2, 3, 4]) world.send(accuser, "misbehaved", against(1));
    for (let n = 1; n <= 6; n += 1) world.send(n, "stat", statReport(1));
    world.advance(30_000);
    const told = world.take(1).filter((effect) => effect.type === "emit" && effect.event === "seats");
    expect(told.at(-1)).toMatchObject({ payload: { seats: [], of: 1 } });
  });

  it("does not get its place back by joining anew with the same ticket's key", () => {
    const world = new World({}, { wantsTickets: true });
    const join = (connection: number, n: number, holder: number): void => {
      world.open(connection, String(connection));
      world.send(connection, "join", joinRequest(n, { ticket: { jwt: "a.b.c", key: "k".repeat(87), proof: "p".repeat(86) } }));
      const check = world.take().find((effect) => effect.type === "check-ticket")!;
      const grant: TicketGrant = { id: `${connection}`, viewer: `viewer ${holder}`, holder: `key ${holder}`, lifetimeMs: 3_600_000, channel: { channel: "", issuer: "", expiresMs: 0, nowMs: 0 } };
      world.step({ type: "ticket-checked", check: check.check, verdict: { ok: true, grant } });
      world.take();
    };
    for (const n of [1, 2, 3, 4, 5]) join(n, n, n);
    for (const n of [2, 3, 4]) {
      world.send(n, "signal", { swarm: swarmId(1), to: peerId(1), data: {} });
      world.send(n, "misbehaved", against(1));
    }
    world.advance(30_000);
    expect(world.tracker.stats().outcasts).toBe(1);
    world.close(1);
    join(11, 11, 1);
    expect(isOffered(world, 11, 5)).toBe(false);
    world.advance(660_000);
    expect(isOffered(world, 11, 5)).toBe(true);
  });
});

describe("no tool against honest peers:", () => {
  it.each([
    ["two accusers", [2, 3], String],
    ["one accuser who says it often", [2, 2, 2, 2, 2], String],
    ["many on one network", [2, 3, 4, 5], () => "192.0.2"],
    ["many on two networks", [2, 3, 4, 5], (n: number) => String(n % 2)],
  ] as const)("%s bring nothing about", (_, accusers, network) => {
    const world = neighbourhood(6, { network });
    for (const accuser of accusers) world.send(accuser, "misbehaved", against(1));
    judge(world, 6);
    expect([isOffered(world, 1, 6), world.tracker.stats().outcasts]).toEqual([true, 0]);
  });

  it("three of many contacts are too few: a fourth of those who had to do with it has to agree", () => {
    const world = neighbourhood(25);
    for (const accuser of [2, 3, 4, 5, 6]) world.send(accuser, "misbehaved", against(1));
    judge(world, 25);
    expect(world.tracker.stats().outcasts).toBe(0);
    world.send(7, "misbehaved", against(1));
    judge(world, 25);
    expect(world.tracker.stats().outcasts).toBe(1);
  });

  it("who never had to do with a peer cannot accuse it, nor one in another swarm", () => {
    const world = neighbourhood(1);
    for (const n of [2, 3, 4, 5]) {
      world.join(n);
      expect(world.send(n, "misbehaved", against(1))).toEqual({ ok: true });
    }
    world.open(9, "9");
    expect(world.send(9, "misbehaved", against(1))).toMatchObject({ code: "not-a-member" });
    judge(world, 5);
    expect(world.tracker.stats().outcasts).toBe(0);
  });

  it("who is accused as much himself is not heard: liars that accuse whom they meet change nothing but their own lot", () => {
    const world = neighbourhood(12);
    const liars = [10, 11, 12];
    for (const liar of liars) for (const n of [2, 3, 4, 5]) world.send(liar, "signal", { swarm: swarmId(1), to: peerId(n), data: {} });
    for (const liar of liars) for (const n of [1, 2, 3, 4, 5]) world.send(liar, "misbehaved", against(n));
    for (const n of [1, 2, 3, 4, 5]) for (const liar of liars) world.send(n, "misbehaved", against(liar));
    judge(world, 12);
    expect([1, 2, 3, 4, 5, ...liars].filter((n) => world.tracker.isOutcast(swarmId(1), peerId(n)))).toEqual(liars);
  });

  it("accusations fade: those of ten minutes ago do not count with today's", () => {
    const world = neighbourhood(6);
    for (const accuser of [2, 3]) world.send(accuser, "misbehaved", against(1));
    world.advance(601_000);
    for (let n = 1; n <= 6; n += 1) world.send(n, "stat", statReport(1));
    world.send(4, "misbehaved", against(1));
    judge(world, 6);
    expect(isOffered(world, 1, 6)).toBe(true);
  });

  it("who accuses everybody is not heard beyond his allowance", () => {
    const world = neighbourhood(14, { limits: { accusations: { burst: 2, perSecond: 0.001 } } });
    for (const liar of [12, 13, 14]) {
      for (let n = 1; n <= 8; n += 1) world.send(liar, "signal", { swarm: swarmId(1), to: peerId(n), data: {} });
      for (let n = 8; n >= 1; n -= 1) world.send(liar, "misbehaved", against(n));
    }
    judge(world, 14);
    expect(world.tracker.stats().outcasts).toBe(2);
  });
});

describe("limits of an address", () => {
  const open = (world: World, connection: number, address: string): boolean => {
    world.step({ type: "opened", connection: connection as never, address });
    return !world.take(connection).some((effect) => effect.type === "close");
  };

  it("count the connections it opens, so that a new one does not begin with full credit", () => {
    const world = new World({ addressOpens: { burst: 3, perSecond: 1 } });
    const opened = [1, 2, 3, 4].map((n) => {
      const isOpen = open(world, n, "a");
      world.close(n);
      return isOpen;
    });
    expect(opened).toEqual([true, true, true, false]);
    expect(open(world, 5, "b")).toBe(true);
    world.advance(1_000);
    expect(open(world, 6, "a")).toBe(true);
  });

  it("count events and signals of all its connections together", () => {
    const world = new World({ addressEvents: { burst: 4, perSecond: 1 }, addressSignals: { burst: 1, perSecond: 1 } });
    for (const n of [1, 2, 3]) open(world, n, "a");
    for (const n of [1, 2]) expect(world.send(n, "join", joinRequest(n))).toMatchObject({ ok: true });
    const signal = { swarm: swarmId(1), to: peerId(1), data: {} };
    expect([world.send(2, "signal", signal), world.send(2, "signal", signal)]).toMatchObject([{ ok: true }, { code: "rate-limited" }]);
    expect([1, 2, 3].map((n) => world.send(n, "channels")?.ok)).toEqual([true, true, false]);
    open(world, 4, "b");
    expect(world.send(4, "channels")).toMatchObject({ ok: true });
  });
});
