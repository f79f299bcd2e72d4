import type { Answer, ConnectionId, ReplyId, TrackerEffect } from "../src/contract.js";
import type { JoinRequest, LiveRequest, StatReport } from "../src/events.js";
import type { TrackerLimits } from "../src/limits.js";
import { Tracker } from "../src/tracker.js";

/** mulberry32: small, seeded, good enough to choose peers with. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const swarmId = (n: number): string => n.toString(16).padStart(32, "0");
export const peerId = (n: number): string => n.toString(16).padStart(16, "0");
export const secretOf = (n: number): string => n.toString(16).padStart(32, "5");

export const joinRequest = (n: number, over: Partial<JoinRequest> = {}): JoinRequest => ({
  swarm: swarmId(1), peer: peerId(n), secret: secretOf(n), serves: true, channel: "a stream", ...over,
});
export const statReport = (segments: number, over: Partial<StatReport> = {}): StatReport => ({
  swarm: swarmId(1), segments, neighbours: 0, originBytes: 0, peerBytes: 0, uploadedBytes: 0, ...over,
});

export const liveRequest = (over: Partial<LiveRequest> = {}): LiveRequest => ({ swarm: swarmId(1), tracks: [1], willing: true, uplinkBps: null, ...over });

/** A tracker in virtual time whose effects are kept until a test takes them. Checks the tracker's consistency after every step. */
export class World {
  readonly tracker: Tracker;
  nowMs = 0;
  effects: TrackerEffect[] = [];
  /** Random numbers the tracker has asked for. */
  draws = 0;
  readonly #check: boolean;
  #replies = 0;

  constructor(limits: Partial<TrackerLimits> = {}, options: { seed?: number; check?: boolean; wantsTickets?: boolean } = {}) {
    const random = seeded(options.seed ?? 1);
    this.tracker = new Tracker({ random: () => ((this.draws += 1), random()), limits, wantsTickets: options.wantsTickets ?? false });
    this.#check = options.check ?? true;
  }

  open(connection: number, network?: string): void {
    this.step({ type: "opened", connection: connection as ConnectionId, ...(network === undefined ? {} : { network }) });
  }

  close(connection: number): void {
    this.step({ type: "closed", connection: connection as ConnectionId });
  }

  /** The answer, or undefined when there was none. */
  send(connection: number, event: string, payload?: unknown): Answer | undefined {
    const reply = (this.#replies += 1) as ReplyId;
    this.step({ type: "event", connection: connection as ConnectionId, event, payload, reply });
    const answered = this.effects.filter((effect) => effect.type === "reply" && effect.reply === reply);
    if (answered.length > 1) throw new Error(`${event} was answered ${answered.length} times`);
    const answer = answered[0];
    this.effects = this.effects.filter((effect) => effect !== answer);
    return answer?.type === "reply" ? answer.answer : undefined;
  }

  /** Opens connection `n` and joins as peer `n`. */
  join(n: number, over: Partial<JoinRequest> = {}): Answer | undefined {
    this.open(n);
    return this.send(n, "join", joinRequest(n, over));
  }

  advance(ms: number): void {
    this.nowMs += ms;
    this.step({ type: "timeout" });
  }

  /** What was sent to a connection since it was last asked. */
  take(connection?: number): TrackerEffect[] {
    const mine = this.effects.filter((effect) => connection === undefined || effect.connection === connection);
    this.effects = this.effects.filter((effect) => !mine.includes(effect));
    return mine;
  }

  step(input: Parameters<Tracker["handle"]>[0]): void {
    this.tracker.handle(input, this.nowMs);
    for (let effect = this.tracker.poll(); effect !== undefined; effect = this.tracker.poll()) this.effects.push(effect);
    if (this.#check) this.tracker.assertConsistent();
  }
}

/** The peers of an answer to join or find. */
export function peersOf(answer: Answer | undefined): string[] {
  if (answer?.ok !== true || !("peers" in answer)) throw new Error(`not an answer with peers: ${JSON.stringify(answer)}`);
  return answer.peers;
}
