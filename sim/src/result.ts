import { quantile } from "./histogram.js";
import { oracleOffload } from "./oracle.js";
import type { Delivery, World } from "./world.js";

/** What a run has shown; the keys of --json. */
export interface Result {
  readonly scenario: string;
  readonly seed: number;
  readonly peers: number;
  readonly delivery: Delivery;
  readonly ri: number;
  readonly offload: number;
  /** Live: min(1 - 1/N, mean uplink / rate). VoD: what the oracle would have done for the same viewers. */
  readonly offloadBound: number;
  /** What an oracle would have done: VoD as above; live: second by second what uplinks could carry past NATs. */
  readonly oracleOffload: number;
  /** Origin bytes by cause over the bytes of the stream; steady: all but startup. */
  readonly originCopies: Readonly<Record<"startup" | "seat" | "slice" | "rescue" | "alone" | "settle" | "check" | "steady", number>>;
  /** Steady copies of the one segment of which the origin sent most. */
  readonly mostCopiesOfASegment: number;
  /** With the publisher's key: manifests and lists of chunk hashes over the bytes of the stream, and how many a second and peer. */
  readonly signatures?: { readonly copies: number; readonly perPeerSecond: number };
  /** Without those that viewers start with. */
  readonly originRequestsPerSegment: number;
  readonly continuityIndex: number;
  readonly lateSegmentRatio: number;
  readonly stallRatio: number;
  readonly startupMsP50: number;
  readonly startupMsP95: number;
  readonly chunkDelayMsP50: number;
  readonly chunkDelayMsP99: number;
  /** Wire bytes, headers and acknowledgements included; controlRatioBare without them. */
  readonly controlRatio: number;
  readonly controlRatioBare: number;
  readonly control: Readonly<Record<string, { readonly perPeerSecond: number; readonly ratio: number }>>;
  readonly duplicateRatio: number;
  readonly pollutedChunksPlayed: number;
  readonly honestBans: number;
  /** Honest viewers whom anybody has banned, of all honest ones that were there. */
  readonly honestBannedRatio: number;
  readonly bans: number;
  /** Whom the tracker has made outcasts; null where nobody was banned. */
  readonly outcasts: number | null;
  readonly honestOutcasts: number | null;
  readonly uplinkJain: number;
  /** Payload bytes given over what uplinks could have carried. */
  readonly uplinkUse: number;
  /** Bytes from peers, those who give over those who do not; 0 where everybody gives. */
  readonly cooperatorAdvantage: number;
  readonly virtualSeconds: number;
  readonly wallSeconds: number;
  /** Heap at the end over the most viewers there were at a time. */
  readonly bytesPerPeer: number;
  readonly steps: number;
  readonly traceHash: string;
}

