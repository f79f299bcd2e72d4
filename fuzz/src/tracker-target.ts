import type { CheckId, ConnectionId, ReplyId, TicketVerdict, TrackerEffect, TrackerInput } from "../../signaling-server/src/contract.js";
import { REFUSALS } from "../../signaling-server/src/refusal.js";
import { Tracker } from "../../signaling-server/src/tracker.js";
import { type Chance } from "./chance.js";
import { someEvent } from "./client-event.js";
import type { Target, Trial, Verdict } from "./target.js";

const CONNECTIONS = 16;
const ADDRESSES = 6;
const INPUTS = 5_000;
/** Longer than every ticket, accusation and limit here. */
const LONG_MS = 3_600_000;
/** The most that one input may bring about. Departure tells `contacts` peers of each swarm, and seats go to few. */
const MAX_EFFECTS = 1_000;

/** The tracker under clients that join, leave, lie, flood and vanish; with tickets in every second trial, in a hurry in every sixth. */
export const trackerTarget = (): Target => ({ name: "tracker", share: 10, trialInputs: INPUTS, begin: (chance) => new Visit(chance) });

class Visit implements Trial {
  readonly #tracker: Tracker;
  readonly #hurry: boolean;
  readonly #open = new Set<number>();
  /** Tickets that are being checked. */
  readonly #checks: CheckId[] = [];
  #nowMs = 0;
  #connections = 0;
  #replies = 0;
  #inputs = 0;

  constructor(private readonly chance: Chance) {
    this.#hurry = chance(6) === 0;
    const random = (): number => chance(2 ** 31) / 2 ** 31;
    this.#tracker = new Tracker({ random, wantsTickets: chance(2) === 0, limits: { peersPerSwarm: 12, swarms: 4, swarmsPerConnection: 2, contacts: 8, tickets: 40, peersPerViewer: 3 } });
  }

  next(): Verdict {
    const { chance } = this;
    this.#nowMs += chance(this.#hurry ? 20 : 1_000) + (chance(500) === 0 ? 60_000 : 0);
    this.#inputs += 1;
    if (this.#inputs % 64 === 0) this.#tracker.assertConsistent();
    const what = chance(100);
    if (what < 2 || this.#open.size === 0) return this.#enter();
    const connection = this.#someone();
    if (what === 2) return this.#leave(connection);
    if (what < 40 && this.#checks.length > 0) return this.#check();
    const { event, payload } = someEvent(connection % CONNECTIONS, chance);
    const reply = (this.#replies += 1) as ReplyId;
    const effects = this.#feed({ type: "event", connection: connection as ConnectionId, event, payload, reply });
    const answer = effects.find((effect) => effect.type === "reply");
    if (answer?.type === "reply" && !answer.answer.ok) return { of: event in KNOWN ? event : "unknown", refusal: answer.answer.code };
    return answer !== undefined || effects.some(({ type }) => type === "check-ticket") ? { of: event } : { of: "unknown", refusal: "no answer" };
  }

  /** Everybody leaves; later nothing is remembered. */
  end(): void {
    for (const connection of this.#open) this.#leave(connection);
    while (this.#checks.length > 0) this.#check();
    this.#nowMs += LONG_MS;
    this.#feed({ type: "timeout" });
    this.#tracker.assertConsistent();
    const { connections, swarms, peers } = this.#tracker.stats();
    const due = this.#tracker.nextTimeoutMs();
    if (connections + swarms + peers > 0 || due !== undefined) throw new Error(`when all have left, ${connections} connections, ${swarms} swarms, ${peers} peers and ${due === undefined ? "no" : "a"} timer are there`);
  }

  #enter(): Verdict {
    if (this.#open.size >= CONNECTIONS) return this.#leave(this.#someone());
    const connection = (this.#connections += 1);
    const network = `n${connection % ADDRESSES}`;
    this.#open.add(connection);
    this.#feed({ type: "opened", connection: connection as ConnectionId, network, address: network });
    return { of: "opened", ...(this.#open.has(connection) ? {} : { refusal: "too many" }) };
  }

  #leave(connection: number): Verdict {
    this.#open.delete(connection);
    this.#feed({ type: "closed", connection: connection as ConnectionId });
    return { of: "closed" };
  }

  #check(): Verdict {
    const check = this.#checks.splice(this.chance(this.#checks.length), 1)[0];
    if (check === undefined) throw new Error("nothing to check");
    const verdict = this.#verdict();
    const effects = this.#feed({ type: "ticket-checked", check, verdict });
    const answer = effects.find((effect) => effect.type === "reply");
    return { of: "ticket-checked", ...(answer?.type === "reply" && !answer.answer.ok ? { refusal: answer.answer.code } : {}) };
  }

  #verdict(): TicketVerdict {
    const { chance } = this;
    if (chance(5) === 0) return REFUSALS.ticketExpired;
    const lifetimeMs = chance(10) === 0 ? -1 : 1 + chance(200_000);
    return { ok: true, grant: { id: `t${chance(60)}`, viewer: `v${chance(8)}`, holder: `h${chance(12)}`, lifetimeMs, channel: { channel: "c", issuer: "i", expiresMs: this.#nowMs + lifetimeMs, nowMs: this.#nowMs } } };
  }

  #someone(): number {
    return [...this.#open][this.chance(this.#open.size)] ?? 0;
  }

  #feed(input: TrackerInput): TrackerEffect[] {
    const effects: TrackerEffect[] = [];
    this.#tracker.handle(input, this.#nowMs);
    for (let effect = this.#tracker.poll(); effect !== undefined; effect = this.#tracker.poll()) effects.push(effect);
    for (const effect of effects) {
      if (effect.type === "check-ticket") this.#checks.push(effect.check);
      else if (!this.#open.has(effect.connection) && input.type !== "closed") throw new Error(`${effect.type} for a connection that is gone`);
      if (effect.type === "close") this.#open.delete(effect.connection);
    }
    if (effects.length > MAX_EFFECTS) throw new Error(`one input brought about ${effects.length} messages`);
    return effects;
  }
}

const KNOWN = { join: 0, leave: 0, find: 0, stat: 0, live: 0, missing: 0, misbehaved: 0, signal: 0, channels: 0 };
