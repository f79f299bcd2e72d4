import type { PathSetting } from "./link.js";
import type { OriginSetting } from "./origin.js";
import type { PlayerSetting } from "./player.js";
import type { Arrivals } from "./population.js";
import { MEAN_SESSION_S } from "./population.js";
import type { StreamSetting } from "./stream.js";
import type { TrackerSetting } from "./tracker-host.js";
import { HTTP_OVERHEAD } from "./wire-cost.js";
import type { World } from "./world.js";

/** Everything a world is made of. */
export interface WorldSetting {
  readonly stream: StreamSetting;
  /** Further renditions beside the first, as shares of its rate. */
  readonly ladder: readonly number[];
  /** The rendition that players start with, by its place behind the first; then they go to the first. */
  readonly startLevel: number;
  readonly origin: OriginSetting;
  readonly path: PathSetting;
  readonly roundTrip: { readonly medianMs: number; readonly sigma: number };
  readonly tracker: TrackerSetting;
  readonly player: PlayerSetting;
  readonly arrivals: Arrivals;
  /** Counting begins here, s: a live swarm has to be there first. */
  readonly warmUpS: number;
  readonly seconds: number;
  readonly ri: number;
  readonly uniformAccess: { readonly down: number; readonly up: number } | undefined;
  readonly freeRiders: number;
  /** What they do beside giving nothing. */
  readonly riders: "free-rider" | "forger" | "colluder";
  readonly polluters: number;
  readonly liars: "polluter" | "sleeper";
  /** Viewers have the publisher's key: the SDK's `contentKey`. */
  readonly signed: boolean;
  readonly faults: readonly Fault[];
}

export interface Fault {
  readonly atS: number;
  readonly name: string;
  readonly strike: (world: World) => void;
}

export interface Wishes {
  readonly peers: number;
  readonly ri: number;
  readonly seconds: number | undefined;
  readonly freeRiders: number | undefined;
  readonly polluters: number | undefined;
  readonly signed?: boolean;
}

export interface Scenario {
  readonly about: string;
  readonly setting: (wishes: Wishes) => WorldSetting;
}

const live = (wishes: Wishes, seconds = 120): WorldSetting => {
  const total = wishes.seconds ?? seconds;
  return {
    stream: { rateBps: 3e6, segmentS: 4, live: true, count: 10 },
    ladder: [],
    startLevel: 0,
    origin: { roundTripMs: 20, latencyMs: 5, clientBps: Infinity, totalBps: Infinity, ranges: true, acksWait: false },
    path: { packetLoss: 0.001, timeoutShare: 0.1, timeoutMs: 500 },
    roundTrip: { medianMs: 40, sigma: 0.6 },
    tracker: { roundTripMs: 40, connectRoundTrips: 4 },
    player: { bufferGoalS: 30, liveSyncSegments: 3, firstAppendMs: 20, firstFrameMs: 50 },
    arrivals: { rampS: Math.min(20, total / 6), first: wishes.peers, settled: true, perSecond: wishes.peers / MEAN_SESSION_S, untilS: total, stay: false },
    warmUpS: total / 3,
    seconds: total,
    ri: wishes.ri,
    uniformAccess: undefined,
    freeRiders: wishes.freeRiders ?? 0,
    riders: "free-rider",
    liars: "polluter",
    polluters: wishes.polluters ?? 0,
    signed: wishes.signed ?? false,
    faults: [],
  };
};

const shortLatency = (wishes: Wishes): WorldSetting => {
  const setting = live(wishes);
  return { ...setting, stream: { ...setting.stream, segmentS: 2 }, player: { ...setting.player, liveSyncSegments: 2 } };
};

const withFault = (setting: WorldSetting, faults: (seconds: number) => readonly Fault[]): WorldSetting => ({ ...setting, faults: faults(setting.seconds) });

const setOrigin = (atS: number, name: string, change: Partial<{ rateFactor: number; failing: boolean; totalBps: number }>): Fault => ({
  atS, name, strike: (world) => void Object.assign(world.origin, change),
});

/** When faults strike and how long they last, as shares of the run: after 60 s, for 20 and 10 s, where nothing else is asked for. */
const STRIKE = 1 / 2;
const SLOW = 1 / 6;
const FAIL = 1 / 12;

