import { BAN_MS, BAN_POINTS, GATHER_MS } from "./config.js";
import type { PeerId } from "./ids.js";
import { Neighbour } from "./neighbour.js";
import type { EngineState } from "./state.js";

/**
 * A connection attempt that has not come to anything after this long holds back neither the origin nor the next attempt: most take half a second,
 * or never come to anything, and two hard NATs find that out after ten.
 */
const DIAL_PATIENCE_MS = 3_000;
/** And after this long it counts as over, whatever becomes of it. */
const DIAL_MS = 12_000;
/** Peers are called when the player has its first segment, or after this long. */
const START_PATIENCE_MS = 2_000;
/** The tracker is asked for more peers at most this often; less and less often while it knows no new ones. */
const FIND_INTERVAL_MS = 3_000;
const MAX_FIND_INTERVAL_MS = 60_000;
/** What a full or unreachable peer is left alone for. */
const SHUN_MS = 30_000;
const MAX_EXCEPT = 64;
/** So long the tracker's word counts that somebody has just come: what such a peer needs is due sooner, and it has had nothing to give yet. */
const NEWCOMER_MS = 12_000;
/** Newcomers that are remembered. */
const MAX_NEWCOMERS = 256;
/** A caller who finds all places taken gets that of a neighbour, at most this often: most of the places of a settled swarm are taken. */
const REPLACE_INTERVAL_MS = 5_000;
/** A neighbour that has not unchoked us by then counts as one that will not. */
const UNCHOKE_PATIENCE_MS = 10_000;
/** A viewer counts as let down for so long after a rescue. */
const STARVING_MS = 10_000;
/** A neighbour has so long to show what it is worth. */
const SETTLED_MS = 20_000;
/** Neighbours are the bits of a number: see StoredSegment.holders. */
const COLUMNS = 32;

/** Who is, may become and must not be a neighbour. */
export class Membership {
  readonly #state: EngineState;
  /** Calls under way, and when they are given up. */
  readonly #dialingUntilMs = new Map<PeerId, number>();
  /** Peers that turned us away, or that we did, are not called again before this time. */
  readonly #shunnedUntilMs = new Map<PeerId, number>();
  /** Known peers that are not called yet. */
  readonly #waiting = new Set<PeerId>();
  readonly #bannedUntilMs = new Map<PeerId, number>();
  /** Peers that by the tracker's word had just come, and until when that counts. */
  readonly #newUntilMs = new Map<PeerId, number>();
  #replacedMs = -Infinity;
  #startedMs: number | undefined;
  #trackerAnswered = false;
  #nextFindMs = Infinity;
  #findIntervalMs = FIND_INTERVAL_MS;

  constructor(state: EngineState) {
    this.#state = state;
  }

  trackerPeers(peers: readonly PeerId[], swarmSize: number, nowMs: number): void {
    this.#trackerAnswered = true;
    this.#state.swarmSize = swarmSize;
    for (const peer of peers) this.#waiting.add(peer);
    if (peers.length > 0) this.#findIntervalMs = FIND_INTERVAL_MS;
    this.#nextFindMs = Math.min(this.#nextFindMs, nowMs + this.#findIntervalMs);
    this.review(nowMs);
  }

