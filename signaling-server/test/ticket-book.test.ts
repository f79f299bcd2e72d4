import { expect, it } from "vitest";
import type { TicketGrant, TrackerEffect } from "../src/contract.js";
import type { TrackerLimits } from "../src/limits.js";
import { REFUSALS } from "../src/refusal.js";
import { joinRequest, peerId, statReport, swarmId, World } from "./world.js";

const ticket = { jwt: "a.b.c", key: "k".repeat(87), proof: "p".repeat(86) };
const grant = (n: number, over: Partial<TicketGrant> = {}): TicketGrant => ({
  id: `ticket ${n}`, viewer: `viewer ${n}`, holder: `key ${n}`, lifetimeMs: 60_000, channel: { channel: "", issuer: "", expiresMs: 0, nowMs: 0 }, ...over,
});
const world = (limits: Partial<TrackerLimits> = {}): World => new World(limits, { wantsTickets: true });

type Check = TrackerEffect & { type: "check-ticket" };

/** Sends a join as peer `n` on connection `n`, and returns the question that the tracker has. */
function asks(of: World, n: number): Check {
  of.open(n);
  expect(of.send(n, "join", joinRequest(n, { ticket }))).toBeUndefined();
  return of.take(n).find((effect) => effect.type === "check-ticket")!;
}

/** The answer to a join as peer `n` whose ticket grants this. */
function joins(of: World, n: number, granted = grant(n)) {
  of.step({ type: "ticket-checked", check: asks(of, n).check, verdict: { ok: true, grant: granted } });
  const replied = of.take(n).find((effect) => effect.type === "reply");
  return replied?.type === "reply" ? replied.answer : undefined;
}

it("a join waits for its ticket to be checked, and others are answered meanwhile", () => {
  const tracker = world();
  const { check } = asks(tracker, 1);
  expect(joins(tracker, 2)).toMatchObject({ ok: true, size: 1 });
  expect(tracker.send(1, "find", { swarm: swarmId(1), count: 1, except: [] })).toBe(REFUSALS.notAMember);
  expect(tracker.send(1, "join", joinRequest(1, { ticket }))).toBe(REFUSALS.rateLimited);
  tracker.step({ type: "ticket-checked", check, verdict: { ok: true, grant: grant(1) } });
  expect(tracker.take(1)).toMatchObject([{ type: "reply", answer: { ok: true, peers: [peerId(2)], size: 2 } }]);
});

it("a connection that goes away while its ticket is checked leaves nothing behind", () => {
  const tracker = world();
  const { check } = asks(tracker, 1);
  tracker.close(1);
  tracker.step({ type: "ticket-checked", check, verdict: { ok: true, grant: grant(1) } });
  tracker.step({ type: "ticket-checked", check, verdict: { ok: true, grant: grant(1) } });
  expect([tracker.take(), tracker.tracker.stats().peers]).toEqual([[], 0]);
});

it("a ticket is one key's until it expires, and is forgotten then", () => {
  const tracker = world({ tickets: 2 });
  joins(tracker, 1, grant(1, { lifetimeMs: 10_000 }));
  expect(joins(tracker, 2, grant(1, { holder: "key 2" }))).toBe(REFUSALS.ticketReplayed);
  joins(tracker, 3);
  expect(joins(tracker, 4)).toBe(REFUSALS.ticketsFull);
  tracker.advance(10_000);
  expect(joins(tracker, 4)).toMatchObject({ ok: true });
});

it("a member whose ticket has expired is offered to nobody after half a minute, whether or not it says something", () => {
  const tracker = world();
  joins(tracker, 1, grant(1, { lifetimeMs: 5_000 }));
  joins(tracker, 2);
  tracker.advance(30_000);
  expect(tracker.take(2)).toMatchObject([{ event: "peer-left", payload: { peer: peerId(1) } }]);
  expect(joins(tracker, 3)).toMatchObject({ peers: [peerId(2)], size: 2 });
  expect(tracker.send(1, "stat", statReport(1))).toBe(REFUSALS.notAMember);
});

it("a viewer's places are counted over connections, and given back by departure, expiry and a lost line alike", () => {
  const tracker = world({ peersPerViewer: 3 });
  const same = { viewer: "viewer 1" };
  for (const n of [1, 2, 3]) expect(joins(tracker, n, grant(n, { ...same, lifetimeMs: n === 3 ? 5_000 : 600_000 }))).toMatchObject({ ok: true });
  expect(joins(tracker, 4, grant(4, same))).toBe(REFUSALS.ticketLimit);
  tracker.close(1);
  expect(joins(tracker, 4, grant(4, same))).toMatchObject({ ok: true });
  expect(joins(tracker, 5, grant(5, same))).toBe(REFUSALS.ticketLimit);
  tracker.advance(30_000);
  expect(joins(tracker, 5, grant(5, same))).toMatchObject({ ok: true });
});

it("a refusal of the check is the answer, and bad tickets end a connection's credit", () => {
  const tracker = new World({ offences: { burst: 3, perSecond: 0.001 } }, { wantsTickets: true });
  for (let n = 0; n < 4; n += 1) {
    tracker.step({ type: "ticket-checked", check: asks(tracker, 1).check, verdict: { ok: false, code: "ticket-unproven", message: "No." } });
  }
  expect(tracker.take(1).at(-1)).toMatchObject({ type: "close" });
  expect(tracker.tracker.stats().refused["ticket-unproven"]).toBe(4);
});