const LEAVE_EVERY_S = 5;
const LEAVE_SHARE = 12;

const leavers = (total: number): readonly Fault[] => Array.from({ length: Math.floor(total / LEAVE_EVERY_S) - 1 }, (_, turn) => ({
  atS: (turn + 1) * LEAVE_EVERY_S, name: "one in twelve leaves",
  strike: (world) => {
    const leaving = [...world.present].filter((_member, i) => i % LEAVE_SHARE === turn % LEAVE_SHARE);
    for (const member of leaving) world.departs(member, true);
    world.populate({ rampS: LEAVE_EVERY_S, first: leaving.length, settled: false, perSecond: 0, untilS: 0, stay: false }, `newcomers ${turn}`);
  },
}));

const overPoorLines = (setting: WorldSetting): WorldSetting => ({ ...setting, roundTrip: { medianMs: 250, sigma: 0.4 }, path: { packetLoss: 0.005, timeoutShare: 0.2, timeoutMs: 1_500 } });

/** 10-minute title. */
const VOD_S = 600;

const vod = (wishes: Wishes): WorldSetting => ({
  ...live(wishes, 2 * VOD_S),
  stream: { rateBps: 3e6, segmentS: 4, live: false, count: VOD_S / 4 },
  arrivals: { rampS: Math.min(VOD_S, (wishes.seconds ?? Infinity) / 2), first: wishes.peers, settled: false, perSecond: 0, untilS: 0, stay: false },
  warmUpS: 0,
});

