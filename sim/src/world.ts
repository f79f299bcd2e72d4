import type { PeerId, TrackId } from "../../sdk/src/protocol/ids.js";
import type { SegmentRef } from "../../sdk/src/protocol/segment.js";
import { AccessDealer } from "./access.js";
import { Chance } from "./chance.js";
import { Checker } from "./checker.js";
import { Clock } from "./clock.js";
import type { Conduct } from "./conduct.js";
import type { PathSetting } from "./link.js";
import { Meter } from "./meter.js";
import { Origin } from "./origin.js";
import { PlainViewer } from "./plain-viewer.js";
import { type Arrivals, arrivals } from "./population.js";
import type { WorldSetting } from "./scenario.js";
import { type Media, Stream } from "./stream.js";
import { Timeline } from "./timeline.js";
import { Trace } from "./trace.js";
import { TrackerHost } from "./tracker-host.js";
import { Viewer } from "./viewer.js";

/** How segments get to viewers: as the SDK does it; always pulled, or pushed in one sub-stream, in four, or in four of eight; pulled without origin seats; by hls.js alone. */
export const DELIVERIES = ["auto", "seats", "tree", "hybrid", "coded", "mesh", "origin"] as const;
export type Delivery = (typeof DELIVERIES)[number];
export type Member = Viewer | PlainViewer;

/** N viewers with real engines, links between them, an origin and the real tracker: in virtual time, from one seed. */
export class World {
  readonly clock = new Clock();
  readonly trace = new Trace();
  readonly random: Chance;
  readonly meter: Meter;
  readonly origin: Origin;
  readonly trackerHost: TrackerHost;
  readonly checker: Checker;
  /** May be changed at any time. */
  path: PathSetting;
  readonly timeline: Timeline;
  readonly levels: readonly Stream[];
  /** Everybody there has been, and who is there. */
  readonly members: Member[] = [];
  readonly present = new Set<Member>();
  readonly byId = new Map<PeerId, Viewer>();
  readonly #chance: Chance;
  readonly #access: AccessDealer;

