import { TokenBucket } from "./bucket.js";
import type { ConnectionId, TicketGrant } from "./contract.js";
import type { JoinRequest, StatReport } from "./events.js";
import type { TrackerLimits } from "./limits.js";
import type { Pooled } from "./ranked-pool.js";
import type { Swarm } from "./swarm.js";
import type { TrackViewer } from "./track-viewer.js";
import type { Accusation } from "./tribunal.js";

/** How soon a member is offered to others: 0 serves and has segments, 1 serves, 2 neither or not heard of. */
export type Rank = 0 | 1 | 2;

/** A peer in a swarm. It outlives its connection when another one with the same secret takes its place. */
export class Member implements Pooled {
  readonly peer: string;
  readonly secret: string;
  connection: ConnectionId;
  /** Of its connection. */
  network: string;
  serves: boolean;
  report: StatReport | undefined = undefined;
  /** No STAT_REPORT in a whole check period. */
  silent = false;
  /** Reported, or joined, since the last check. */
  heard = true;
  /** When it last joined, reported or said what it plays. */
  heardMs: number;
  /** Ready to hold origin seats, as it last said. */
  willing = false;
  uplinkBps: number | null = null;
  /** By which it is here, and until when; where no tickets are wanted, without and for ever. */
  grant: TicketGrant | undefined = undefined;
  grantedUntilMs = Infinity;
  /** It has lost a seat, and comes last until then. */
  barredUntilMs = 0;
  /** Who has accused it of misbehaviour, and by that it is offered to nobody. */
  readonly accusers = new Map<string, Accusation>();
  isOutcast = false;
  outcastUntilMs = 0;
  readonly accusing: TokenBucket;
  /** The live tracks it plays. */
  readonly viewing = new Map<number, TrackViewer>();
  /** Where the swarm keeps it. */
  rank = 2;
  index = -1;
  readonly inbound: TokenBucket;
  /** Exchanged signals with it: both sides know each other. Oldest first. */
  readonly #signalled = new Set<Member>();
  /** Were given its id. Oldest first. */
  readonly #introduced = new Set<Member>();

  constructor(
    readonly swarm: Swarm,
    request: JoinRequest,
    connection: { readonly id: ConnectionId; readonly network: string },
    private readonly limits: TrackerLimits,
    readonly joinedMs: number,
  ) {
    this.peer = request.peer;
    this.secret = request.secret;
    this.serves = request.serves;
    this.connection = connection.id;
    this.network = connection.network;
    this.heardMs = joinedMs;
    this.accusing = new TokenBucket(limits.accusations, joinedMs);
    this.inbound = new TokenBucket(limits.inboundSignals, joinedMs);
  }

  /** Origin seats it holds, of all tracks. */
  get seats(): number {
    let seats = 0;
    for (const viewer of this.viewing.values()) seats += viewer.slices.size;
    return seats;
  }

  wantedRank(): Rank {
    if (!this.serves || this.silent) return 2;
    return this.report !== undefined && this.report.segments > 0 ? 0 : 1;
  }

  /** Members it has exchanged signals with lately. */
  get contacts(): number {
    return this.#signalled.size;
  }

  knows(other: Member): boolean {
    return this.#signalled.has(other);
  }

  /** `other` was given this member's id. */
  introducedTo(other: Member): void {
    if (this.#signalled.has(other)) return;
    remember(this.#introduced, other, this.limits.contacts - signalledBound(this.limits));
  }

  /** A signal passed between the two. */
  signalled(other: Member): void {
    for (const [a, b] of [[this, other], [other, this]] as const) {
      a.#introduced.delete(b);
      remember(a.#signalled, b, signalledBound(a.limits));
    }
  }

  /** Those who should hear that it is gone; at most `limits.contacts`. Empties the lists, so that the dead keep nobody alive. */
  departed(): Member[] {
    const contacts = [...this.#signalled, ...this.#introduced];
    for (const other of this.#signalled) {
      other.#signalled.delete(this);
      other.#introduced.delete(this);
    }
    this.#signalled.clear();
    this.#introduced.clear();
    this.accusers.clear();
    return contacts;
  }
}

/** Most places go to real contacts, which a crowd of joiners must not push out. */
const signalledBound = (limits: TrackerLimits): number => Math.ceil(limits.contacts * 0.75);

function remember(set: Set<Member>, member: Member, bound: number): void {
  set.delete(member);
  set.add(member);
  if (set.size <= bound) return;
  for (const oldest of set) {
    set.delete(oldest);
    return;
  }
}