/** What the bench's pages live in, so that simulator and browsers can be held against each other. */
const browsers = (w: Wishes, joinEveryS: number): WorldSetting => {
  const setting = live(w);
  return {
    ...setting,
    stream: { rateBps: 1.5e6, segmentS: 4, live: true, count: 8, constant: true },
    // hls.js takes 500 kb/s for granted until it has seen a segment.
    ladder: [0.7 / 1.5, 0.3 / 1.5],
    startLevel: 2,
    // As the access log of e2e/tests/calibration.test.ts has it: 19 ms go by in timers and the browser; the shaper counts bodies alone.
    origin: { roundTripMs: 20, latencyMs: 19, clientBps: 12e6 * HTTP_OVERHEAD, totalBps: Infinity, ranges: true, acksWait: false },
    path: { packetLoss: 0, timeoutShare: 0, timeoutMs: 0 },
    roundTrip: { medianMs: 2, sigma: 0 },
    tracker: { roundTripMs: 2, connectRoundTrips: 4 },
    player: { ...setting.player, firstAppendMs: 110, firstFrameMs: 140 },
    arrivals: { rampS: 0, first: w.peers, atS: Array.from({ length: w.peers }, (_, i) => 1 + joinEveryS * i), settled: false, perSecond: 0, untilS: 0, stay: true },
    warmUpS: 0,
    seconds: w.seconds ?? 60,
    uniformAccess: { down: 100, up: 80 },
  };
};

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  live: { about: "a live stream, 3 Mb/s, viewers come and go", setting: live },
  "short-latency": {
    about: "live, segments of 2 s, players one segment behind the newest",
    setting: (w) => shortLatency(w),
  },
  lossy: {
    about: "as short-latency, over long and poor lines: 250 ms, 0.5 % of packets are lost, every fifth of those holds its line up for 1.5 s",
    setting: (w) => overPoorLines(shortLatency(w)),
  },
  leavers: {
    about: "as short-latency; every 5 s one viewer in twelve leaves without a word, and as many come",
    setting: (w) => withFault(shortLatency(w), leavers),
  },
  "bad-luck": {
    about: "live, over lines as poor as in lossy, with viewers who leave as in leavers: whoever is banned here has done nothing wrong",
    setting: (w) => withFault(overPoorLines(live(w)), leavers),
  },
  newcomers: {
    about: "live, with six times the usual arrivals: what newcomers cost",
    setting: (w) => {
      const { arrivals, ...rest } = live(w);
      return { ...rest, arrivals: { ...arrivals, perSecond: 6 * arrivals.perSecond } };
    },
  },
  vod: { about: "a 10-minute title, all viewers arrive within 10 minutes", setting: vod },
  "flash-crowd": {
    about: "live; nine times as many join within 10 s",
    setting: (w) => withFault(live(w), (total) => [{
      atS: total * STRIKE, name: "flash crowd",
      strike: (world) => world.populate({ rampS: 10, first: 9 * w.peers, settled: false, perSecond: 0, untilS: 0, stay: false }, "crowd"),
    }]),
  },
  "half-leave": {
    about: "live; every other viewer leaves at once, and the origin is bounded to 20 streams from then on",
    setting: (w) => {
      const setting = live(w);
      // Not sooner, since it could not carry the start of all who join at first.
      return withFault(setting, (total) => [setOrigin(total * STRIKE, "origin bounded", { totalBps: 20 * setting.stream.rateBps * HTTP_OVERHEAD }), {
        atS: total * STRIKE, name: "half leave",
        strike: (world) => [...world.present].forEach((member, i) => i % 2 === 0 && world.departs(member, true)),
      }]);
    },
  },
  "tracker-dies": { about: "live; the tracker is gone from 60 s on", setting: (w) => withFault(live(w), (total) => [{ atS: total * STRIKE, name: "tracker dies", strike: (world) => world.trackerHost.die() }]) },
  "origin-slow": {
    about: "live, 12 Mb/s a client; the origin gives 10 % of that for 20 s",
    setting: (w) => {
      const setting = live(w);
      return withFault({ ...setting, origin: { ...setting.origin, clientBps: 12e6 } }, (total) => [
        setOrigin(total * STRIKE, "origin slows", { rateFactor: 0.1 }), setOrigin(total * (STRIKE + SLOW), "origin recovers", { rateFactor: 1 }),
      ]);
    },
  },
  "origin-fails": {
    about: "live; the origin answers 503 for 10 s",
    setting: (w) => withFault(live(w), (total) => [
      setOrigin(total * STRIKE, "origin fails", { failing: true }), setOrigin(total * (STRIKE + FAIL), "origin recovers", { failing: false }),
    ]),
  },
  "free-riders": { about: "live; every fifth takes and never gives (--free-riders SHARE)", setting: (w) => live({ ...w, freeRiders: w.freeRiders ?? 0.2 }) },
  forgers: { about: "live; every fifth takes and never gives, and forges receipts that say it does (--free-riders SHARE)", setting: (w) => ({ ...live({ ...w, freeRiders: w.freeRiders ?? 0.2 }), riders: "forger" }) },
  colluders: { about: "live; every fifth takes and never gives, and they sign receipts for each other (--free-riders SHARE)", setting: (w) => ({ ...live({ ...w, freeRiders: w.freeRiders ?? 0.2 }), riders: "colluder" }) },
  polluters: { about: "live; every tenth sends rubbish and vouches for it (--polluters SHARE; --signed: viewers have the publisher's key)", setting: (w) => live({ ...w, polluters: w.polluters ?? 0.1 }) },
  sleepers: { about: "live; every tenth is honest for half of the run, and a polluter then (--polluters SHARE; --signed)", setting: (w) => ({ ...live({ ...w, polluters: w.polluters ?? 0.1 }), liars: "sleeper" }) },
  seeks: { about: "vod; everybody seeks about twice a minute", setting: (w) => withFault(vod({ ...w, seconds: w.seconds ?? 240 }), () => [{ atS: 0, name: "seeks", strike: (world) => world.unrest(30, "seek") }]) },
  levels: {
    about: "live, three levels; everybody changes level about twice a minute",
    setting: (w) => withFault({ ...live(w), ladder: [0.5, 0.25] }, () => [{ atS: 0, name: "level switches", strike: (world) => world.unrest(30, "level") }]),
  },
  calibration: { about: "as bench live-w8: 12 Mb/s a client, 20 ms, joins every 2 s from 1 s after a segment on, peers' lines unshaped", setting: (w) => browsers(w, 2) },
  flash: {
    about: "as bench flash: all join at once, and the origin carries two streams",
    setting: (w) => {
      const setting = browsers(w, 0);
      return { ...setting, ladder: [], startLevel: 0, origin: { ...setting.origin, totalBps: 2 * setting.stream.rateBps * HTTP_OVERHEAD } };
    },
  },
};
