import type { Member, Rank } from "./member.js";

/** The members of one swarm, by id and by {@link Rank}. Every operation is O(1) but sampling, which is O(what it is asked for). */
export class Swarm {
  readonly #members = new Map<string, Member>();
  readonly #ranks: readonly [Member[], Member[], Member[]] = [[], [], []];

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
    this.#place(member, member.wantedRank());
  }

  remove(member: Member): void {
    this.#members.delete(member.peer);
    this.#displace(member);
  }

  /** To be called when something that {@link Member.wantedRank} looks at has changed. */
  update(member: Member): void {
    const rank = member.wantedRank();
    if (rank === member.rank) return;
    this.#displace(member);
    this.#place(member, rank);
  }

  /**
   * Up to `count` random members not in `except`, the lowest rank first. A Fisher-Yates shuffle of the lists in place that
   * stops when it has enough: at most count + except.size + 3 steps, whatever the swarm's size.
   */
  sample(count: number, except: ReadonlySet<string>, random: () => number): Member[] {
    const found: Member[] = [];
    for (const list of this.#ranks) {
      for (let drawn = 0; drawn < list.length && found.length < count; drawn += 1) {
        const member = swap(list, drawn, drawn + Math.floor(random() * (list.length - drawn)));
        if (!except.has(member.peer)) found.push(member);
      }
    }
    return found;
  }

  /** Throws when the lists disagree with each other. For tests and simulation. */
  assertConsistent(): void {
    let listed = 0;
    for (const [rank, list] of this.#ranks.entries()) {
      listed += list.length;
      for (const [index, member] of list.entries()) {
        const sound = member.rank === rank && member.index === index && member.wantedRank() === rank && this.has(member);
        if (!sound) throw new Error(`swarm ${this.id}: member ${member.peer} is misplaced`);
      }
    }
    if (listed !== this.size) throw new Error(`swarm ${this.id}: ${listed} listed, ${this.size} members`);
  }

  #place(member: Member, rank: Rank): void {
    member.rank = rank;
    member.index = this.#ranks[rank].push(member) - 1;
  }

  #displace(member: Member): void {
    const list = this.#ranks[member.rank];
    swap(list, member.index, list.length - 1);
    list.pop();
    member.index = -1;
  }
}

/** Exchanges two members; returns the one now at `first`. */
function swap(list: Member[], first: number, second: number): Member {
  const a = list[first];
  const b = list[second];
  if (a === undefined || b === undefined) throw new RangeError("no member at that index");
  list[first] = b;
  list[second] = a;
  b.index = first;
  a.index = second;
  return b;
}