  /** Once: who comes again and again is no newcomer. */
  newcomer(peer: PeerId, nowMs: number): void {
    if (this.#newUntilMs.size >= MAX_NEWCOMERS) this.#newUntilMs.clear();
    if (!this.#newUntilMs.has(peer)) this.#newUntilMs.set(peer, nowMs + NEWCOMER_MS);
  }

  trackerDown(): void {
    this.#trackerAnswered = true;
    this.#nextFindMs = Infinity;
  }

  /**
   * The neighbour that has to go for `caller`, if anyone. The one that least was exchanged with misses us least, and finds another: so
   * newcomers get in, and who serves whom goes on changing until it suits. Simulated (300 viewers): steady copies 7.8 instead of 11.4.
   * Not on demand, where a neighbour may be of use later (100 viewers: offload 0.87 instead of 0.89).
   */
  replaceable(caller: PeerId, nowMs: number): Neighbour | undefined {
    const { neighbours } = this.#state;
    if (!this.#state.activeTracks().some((t) => t.live)) return undefined;
    // Whom we called ourselves we can do without.
    if (!this.#isFull || this.#dialingUntilMs.has(caller) || neighbours.has(caller) || this.isBanned(caller, nowMs) || nowMs - this.#replacedMs < REPLACE_INTERVAL_MS) return undefined;
    let least: Neighbour | undefined;
    let leastRate = Infinity;
    for (const n of neighbours.values()) {
      const ageMs = nowMs - n.connectedMs;
      const rate = (n.downloadedBytes + n.uploadedBytes) / ageMs;
      if (n.isFriend || ageMs < SETTLED_MS || rate >= leastRate) continue;
      least = n;
      leastRate = rate;
    }
    if (least !== undefined) this.#replacedMs = nowMs;
    return least;
  }

  /** The new neighbour, or undefined when it is unwanted and has been sent away. */
  connected(peer: PeerId, nowMs: number): Neighbour | undefined {
    this.#dialingUntilMs.delete(peer);
    const { neighbours } = this.#state;
    const reason = this.isBanned(peer, nowMs) ? "banned" : this.#isFull ? "full" : undefined;
    if (reason !== undefined || neighbours.has(peer)) {
      if (reason !== undefined) this.#state.emit({ type: "disconnect", peer, reason });
      return undefined;
    }
    let taken = 0;
    for (const n of neighbours.values()) taken |= n.bit;
    // The lowest bit that is free.
    const neighbour = new Neighbour(peer, ~taken & (taken + 1), nowMs);
    neighbour.newUntilMs = this.#newUntilMs.get(peer) ?? -Infinity;
    neighbours.set(peer, neighbour);
    return neighbour;
  }

  disconnected(peer: PeerId, nowMs: number): Neighbour | undefined {
    this.#dialingUntilMs.delete(peer);
    const neighbour = this.#state.neighbours.get(peer);
    this.#state.neighbours.delete(peer);
    if (neighbour?.handshaken !== true) this.#shunnedUntilMs.set(peer, nowMs + SHUN_MS);
    this.#nextFindMs = Math.min(this.#nextFindMs, nowMs + 1_000);
    return neighbour;
  }

  /** Adds points of misbehaviour; true when that bans the peer. One point is forgiven every second. */
  misbehaved(neighbour: Neighbour, points: number, reason: string, nowMs: number): boolean {
    neighbour.points = Math.max(0, neighbour.points - (nowMs - neighbour.pointsMs) / 1000) + points;
    neighbour.pointsMs = nowMs;
    if (neighbour.points < BAN_POINTS || this.isBanned(neighbour.peer, nowMs)) return false;
    this.#bannedUntilMs.set(neighbour.peer, nowMs + BAN_MS);
    this.#state.counters.bannedPeers++;
    this.#state.emit({ type: "banned", peer: neighbour.peer, reason });
    return true;
  }

  isBanned(peer: PeerId, nowMs: number): boolean {
    return (this.#bannedUntilMs.get(peer) ?? -Infinity) > nowMs;
  }

  /** Brings `gathering` up to date and asks the tracker for more peers when there are few. */
  review(nowMs: number): void {
    const state = this.#state;
    this.#startedMs ??= nowMs;
    for (const until of [this.#bannedUntilMs, this.#shunnedUntilMs, this.#dialingUntilMs]) for (const [peer, untilMs] of until) if (untilMs <= nowMs) until.delete(peer);
    // Opening connections takes a weak machine tens of milliseconds: not before the first picture.
    if (state.counters.playedBytes > 0 || nowMs - this.#startedMs >= START_PATIENCE_MS) {
      for (const peer of this.#waiting) this.#dial(peer, nowMs);
      this.#waiting.clear();
    }
    state.gathering = this.#waiting.size > 0 || (!this.#trackerAnswered && nowMs - this.#startedMs < GATHER_MS)
      || this.#hopeful(nowMs) > 0 || state.some((n) => !n.mapped && nowMs - n.connectedMs < DIAL_PATIENCE_MS);
    if (nowMs < this.#nextFindMs) return;
    this.#nextFindMs = nowMs + this.#findIntervalMs;
    this.#findIntervalMs = Math.min(MAX_FIND_INTERVAL_MS, 2 * this.#findIntervalMs);
    const missing = this.#missing(nowMs);
    if (missing > 0) state.emit({ type: "find-peers", count: missing, except: [...state.neighbours.keys(), ...this.#dialingUntilMs.keys(), ...this.#shunnedUntilMs.keys()].slice(0, MAX_EXCEPT) });
  }

  get nextReviewMs(): number {
    return this.#waiting.size > 0 ? Math.min(this.#nextFindMs, (this.#startedMs ?? 0) + START_PATIENCE_MS) : this.#nextFindMs;
  }

  get #isFull(): boolean {
    return this.#state.neighbours.size >= this.#places;
  }

  get #places(): number {
    return Math.min(this.#state.options.maxNeighbours, COLUMNS);
  }

  /**
   * How many more to call. Two thirds of the places are for those we call, the rest for those who call us; who goes on choking us is
   * no help, and another one is called beside it. Who has just come, or whom its neighbours have let down, calls as many as it may have.
   */
  #missing(nowMs: number): number {
    const { neighbours } = this.#state;
    const places = this.#places;
    const hopeful = this.#hopeful(nowMs);
    const helpful = [...neighbours.values()].filter((n) => !n.chokesUs || nowMs - n.connectedMs < UNCHOKE_PATIENCE_MS).length;
    const wanted = nowMs - Math.max(this.#startedMs ?? nowMs, this.#state.rescuedMs) < STARVING_MS ? places : Math.ceil((2 / 3) * places);
    return Math.min(wanted - helpful, places - neighbours.size) - hopeful;
  }

  /** Calls that may still be answered. */
  #hopeful(nowMs: number): number {
    return [...this.#dialingUntilMs.values()].filter((untilMs) => untilMs - nowMs > DIAL_MS - DIAL_PATIENCE_MS).length;
  }

  #dial(peer: PeerId, nowMs: number): void {
    const { neighbours, options } = this.#state;
    if (peer === options.peer || neighbours.has(peer) || this.#dialingUntilMs.has(peer) || this.isBanned(peer, nowMs) || this.#shunnedUntilMs.has(peer)) return;
    if (this.#missing(nowMs) <= 0) return;
    this.#dialingUntilMs.set(peer, nowMs + DIAL_MS);
    this.#state.emit({ type: "connect", peer });
  }
}
