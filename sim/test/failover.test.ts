import { describe, expect, it } from "vitest";
import type { PeerId } from "../../sdk/src/protocol/ids.js";
import { SUBSTREAMS } from "../../sdk/src/protocol/push.js";
import { CHUNK_BYTES } from "../../sdk/src/protocol/segment.js";
import { SCENARIOS } from "../src/scenario.js";
import { Viewer } from "../src/viewer.js";
import { wireBytes } from "../src/wire-cost.js";
import { World } from "../src/world.js";

/** The line to a parent breaks; a parent's page is killed, and nobody is told; a parent's uplink is a tenth all at once, so that it refuses its children or chokes them. */
type Fate = "line breaks" | "vanishes" | "is congested";

/** A sub-stream whose parent was lost: when, when another neighbour was asked for it, and when that one's first chunk came. */
interface Loss {
  readonly child: Viewer;
  readonly parent: PeerId;
  readonly stream: number;
  readonly lostMs: number;
  standby?: PeerId | undefined;
  askedMs?: number;
  /** One round trip with that one, and a chunk on its uplink. */
  boundMs?: number;
  cameMs?: number;
}

/** What a viewer takes of one neighbour, one bit a sub-stream, and of what something has come. */
interface Taken {
  asked: number;
  flowing: number;
}

/** Of 60 s, with a parent's fate again and again, in the middle of a segment that others hold more of. */
const EVERY_MS: Record<Fate, number> = { "line breaks": 700, vanishes: 2_000, "is congested": 2_000 };

/** Thirty viewers of a pushed stream. */
function losses(fate: Fate, seed: number): Loss[] {
  const setting = (SCENARIOS["short-latency"] as (typeof SCENARIOS)[string]).setting({ peers: 30, ri: 4, seconds: 60, freeRiders: undefined, polluters: undefined });
  const world = new World({ ...setting, arrivals: { ...setting.arrivals, perSecond: 0, stay: true } }, { seed, delivery: "hybrid", checkEvery: 5_000 });
  const { clock } = world;
  const all: Loss[] = [];
  const takes = new Map<Viewer, Map<PeerId, Taken>>();

  const watch = (viewer: Viewer): void => {
    const taken = new Map<PeerId, Taken>();
    takes.set(viewer, taken);
    const of = (peer: PeerId): Taken => taken.get(peer) ?? taken.set(peer, { asked: 0, flowing: 0 }).get(peer)!;
    const open = (): Loss[] => all.filter((loss) => loss.child === viewer && loss.cameMs === undefined);
    const send = viewer.transport.send.bind(viewer.transport);
    viewer.transport.send = (peer, messages, bytes) => {
      for (const message of messages) {
        if (message.type !== "SUBSTREAMS" || message.refused) continue;
        for (const loss of open()) {
          const standby = world.byId.get(peer);
          if (loss.standby !== undefined || standby === undefined || !isIn(message.bits & ~of(peer).asked, loss.stream)) continue;
          loss.standby = peer;
          loss.askedMs ??= clock.nowMs;
          loss.boundMs = world.roundTripMs(viewer, standby) + (8_000 * wireBytes(CHUNK_BYTES)) / standby.access.upBps;
        }
        taken.set(peer, { asked: message.bits, flowing: of(peer).flowing & message.bits });
      }
      return send(peer, messages, bytes);
    };
    const received = viewer.received.bind(viewer);
    viewer.received = (from, parcel, nowMs) => {
      const mine = of(from);
      for (const message of parcel.messages) {
        if (message.type === "DATA") {
          const stream = message.chunk % SUBSTREAMS;
          mine.flowing |= mine.asked & (1 << stream);
          for (const loss of open()) if (loss.standby === from && stream === loss.stream) loss.cameMs = nowMs;
        }
        const lost = message.type === "CHOKE" ? -1 : message.type === "SUBSTREAMS" && message.refused ? message.bits : 0;
        for (const loss of open()) if (loss.standby === from && isIn(lost, loss.stream)) loss.standby = undefined;
        if (fate === "is congested") for (const stream of streamsOf(lost & mine.flowing)) if (isWanting(viewer, from, stream)) all.push({ child: viewer, parent: from, stream, lostMs: nowMs });
        mine.asked &= ~lost;
        mine.flowing &= ~lost;
      }
      received(from, parcel, nowMs);
    };
  };

  /** Sub-streams that flow from this parent, and of which other neighbours hold much that is missing here. */
  const wanting = (child: Viewer, parent: PeerId): number[] => streamsOf(takes.get(child)?.get(parent)?.flowing ?? 0).filter((stream) => isWanting(child, parent, stream));

  const strike = (turn: number): void => {
    const members = [...world.byId.values()];
    const pairs = members.flatMap((_, i) => {
      const child = members[(7 * turn + i) % members.length] as Viewer;
      return [...(takes.get(child)?.keys() ?? [])].filter((parent) => child.transport.connections.get(parent)?.open === true && wanting(child, parent).length > 0).map((parent) => ({ child, parent }));
    });
    const [hit] = pairs;
    clock.in(EVERY_MS[fate], () => strike(hit === undefined ? turn : turn + 1));
    if (hit === undefined) return;
    const parent = world.byId.get(hit.parent) as Viewer;
    const struck = fate === "line breaks" ? [hit] : fate === "vanishes" ? pairs.filter((pair) => pair.parent === hit.parent) : [];
    for (const { child } of struck) {
      const [stream] = wanting(child, hit.parent) as [number];
      all.push({ child, parent: hit.parent, stream, lostMs: clock.nowMs });
      takes.get(child)?.delete(hit.parent);
    }
    if (fate === "line breaks") hit.child.transport.lose(hit.parent);
    else if (fate === "is congested") parent.uplink.rateBps = parent.access.upBps / 10;
    else {
      world.departs(parent, true);
      world.join();
    }
  };

  const join = world.join.bind(world);
  world.join = () => {
    const member = join();
    if (member instanceof Viewer) watch(member);
    return member;
  };
  clock.in(25_000, () => strike(0));
  world.run();
  // What was lost at the very end had no time, and who has left waits for nothing.
  return all.filter(({ lostMs, child }) => lostMs < 56_000 && !child.gone);
}

