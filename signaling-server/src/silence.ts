import { Fifo } from "./fifo.js";
import type { Member } from "./member.js";

/**
 * Looks at every member once a period: one that was not heard in a whole period (a frozen page, a client that never meant to
 * serve) is offered last until it reports again. One queue entry a member, no timer each.
 */
export class SilenceWatch {
  readonly #queue = new Fifo<{ member: Member; dueMs: number }>();

  /**
   * `onSilent`: that member was not heard of in the period that is over, not repeated while it goes on; or is no outcast any longer. `onExpired`: its ticket has
   * expired, and it is to be removed.
   */
  constructor(
    readonly periodMs: number,
    private readonly onSilent: (member: Member, nowMs: number) => void,
    private readonly onExpired: (member: Member, nowMs: number) => void,
  ) {}

  watch(member: Member, nowMs: number): void {
    this.#queue.push({ member, dueMs: nowMs + this.periodMs });
  }

  nextTimeoutMs(): number | undefined {
    return this.#queue.peek()?.dueMs;
  }

  check(nowMs: number): void {
    for (let next = this.#queue.peek(); next !== undefined && next.dueMs <= nowMs; next = this.#queue.peek()) {
      this.#queue.shift();
      const { member } = next;
      // departed members drop out here
      if (!member.swarm.has(member)) continue;
      if (member.grantedUntilMs <= nowMs) {
        this.onExpired(member, nowMs);
        continue;
      }
      const fellSilent = !member.heard && !member.silent;
      member.silent = !member.heard;
      member.heard = false;
      const isForgiven = member.isOutcast && member.outcastUntilMs <= nowMs;
      if (isForgiven) member.isOutcast = false;
      member.swarm.update(member);
      if (fellSilent || isForgiven) this.onSilent(member, nowMs);
      this.watch(member, nowMs);
    }
  }
}
