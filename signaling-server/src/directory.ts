import type { Member } from "./member.js";
import { Ranking } from "./ranking.js";
import { Swarm } from "./swarm.js";

/** All swarms and their members; O(1) a step. */
export class Directory {
  readonly #swarms = new Map<string, Swarm>();
  readonly #ranking = new Ranking<Swarm>();
  #peers = 0;

  get swarms(): number {
    return this.#swarms.size;
  }

  /** Memberships in all swarms. */
  get peers(): number {
    return this.#peers;
  }

  get(swarm: string): Swarm | undefined {
    return this.#swarms.get(swarm);
  }

  /** The swarm of that id, or a new one that must get a member at once. */
  open(id: string, channel: string): Swarm {
    return this.#swarms.get(id) ?? new Swarm(id, channel);
  }

  add(member: Member): void {
    const { swarm } = member;
    this.#swarms.set(swarm.id, swarm);
    swarm.add(member);
    this.#ranking.grown(swarm);
    this.#peers += 1;
  }

  remove(member: Member): void {
    const { swarm } = member;
    swarm.remove(member);
    this.#ranking.shrunk(swarm);
    if (swarm.size === 0) this.#swarms.delete(swarm.id);
    this.#peers -= 1;
  }

  largest(count: number): readonly Swarm[] {
    return this.#ranking.top(count);
  }

  /** Throws when its parts disagree; calls `visit` for every member. For tests and simulation: O(everything). */
  assertConsistent(visit: (member: Member) => void): void {
    let sizes = 0;
    for (const swarm of this.#swarms.values()) {
      if (swarm.size === 0) throw new Error(`swarm ${swarm.id} is empty`);
      swarm.assertConsistent();
      sizes += swarm.size;
      for (const member of swarm.members()) visit(member);
    }
    if (sizes !== this.#peers) throw new Error(`${this.#peers} peers counted, ${sizes} in swarms`);
    const order = this.#ranking.top(Number.MAX_SAFE_INTEGER);
    if (order.length !== this.#swarms.size) throw new Error(`${order.length} of ${this.#swarms.size} swarms ranked`);
    for (const [i, swarm] of order.entries()) {
      if (i > 0 && swarm.size > (order[i - 1]?.size ?? 0)) throw new Error("the ranking is out of order");
    }
  }
}
