import type { Member } from "./member.js";

/** Not one peer with a grudge, nor one person with three tabs. */
const MIN_ACCUSERS = 3;
const MIN_NETWORKS = 3;
/** And of those who had to do with the peer this part: who lies to all is banned by nearly all. */
const PART_OF_CONTACTS = 1 / 4;
/** Accusations count, and outcasts are, for as long as peers ban. */
const OUTCAST_MS = 600_000;
/** An accusation is heard when its author has been in the swarm's eyes for this long after it. */
const HEARING_MS = 10_000;
const MAX_ACCUSERS = 64;
const MAX_REMEMBERED = 10_000;
const SWEEP = 2;

export interface Accusation {
  readonly by: Member;
  readonly network: string;
  readonly atMs: number;
}

/**
 * Which peers others have banned for misbehaviour (they tell the tracker). Only who exchanged signals with a peer can
 * accuse it, only many on different networks bring anything about, and who is accused as much itself is not heard: an outcast is offered to nobody, finds nobody and holds no seat, for ten minutes.
 */
export class Tribunal {
  /** Outcasts by the key that their ticket is bound to: a new peer id does not help. */
  readonly #holders = new Map<string, number>();
  #outcasts = 0;

  /** Members cast out so far. */
  get outcasts(): number {
    return this.#outcasts;
  }

  /** Each viewer, or peer where there are no tickets, has one voice against each. */
  accuse(accuser: Member, accused: Member, nowMs: number): void {
    if (accused.isOutcast || accuser.isOutcast || !accused.knows(accuser) || !accuser.accusing.take(nowMs)) return;
    const { accusers } = accused;
    accusers.set(accuser.grant?.viewer ?? accuser.peer, { by: accuser, network: accuser.network, atMs: nowMs });
    for (const [who, { atMs }] of accusers) if (nowMs - atMs >= OUTCAST_MS || accusers.size > MAX_ACCUSERS) accusers.delete(who);
  }

  /**
   * Once in a while, not at once: liars who accuse whom they meet are by then accused themselves. True when the member becomes an outcast, or
   * is one no longer.
   */
  judge(member: Member, nowMs: number): boolean {
    if (member.isOutcast) {
      member.isOutcast = member.outcastUntilMs > nowMs;
      return !member.isOutcast;
    }
    const { accusers } = member;
    if (accusers.size < MIN_ACCUSERS) return false;
    const heard = [...accusers.values()].filter(({ by, atMs }) => by.swarm.has(by) && !by.isOutcast && by.accusers.size < accusers.size && nowMs - atMs >= HEARING_MS && nowMs - atMs < OUTCAST_MS);
    const networks = new Set(heard.map(({ network }) => network));
    if (heard.length < Math.max(MIN_ACCUSERS, PART_OF_CONTACTS * member.contacts) || networks.size < MIN_NETWORKS) return false;
    this.#castOut(member, nowMs + OUTCAST_MS);
    this.#outcasts += 1;
    if (member.grant !== undefined) this.#remember(member.grant.holder, member.outcastUntilMs, nowMs);
    return true;
  }

  /** Somebody has come: perhaps one who was cast out before. */
  recognize(member: Member, nowMs: number): void {
    const untilMs = this.#holders.get(member.grant?.holder ?? "") ?? 0;
    if (untilMs > nowMs) this.#castOut(member, untilMs);
  }

  #castOut(member: Member, untilMs: number): void {
    member.accusers.clear();
    member.outcastUntilMs = untilMs;
    member.isOutcast = true;
  }

  #remember(holder: string, untilMs: number, nowMs: number): void {
    let left = SWEEP;
    // In the order in which they end.
    for (const [oldest, endMs] of this.#holders) {
      if (left-- === 0 || (endMs > nowMs && this.#holders.size < MAX_REMEMBERED)) break;
      this.#holders.delete(oldest);
    }
    this.#holders.delete(holder);
    this.#holders.set(holder, untilMs);
  }
}