export function resultOf(world: World, run: { readonly scenario: string; readonly peers: number; readonly wallSeconds: number; readonly heapBytes: number }): Result {
  const { meter, setting, options } = world;
  const { stream, seconds, warmUpS } = setting;
  const countedS = seconds - warmUpS;
  const streamBytes = (stream.rateBps / 8) * (stream.live ? countedS : stream.count * stream.segmentS);
  const copies = (bytes: number): number => round(bytes / streamBytes, 4);
  const b = meter.originBytes;
  const r = meter.originRequests;
  const data = meter.messages.DATA;
  const dataBytes = data?.bytes ?? 0;
  const control = Object.values(meter.messages).reduce((sum, m) => sum + m.bytes, 0) - dataBytes;
  const watchedS = meter.watchedMs / 1000;
  const uplink = uplinks(world);
  const counted = world.timeline.samples.filter(({ second }) => second > warmUpS);
  const oracle = stream.live ? undefined : round(oracleOffload(meter.needs, world.members.map((m) => ({ index: m.index, joinedMs: m.joinedMs, goneMs: m.goneMs ?? Infinity, upBps: m.setting.access.upPayloadBps })), seconds), 5);
  return {
    scenario: run.scenario, seed: options.seed, peers: run.peers, delivery: options.delivery, ri: setting.ri,
    offload: round(meter.playedBytes === 0 ? 0 : 1 - meter.originTotal / meter.playedBytes, 5),
    offloadBound: oracle ?? round(Math.min(1 - 1 / run.peers, setting.uniformAccess === undefined ? setting.ri : Infinity), 5),
    oracleOffload: oracle ?? round(sum(counted.map((s) => s.oracleCopies)) / Math.max(1, sum(counted.map((s) => s.viewers))), 5),
    originCopies: {
      startup: copies(b.start), seat: copies(b.seat), slice: copies(b.slice), rescue: copies(b.rescue), alone: copies(b.alone), settle: copies(b.settle), check: copies(b.check),
      steady: copies(meter.originTotal - b.start),
    },
    mostCopiesOfASegment: round(Math.max(0, ...meter.steadyCopies.values()), 2),
    ...(setting.signed && { signatures: { copies: copies(meter.signatureBytes), perPeerSecond: round(meter.signatureRequests / Math.max(1, watchedS), 3) } }),
    originRequestsPerSegment: round((r.alone + r.seat + r.slice + r.rescue + r.settle + r.check) / (stream.live ? countedS / stream.segmentS : stream.count), 3),
    continuityIndex: round(meter.dueChunks === 0 ? 1 : 1 - meter.lateChunks / meter.dueChunks, 6),
    lateSegmentRatio: round(meter.dueSegments === 0 ? 0 : meter.lateSegments / meter.dueSegments, 6),
    stallRatio: round(meter.stalledMs / Math.max(1, meter.stalledMs + meter.watchedMs), 6),
    startupMsP50: Math.round(quantile(meter.startupMs, 0.5)),
    startupMsP95: Math.round(quantile(meter.startupMs, 0.95)),
    chunkDelayMsP50: stream.live ? meter.chunkDelay.quantile(0.5) : 0,
    chunkDelayMsP99: stream.live ? meter.chunkDelay.quantile(0.99) : 0,
    controlRatio: round(meter.controlRatio, 5),
    controlRatioBare: round(dataBytes === 0 ? 0 : control / dataBytes, 5),
    control: Object.fromEntries(Object.entries(meter.messages).sort().map(([type, m]) => [type, {
      perPeerSecond: round(m.count / Math.max(1, watchedS), 3), ratio: round(m.wireBytes / Math.max(1, data?.wireBytes ?? 0), 5),
    }])),
    duplicateRatio: round(dataBytes === 0 ? 0 : world.duplicateBytes() / dataBytes, 5),
    pollutedChunksPlayed: meter.pollutedChunksPlayed,
    bans: meter.bans, honestBans: meter.honestBans,
    honestBannedRatio: round(meter.honestBanned.size / Math.max(1, world.members.filter(({ setting: { conduct } }) => conduct === "honest").length), 6),
    outcasts: meter.bans > 0 ? meter.outcasts : null, honestOutcasts: meter.bans > 0 ? meter.honestOutcasts : null,
    uplinkJain: round(uplink.jain, 4), uplinkUse: round(uplink.use, 4),
    cooperatorAdvantage: round(uplink.advantage, 3),
    virtualSeconds: seconds,
    wallSeconds: round(run.wallSeconds, 2),
    bytesPerPeer: Math.round(run.heapBytes / Math.max(1, ...world.timeline.samples.map((sample) => sample.viewers))),
    steps: world.clock.steps,
    traceHash: world.trace.hash,
  };
}

/** How evenly uplinks were used, by share of each one's capacity: Jain's index over viewers who were there for ten seconds at least. */
function uplinks(world: World): { jain: number; use: number; advantage: number } {
  const endMs = world.clock.nowMs;
  const shares: number[] = [];
  let given = 0;
  let capacity = 0;
  const taken = { honest: { bytes: 0, s: 0 }, other: { bytes: 0, s: 0 } };
  for (const member of world.members) {
    const s = ((member.goneMs ?? endMs) - Math.max(member.joinedMs, world.meter.fromMs)) / 1000;
    if (s < 10) continue;
    const could = (member.setting.access.upPayloadBps / 8) * s;
    shares.push(member.givenBytes / could);
    given += member.givenBytes;
    capacity += could;
    const side = member.setting.conduct === "honest" ? taken.honest : taken.other;
    side.bytes += member.takenBytes;
    side.s += s;
  }
  const total = sum(shares);
  const squares = sum(shares.map((x) => x * x));
  return {
    jain: squares === 0 ? 1 : (total * total) / (shares.length * squares),
    use: capacity === 0 ? 0 : given / capacity,
    advantage: taken.other.s === 0 || taken.other.bytes === 0 ? 0 : taken.honest.bytes / Math.max(1, taken.honest.s) / (taken.other.bytes / taken.other.s),
  };
}

const sum = (values: readonly number[]): number => values.reduce((a, x) => a + x, 0);
const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;
