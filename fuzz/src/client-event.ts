import { joinRequest, liveRequest, peerId, statReport, swarmId } from "../../signaling-server/test/world.js";
import { mutateJson } from "./json-mutation.js";
import { type Chance, pick } from "./chance.js";

/** What a client of the tracker sends. */
export interface ClientEvent {
  readonly event: string;
  readonly payload: unknown;
}

/** Mostly a right one, by somebody who mostly is peer `self`; else one that is wrong in one place or two, or noise. */
export function someEvent(self: number, chance: Chance): ClientEvent {
  const right = pick(RIGHT, chance)(chance(12) === 0 ? chance(20) : self, chance);
  if (chance(4) > 0) return right;
  if (chance(16) === 0) return { event: pick(["__proto__", "constructor", "toString", "", "disconnect", "x".repeat(999)], chance), payload: right.payload };
  const once = mutateJson(right.payload, chance);
  return { event: right.event, payload: chance(3) === 0 ? mutateJson(once, chance) : once };
}

/** Even peers are mostly in one swarm, odd ones in another, so that many meet. */
const swarmOf = (self: number, chance: Chance): string => swarmId(chance(8) === 0 ? chance(6) : 1 + (self % 2));
const peerNear = (self: number, chance: Chance): string => peerId(chance(8) === 0 ? chance(20) : (self % 2) + 2 * chance(8));
const someList = <T>(chance: Chance, most: number, item: () => T): T[] => Array.from({ length: chance(most + 1) }, item);

function join(self: number, chance: Chance): ClientEvent {
  const request = joinRequest(self, { swarm: swarmOf(self, chance), serves: chance(3) > 0 });
  return { event: "join", payload: chance(2) === 0 ? request : { ...request, ticket: { jwt: `a.b.${chance(30)}`, key: "k".repeat(87), proof: "p".repeat(86) } } };
}

const RIGHT: readonly ((self: number, chance: Chance) => ClientEvent)[] = [
  join, join, join,
  (self, chance) => (chance(3) > 0 ? join(self, chance) : { event: "leave", payload: { swarm: swarmOf(self, chance) } }),
  (self, chance) => ({ event: "find", payload: { swarm: swarmOf(self, chance), count: chance(30), except: someList(chance, 5, () => peerNear(self, chance)) } }),
  (self, chance) => ({ event: "stat", payload: statReport(chance(3), { swarm: swarmOf(self, chance), originBytes: chance(2 ** 31) }) }),
  (self, chance) => ({ event: "live", payload: liveRequest({ swarm: swarmOf(self, chance), tracks: [...new Set(someList(chance, 4, () => chance(4)))], willing: chance(3) > 0, uplinkBps: chance(2) === 0 ? null : chance(1e7) }) }),
  (self, chance) => ({ event: "missing", payload: { swarm: swarmOf(self, chance), track: chance(4), sequence: chance(5), slices: [...new Set([chance(4), chance(4)])] } }),
  (self, chance) => ({ event: "misbehaved", payload: { swarm: swarmOf(self, chance), peer: peerNear(self, chance) } }),
  (self, chance) => ({ event: "signal", payload: { swarm: swarmOf(self, chance), to: peerNear(self, chance), data: someSignal(chance) } }),
  (self, chance) => ({ event: "signal", payload: { swarm: swarmOf(self, chance), to: peerNear(self, chance), data: mutateJson(someSignal(chance), chance) } }),
  () => ({ event: "channels", payload: undefined }),
];

/** As the SDK sends them: what two peers tell each other to open a connection. */
export function someSignal(chance: Chance): Record<string, unknown> {
  const attempt = (0x1000_0000 + chance(9)).toString(16);
  const sdp = `v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=fingerprint:sha-256 ${"AB:".repeat(31)}CD\r\n`;
  switch (chance(4)) {
    case 0: return { type: pick(["offer", "answer"], chance), attempt, sdp, proves: chance(2) === 0 };
    case 1: return { type: "candidate", attempt, candidate: { candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host", sdpMid: "0", sdpMLineIndex: 0 } };
    case 2: return { type: "offer", attempt, sdp: `${sdp}m=${pick(["video", "audio", "application"], chance)} 9 X 1\r\n` };
    default: return { type: "refuse", attempt };
  }
}
