import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { TrackerEffect } from "../src/contract.js";
import { joinRequest, liveRequest, peerId, peersOf, secretOf, statReport, swarmId, World } from "./world.js";

vi.setConfig({ testTimeout: 30_000 });

const CONNECTIONS = 9;
const LIMITS = { peersPerSwarm: 5, swarms: 3, swarmsPerConnection: 2, contacts: 8, peersPerReply: 4, channelsPerReply: 2, offences: { burst: 4, perSecond: 1 } };

const connection = fc.integer({ min: 1, max: CONNECTIONS });
/** Mostly two swarms, so that peers meet. */
const swarm = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 2 }) }, fc.integer({ min: 3, max: 5 })).map(swarmId);
const peer = fc.integer({ min: 1, max: 9 });

/** Mostly as the peer of the connection's own number, so that peers meet; else as another's, with its secret or without. */
const joining = fc.tuple(connection, swarm, fc.boolean(), fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, fc.tuple(peer, fc.boolean()))).map(([from, id, serves, other]) => {
  const n = other?.[0] ?? from;
  return { from, event: "join", payload: joinRequest(n, { swarm: id, serves, secret: secretOf(other?.[1] === true ? n + 100 : n) }) };
});
const sane = fc.oneof(
  fc.record({ event: fc.constant("leave"), payload: fc.record({ swarm }) }),
  fc.record({ event: fc.constant("find"), payload: fc.record({ swarm, count: fc.nat(10), except: fc.array(peer.map(peerId), { maxLength: 5 }) }) }),
  fc.record({ event: fc.constant("stat"), payload: fc.tuple(swarm, fc.nat(2)).map(([id, segments]) => statReport(segments, { swarm: id })) }),
  { weight: 2, arbitrary: fc.record({ event: fc.constant("live"), payload: fc.record({ swarm, tracks: fc.subarray([1, 2, 3]), willing: fc.boolean() }).map(liveRequest) }) },
  fc.record({ event: fc.constant("missing"), payload: fc.record({ swarm, track: fc.nat(3), sequence: fc.nat(3), slices: fc.subarray([0, 1, 2, 3], { minLength: 1 }) }) }),
  { weight: 3, arbitrary: fc.record({ event: fc.constant("misbehaved"), payload: fc.record({ swarm, peer: peer.map(peerId) }) }) },
  { weight: 3, arbitrary: fc.record({ event: fc.constant("signal"), payload: fc.record({ swarm, to: peer.map(peerId), data: fc.constant({ type: "offer" }) }) }) },
  fc.record({ event: fc.constant("channels"), payload: fc.constant(undefined) }),
);
const garbage = fc.record({
  event: fc.oneof(fc.constantFrom("join", "leave", "find", "stat", "live", "missing", "signal", "misbehaved", "channels", "__proto__", "constructor"), fc.string()),
  payload: fc.oneof(fc.anything({ withNullPrototype: true, withDate: true, withMap: true, withTypedArray: true }), fc.object(), fc.jsonValue()),
});
/** Right but for one field. */
const nearMiss = fc.tuple(fc.oneof(sane, joining), fc.string(), fc.anything()).map(([{ event, payload }, key, value]) => {
  const keys = Object.keys(payload ?? {});
  const field = keys[key.length % Math.max(1, keys.length)] ?? "swarm";
  return { event, payload: { ...payload, [field]: value } };
});
const step = fc.oneof(
  { weight: 8, arbitrary: joining.map(({ from, ...what }) => ({ type: "event" as const, connection: from, what })) },
  { weight: 12, arbitrary: fc.record({ type: fc.constant("event" as const), connection, what: sane }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("event" as const), connection, what: fc.oneof(garbage, nearMiss) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("opened" as const), connection }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("closed" as const), connection }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("wait" as const), ms: fc.nat(60_000) }) },
);

/** Who is where, as a reader of the answers would believe. */
class Shadow {
  readonly open = new Set<number>();
  readonly at = new Map<string, { connection: number; swarm: string; peer: string }>();

  forget(connectionId: number): void {
    this.open.delete(connectionId);
    for (const [key, place] of this.at) if (place.connection === connectionId) this.at.delete(key);
  }
}

function checkEmit(effect: TrackerEffect & { type: "emit" }, shadow: Shadow): void {
  const isIn = [...shadow.at.values()].some((place) => place.connection === effect.connection && place.swarm === effect.payload.swarm);
  expect(isIn, "only members hear of a swarm").toBe(true);
}

describe("under any sequence of events the tracker", () => {
  it("keeps its books, relays inside swarms only, answers each event once and stays within its bounds", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 200, size: "max" }), fc.integer(), (steps, seed) => {
        const world = new World(LIMITS, { seed });
        const shadow = new Shadow();
        for (let n = 1; n < CONNECTIONS; n += 1) {
          world.open(n, String(n));
          shadow.open.add(n);
        }
        for (const action of steps) {
          if (action.type === "wait") world.advance(action.ms);
          else if (action.type === "opened") {
            world.open(action.connection, String(action.connection));
            shadow.open.add(action.connection);
          } else if (action.type === "closed") {
            world.close(action.connection);
            shadow.forget(action.connection);
          } else play(world, shadow, action.connection, action.what);
          const emitted = world.take();
          const seats = emitted.filter((effect) => effect.type === "emit" && effect.event === "seats").length;
          expect(emitted.length - seats).toBeLessThanOrEqual(LIMITS.contacts * LIMITS.swarmsPerConnection + 1);
          for (const effect of emitted) {
            if (effect.type === "emit") checkEmit(effect, shadow);
            if (effect.type === "close") shadow.forget(effect.connection);
          }
        }
        const stats = world.tracker.stats();
        expect(stats.peers).toBe(shadow.at.size);
        expect(stats.connections).toBe(shadow.open.size);
        for (let n = 1; n <= CONNECTIONS; n += 1) world.close(n);
        expect(world.tracker.stats()).toMatchObject({ peers: 0, swarms: 0, connections: 0 });
      }),
      { numRuns: 150 },
    );
  });
});

function play(world: World, shadow: Shadow, from: number, what: { event: string; payload: unknown }): void {
  const before = world.effects.length;
  const answer = world.send(from, what.event, what.payload);
  if (!shadow.open.has(from)) {
    expect(answer).toBeUndefined();
    expect(world.effects).toHaveLength(before);
    return;
  }
  if (answer === undefined) return expect(["join", "leave", "find", "stat", "live", "missing", "signal", "misbehaved", "channels"]).not.toContain(what.event);
  if (!answer.ok) {
    expect(answer.message).toMatch(/^[A-Z].*\.$/);
    return expect(world.effects.filter((effect) => effect.type === "emit" && effect.event === "signal")).toEqual([]);
  }
  const request = (what.payload ?? {}) as { swarm: string; peer: string };
  const mine = () => [...shadow.at.values()].find((place) => place.connection === from && place.swarm === request.swarm);
  if (what.event === "join") {
    shadow.at.set(`${request.swarm}/${request.peer}`, { connection: from, swarm: request.swarm, peer: request.peer });
  } else if (what.event !== "channels") expect(mine()).toBeDefined();
  if (what.event === "leave") shadow.at.delete(`${request.swarm}/${mine()?.peer}`);
  if (what.event !== "join" && what.event !== "find") return;
  const named = peersOf(answer);
  expect(named.length).toBeLessThanOrEqual(LIMITS.peersPerReply);
  expect(new Set(named).size).toBe(named.length);
  expect(named).not.toContain(mine()?.peer);
  for (const id of named) expect(shadow.at.has(`${request.swarm}/${id}`)).toBe(true);
}