  constructor(
    readonly setting: WorldSetting,
    readonly options: { readonly seed: number; readonly delivery: Delivery; readonly checkEvery: number },
  ) {
    this.#chance = new Chance(options.seed);
    this.random = this.#chance.fork("path");
    this.meter = new Meter(this.clock, setting.warmUpS * 1000);
    this.origin = new Origin(setting.origin);
    this.trackerHost = new TrackerHost(this.clock, this.#chance.fork("tracker"), setting.tracker);
    this.path = setting.path;
    this.checker = new Checker(this, options.checkEvery);
    this.levels = [1, ...setting.ladder].map((share, i) => new Stream((i + 1) as TrackId, { ...setting.stream, rateBps: setting.stream.rateBps * share }));
    this.#access = new AccessDealer(this.#chance.fork("access"), { ri: setting.ri, rateBps: setting.stream.rateBps, first: Math.max(1, setting.arrivals.first), uniform: setting.uniformAccess });
    this.timeline = new Timeline(this);
    this.populate(setting.arrivals, "arrivals");
    this.clock.in(setting.warmUpS * 1000, () => {
      for (const member of this.present) if (member instanceof Viewer) member.duplicatesBefore = member.engine.stats(this.clock.nowMs).duplicateBytes;
    });
    for (const fault of setting.faults) this.clock.in(fault.atS * 1000, () => fault.strike(this));
  }

  /** Runs to the end; `onSecond` is told of every virtual second. */
  run(onSecond: (second: number) => void = () => {}): void {
    for (let second = 1; second <= this.setting.seconds; second++) {
      this.clock.runUntil(second * 1000);
      this.checker.liveness(this.present);
      this.timeline.sample(second);
      onSecond(second);
    }
    for (const member of this.present) member.player.close();
  }

  populate(setting: Arrivals, name: string): void {
    const chance = this.#chance.fork(name);
    const fromMs = this.clock.nowMs;
    for (const { atMs, stayMs, silent } of arrivals(setting, chance)) {
      if (fromMs + atMs >= this.setting.seconds * 1000) continue;
      this.clock.in(atMs, () => {
        const member = this.join();
        if (stayMs < this.setting.seconds * 1000) this.clock.in(stayMs, () => this.departs(member, silent));
      });
    }
  }

  departs(member: Member, silently = false): void {
    if (!this.present.delete(member)) return;
    this.trace.event(this.clock.nowMs, 5, member.index, silently ? 1 : 0);
    member.leave(silently);
    member.goneMs = this.clock.nowMs;
    this.byId.delete(member.peer);
  }

  /** Of somebody who may have left by now. */
  isHonest(peer: PeerId): boolean {
    return this.members.some((member) => member.peer === peer && member.setting.conduct === "honest");
  }

  /** From now on everybody seeks or changes level, each time after an exponential time of this mean. */
  unrest(meanS: number, what: "seek" | "level"): void {
    const chance = this.#chance.fork(what);
    const { segmentS, count } = this.setting.stream;
    const next = (): void => {
      this.clock.in((1000 * chance.exponential(meanS)) / Math.max(1, this.present.size), () => {
        const list = [...this.present];
        const member = list[chance.below(list.length)];
        if (what === "seek") member?.player.seek(chance.next() * segmentS * count);
        else member?.player.switchTo(this.levels[chance.below(this.levels.length)] as Stream);
        next();
      });
    };
    next();
  }

  media(ref: SegmentRef): Media | undefined {
    return this.levels[ref.track - 1]?.byId(ref.id);
  }

  /** Chunk bytes received twice since the warm-up. */
  duplicateBytes(): number {
    let bytes = 0;
    for (const member of this.members) if (member instanceof Viewer) bytes += member.engine.stats(this.clock.nowMs).duplicateBytes - member.duplicatesBefore;
    return bytes;
  }

  /** The same for a pair whoever asks. */
  roundTripMs(a: Viewer, b: Viewer): number {
    const { medianMs, sigma } = this.setting.roundTrip;
    const [low, high] = a.index < b.index ? [a.index, b.index] : [b.index, a.index];
    const draw = new Chance(Math.imul(low + 1, 0x9e3779b1) ^ Math.imul(high + 1, 0x85ebca6b) ^ this.options.seed);
    // To a hundredth, so that the last digit of a logarithm is nobody's business.
    return Math.round(100 * draw.logNormal({ median: medianMs, sigma })) / 100;
  }

  /** A viewer comes. */
  join(): Member {
    const index = this.members.length;
    const chance = this.#chance.fork("viewer", index);
    const setting = {
      index, peer: chance.hex(16) as PeerId, access: this.#access.deal(), conduct: this.#conduct(chance), seed: chance.below(2 ** 31),
      level: this.levels[this.setting.startLevel] as Stream, best: this.levels[0] as Stream,
    };
    const member = this.options.delivery === "origin" ? new PlainViewer(this, setting) : new Viewer(this, setting);
    this.members.push(member);
    this.present.add(member);
    if (member instanceof Viewer) this.byId.set(member.peer, member);
    this.trace.event(this.clock.nowMs, 4, index, setting.seed);
    member.start();
    return member;
  }

  /** Somebody who is there, and of the same conduct where that has accomplices: the next one, so that they are in pairs, or nearly. */
  besides(viewer: Viewer): Viewer | undefined {
    const able = [...this.byId.values()].filter((v) => v !== viewer && (viewer.setting.conduct !== "colluder" || v.setting.conduct === "colluder"));
    return able.find((v) => v.index > viewer.index) ?? able[0];
  }

  #conduct(chance: Chance): Conduct {
    const draw = chance.next();
    const { freeRiders, riders, polluters, liars } = this.setting;
    return draw < freeRiders ? riders : draw < freeRiders + polluters ? liars : "honest";
  }
}
