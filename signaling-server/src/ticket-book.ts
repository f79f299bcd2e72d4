import type { CheckId, ConnectionId, ReplyId, TicketGrant, TicketedJoin } from "./contract.js";
import type { ErrorReply } from "./events.js";
import type { TrackerLimits } from "./limits.js";
import type { Member } from "./member.js";
import { REFUSALS } from "./refusal.js";

/** A join that waits for its ticket to be checked. */
export interface PendingJoin {
  readonly connection: ConnectionId;
  readonly request: TicketedJoin;
  readonly reply: ReplyId | undefined;
}

/** Remembered tickets looked at for each that is added: keeps up with any mix of lifetimes. */
const SWEEP = 2;

/** Which tickets are being checked, which key has used which ticket, and how often each viewer is in. O(1) a step. */
export class TicketBook {
  readonly #pending = new Map<CheckId, PendingJoin>();
  readonly #used = new Map<string, { readonly holder: string; readonly expiresMs: number }>();
  /** Memberships by viewer. */
  readonly #viewers = new Map<string, number>();
  #checks = 0;

  constructor(private readonly limits: TrackerLimits) {}

  await(join: PendingJoin): CheckId {
    const check = (this.#checks += 1) as CheckId;
    this.#pending.set(check, join);
    return check;
  }

  take(check: CheckId): PendingJoin | undefined {
    const join = this.#pending.get(check);
    this.#pending.delete(check);
    return join;
  }

  /** Why this grant does not let its holder in; `member`: who has the place already that it asks for. */
  objection(grant: TicketGrant, member: Member | undefined, nowMs: number): ErrorReply | undefined {
    const used = this.#used.get(grant.id);
    if (used !== undefined && used.expiresMs > nowMs && used.holder !== grant.holder) return REFUSALS.ticketReplayed;
    if (grant.lifetimeMs <= 0) return REFUSALS.ticketExpired;
    if (member !== undefined && member.grant?.holder !== grant.holder) return REFUSALS.ticketOfAnother;
    if (member?.grant?.viewer !== grant.viewer && (this.#viewers.get(grant.viewer) ?? 0) >= this.limits.peersPerViewer) return REFUSALS.ticketLimit;
    this.#sweep(nowMs);
    return used === undefined && this.#used.size >= this.limits.tickets ? REFUSALS.ticketsFull : undefined;
  }

  /** The member is here by this grant from now on. */
  enter(member: Member, grant: TicketGrant, nowMs: number): void {
    this.leave(member);
    member.grant = grant;
    member.grantedUntilMs = nowMs + grant.lifetimeMs;
    this.#used.set(grant.id, { holder: grant.holder, expiresMs: member.grantedUntilMs });
    this.#viewers.set(grant.viewer, (this.#viewers.get(grant.viewer) ?? 0) + 1);
  }

  leave({ grant }: Member): void {
    if (grant === undefined) return;
    const left = (this.#viewers.get(grant.viewer) ?? 0) - 1;
    if (left > 0) this.#viewers.set(grant.viewer, left);
    else this.#viewers.delete(grant.viewer);
  }

  /** Memberships that viewers hold, for tests and simulation. */
  get held(): number {
    return [...this.#viewers.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Forgets some that have expired; the others go to the end of the row. */
  #sweep(nowMs: number): void {
    let left = SWEEP;
    for (const [id, used] of this.#used) {
      if (left-- === 0) return;
      this.#used.delete(id);
      if (used.expiresMs > nowMs) this.#used.set(id, used);
    }
  }
}
