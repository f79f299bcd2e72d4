import type { LiveTrack } from "./live-track.js";
import type { Member } from "./member.js";
import { RankedPool } from "./ranked-pool.js";

/** The members of one swarm, by id and by rank. Every operation is O(1) but sampling, which is O(what it is asked for). */
export class Swarm {
  /** Those that somebody plays, by track id: at most `MAX_TRACKS` a member, gone with their last viewer. */
  readonly tracks = new Map<number, LiveTrack>();
  readonly #members = new Map<string, Member>();
  readonly #pool = new RankedPool<Member>(3);

  constructor(
    readonly id: string,
    /** As its first member named it. */
    readonly channel: string,
  ) {}

  get size(): number {
    return this.#members.size;
  }

  get(peer: string): Member | undefined {
    return this.#members.get(peer);
  }

  has(member: Member): boolean {
    return this.#members.get(member.peer) === member;
  }

  members(): Iterable<Member> {
    return this.#members.values();
  }

  add(member: Member): void {
    this.#members.set(member.peer, member);
    this.update(member);
  }

  remove(member: Member): void {
    this.#members.delete(member.peer);
    if (this.#pool.has(member)) this.#pool.remove(member);
  }

  /** To be called when something that {@link Member.wantedRank} looks at has changed. Outcasts are not in the pool that others are offered. */
  update(member: Member): void {
    if (!member.isOutcast) this.#pool.place(member, member.wantedRank());
    else if (this.#pool.has(member)) this.#pool.remove(member);
  }

  /** Up to `count` random members not in `except`, the lowest rank first: at most count + except.size + 3 steps. */
  sample(count: number, except: ReadonlySet<string>, random: () => number): Member[] {
    return this.#pool.sample(count, (member) => !except.has(member.peer), random);
  }

  /** Throws when the lists disagree with each other. For tests and simulation. */
  assertConsistent(): void {
    let listed = 0;
    for (const member of this.#pool.consistentItems()) {
      listed += 1;
      if (member.wantedRank() !== member.rank || !this.has(member)) throw new Error(`swarm ${this.id}: member ${member.peer} is misplaced`);
    }
    for (const member of this.members()) if (member.isOutcast) listed += 1;
    if (listed !== this.size) throw new Error(`swarm ${this.id}: ${listed} listed, ${this.size} members`);
    for (const track of this.tracks.values()) track.assertConsistent();
  }
}
