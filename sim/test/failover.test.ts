import { expect, it } from "vitest";
import type { PeerId } from "../../sdk/src/protocol/ids.js";
import { SUBSTREAMS } from "../../sdk/src/protocol/push.js";
import { SCENARIOS } from "../src/scenario.js";
import { Viewer } from "../src/viewer.js";
import { World } from "../src/world.js";

/** A sub-stream whose parent was lost: when, when another neighbour was asked for it, and when that one's first chunk came. */
interface Loss {
  readonly child: Viewer;
  readonly parent: PeerId;
  readonly stream: number;
  readonly lostMs: number;
  standby?: PeerId | undefined;
  askedMs?: number;
  cameMs?: number;
}

/** Thirty viewers of a pushed stream; every 0.7 s one loses the line to a parent in the middle of a segment that others hold more of. */
function losses(seed: number): Loss[] {
  const setting = (SCENARIOS["short-latency"] as (typeof SCENARIOS)[string]).setting({ peers: 30, ri: 4, seconds: 60, freeRiders: undefined, polluters: undefined });
  const world = new World({ ...setting, arrivals: { ...setting.arrivals, perSecond: 0, stay: true } }, { seed, delivery: "hybrid", checkEvery: 5_000 });
  const all: Loss[] = [];
  /** What each viewer takes, by giver, one bit a sub-stream. */
  const takes = new Map<Viewer, Map<PeerId, number>>();
  const watch = (viewer: Viewer): void => {
    const asked = new Map<PeerId, number>();
    takes.set(viewer, asked);
    const open = (): Loss[] => all.filter((loss) => loss.child === viewer && loss.cameMs === undefined);
    const send = viewer.transport.send.bind(viewer.transport);
    viewer.transport.send = (peer, messages, bytes) => {
      for (const message of messages) {
        if (message.type !== "SUBSTREAMS" || message.refused) continue;
        for (const loss of open())
          if (loss.standby === undefined && ((message.bits & ~(asked.get(peer) ?? 0)) >> loss.stream) & 1) {
            loss.standby = peer;
            loss.askedMs ??= world.clock.nowMs;
          }
        asked.set(peer, message.bits);
      }
      return send(peer, messages, bytes);
    };
    const received = viewer.received.bind(viewer);
    viewer.received = (from, parcel, nowMs) => {
      for (const message of parcel.messages) {
        if (message.type === "SUBSTREAMS" && message.refused) {
          asked.set(from, (asked.get(from) ?? 0) & ~message.bits);
          for (const loss of open()) if (loss.standby === from && (message.bits >> loss.stream) & 1) loss.standby = undefined;
        }
        if (message.type === "DATA") for (const loss of open()) if (loss.standby === from && message.chunk % SUBSTREAMS === loss.stream) loss.cameMs = nowMs;
      }
      received(from, parcel, nowMs);
    };
  };
  const isWanting = (viewer: Viewer, parent: PeerId, stream: number): boolean => {
    const state = viewer.engine.inspect();
    const [track] = state.activeTracks();
    const newest = track === undefined ? undefined : [...track.segments.slice(-2), ...track.foreseen].at(-1);
    const others = [...state.neighbours.values()].filter((n) => n.peer !== parent && n.spare > 0);
    if (newest === undefined || newest.chunks === 0) return false;
    const chunks = Array.from({ length: newest.chunks }, (_, i) => i).filter((i) => i % SUBSTREAMS === stream);
    return chunks.filter((i) => newest.state[i] === 0 && others.some((n) => n.holds(newest, i))).length >= chunks.length / 4;
  };
  let turn = 0;
  const strike = (): void => {
    world.clock.in(700, strike);
    const viewers = [...world.byId.values()];
    for (let i = 0; i < viewers.length; i++) {
      const child = viewers[(7 * turn + i) % viewers.length] as Viewer;
      for (const [parent, bits] of takes.get(child) ?? [])
        for (let stream = 0; stream < SUBSTREAMS; stream++) {
          if (((bits >> stream) & 1) === 0 || child.transport.connections.get(parent)?.open !== true || !isWanting(child, parent, stream)) continue;
          turn++;
          all.push({ child, parent, stream, lostMs: world.clock.nowMs });
          takes.get(child)?.delete(parent);
          return child.transport.lose(parent);
        }
    }
  };
  const join = world.join.bind(world);
  world.join = () => {
    const member = join();
    if (member instanceof Viewer) watch(member);
    return member;
  };
  world.clock.in(25_000, strike);
  world.run();
  // What was lost at the very end had no time.
  return all.filter(({ lostMs }) => lostMs < 59_000);
}

it("a lost parent is replaced in the same instant, and its sub-stream flows again after a round trip and what waits in two uplinks (OC4)", { timeout: 60_000 }, () => {
  const all = [1, 2, 3].flatMap(losses);
  expect(all.length).toBeGreaterThan(80);
  const share = (is: (loss: Loss) => boolean): number => all.filter(is).length / all.length;
  // Before paths over the lost one were taken where there is no other: 0.82, 0.80 and 0.62.
  expect(share(({ lostMs, askedMs = Infinity }) => askedMs - lostMs <= 1)).toBeGreaterThan(0.9);
  expect(share(({ lostMs, cameMs = Infinity }) => cameMs - lostMs <= 900)).toBeGreaterThan(0.9);
  expect(share(({ lostMs, cameMs = Infinity }) => cameMs - lostMs <= 150)).toBeGreaterThan(0.6);
});
