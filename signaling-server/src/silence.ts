import { Fifo } from "./fifo.js";
import type { Member } from "./member.js";
import type { Tribunal } from "./tribunal.js";

/**
 * Looks at every member once a period: one that was not heard in a whole period (a frozen page, a client that never meant to
 * serve) is offered last until it reports again. One queue entry a member, no timer each.
 */
export class SilenceWatch {
  readonly #queue = new Fifo<{ member: Member; dueMs: number }>();

  /**
   * `onChange`: that member was not heard of in the period that is over, not repeated while it goes on; or has become an outcast, or is none any longer. `onExpired`: its ticket has
   * expired, and it is to be removed.
   */
  constructor(
    readonly periodMs: number,
    private readonly tribunal: Tribunal,
    private readonly onChange: (member: Member, nowMs: number) => void,
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
      const isJudged = this.tribunal.judge(member, nowMs);
      member.swarm.update(member);
      if (fellSilent || isJudged) this.onChange(member, nowMs);
      this.watch(member, nowMs);
    }
  }
}