function isWanting(viewer: Viewer, parent: PeerId, stream: number): boolean {
  const state = viewer.engine.inspect();
  const [track] = state.activeTracks();
  const newest = track === undefined ? undefined : [...track.segments.slice(-2), ...track.foreseen].at(-1);
  const others = [...state.neighbours.values()].filter((n) => n.peer !== parent && n.spare > 0);
  if (newest === undefined || newest.chunks === 0) return false;
  const chunks = Array.from({ length: newest.chunks }, (_, i) => i).filter((i) => i % SUBSTREAMS === stream);
  return chunks.filter((i) => newest.state[i] === 0 && others.some((n) => n.holds(newest, i))).length >= chunks.length / 4;
}

const isIn = (bits: number, stream: number): boolean => ((bits >> stream) & 1) === 1;
const streamsOf = (bits: number): number[] => Array.from({ length: SUBSTREAMS }, (_, stream) => stream).filter((stream) => isIn(bits, stream));

describe("A lost parent (SYSTEMS OC4, ES4)", () => {
  /** Shares of those lost: asked elsewhere within so many ms, and chunks there within a round trip and a chunk, and within so many ms. */
  function shares(fate: Fate, seeds = 3): { readonly count: number; readonly askedWithin: (ms: number) => number; readonly within: (ms: number) => number } {
    const all = Array.from({ length: seeds }, (_, i) => losses(fate, i + 1)).flat();
    const share = (is: (loss: Loss) => boolean): number => all.filter(is).length / all.length;
    const askedWithin = (ms: number): number => share(({ lostMs, askedMs = Infinity }) => askedMs - lostMs <= ms);
    const within = (ms: number): number => share(({ lostMs, cameMs = Infinity }) => cameMs - lostMs <= ms);
    /** Beyond a round trip and a chunk. */
    const beyond = (ms: number): number => share(({ lostMs, askedMs = lostMs, boundMs = 0, cameMs = Infinity }) => cameMs - askedMs <= boundMs + ms);
    const of = (figure: (ms: number) => number, ...times: number[]): string => times.map((ms) => `${(100 * figure(ms)).toFixed(0)} % within ${ms} ms`).join(", ");
    const medianMs = all.map(({ lostMs, cameMs = Infinity }) => cameMs - lostMs).sort((a, b) => a - b)[all.length >> 1] ?? 0;
    console.log([
      `OC4, ${fate}: ${all.length} parents, half made up for after ${medianMs.toFixed(0)} ms; another one asked: ${of(askedWithin, 1, 1_000, 2_000, 3_000)}; its first chunk: ${of(within, 150, 900, 3_000, 4_000)} of the loss;`,
      `of asking: ${(100 * beyond(1)).toFixed(0)} % within a round trip and a chunk, ${of(beyond, 80)} more, which two transports hold`,
    ].join(" "));
    return { count: all.length, askedWithin, within };
  }

  it("is replaced in the same instant when its line breaks, and the sub-stream flows again after a round trip and what waits in two uplinks", { timeout: 60_000 }, () => {
    const { count, askedWithin, within } = shares("line breaks");
    expect(count).toBeGreaterThan(80);
    // Before paths over the lost one were taken where there is no other: 0.82, 0.80 and 0.62.
    expect(askedWithin(1)).toBeGreaterThan(0.9);
    expect(within(900)).toBeGreaterThan(0.9);
    expect(within(150)).toBeGreaterThan(0.6);
  });

  it("is replaced in the same instant when it refuses or chokes, being congested", { timeout: 60_000 }, () => {
    const { count, askedWithin, within } = shares("is congested");
    expect(count).toBeGreaterThan(20);
    expect(askedWithin(1)).toBeGreaterThan(0.9);
    expect(within(900)).toBeGreaterThan(0.8);
  });

  it("is missed within three seconds when it vanishes without a word, and replaced then", { timeout: 180_000 }, () => {
    // Three seeds are a hundred losses, of which four more or fewer come in time by chance.
    const { count, askedWithin, within } = shares("vanishes", 10);
    expect(count).toBeGreaterThan(20);
    // Before a silent parent was left: 0.35, and the others when the connection was found dead, after eight seconds.
    expect(askedWithin(3_000)).toBeGreaterThan(0.9);
    expect(within(4_000)).toBeGreaterThan(0.9);
  });
});
