import { Announcer } from "./announcer.js";
import type { ChunkJudge, JudgeParts, Witnesses } from "./belief.js";
import { type EngineOptions, MAX_PROMISED_SEGMENTS, PROMISE_MS } from "./config.js";
import type { Effect, Input } from "./contract.js";
import { Downloads } from "./downloads.js";
import { Fetches, type OriginChunk } from "./fetches.js";
import type { PeerId } from "./ids.js";
import { Integrity } from "./integrity.js";
import { Judge } from "./judge.js";
import { Membership } from "./membership.js";
import { type ChunkRun, type Message, PROTOCOL_VERSION } from "./message.js";
import type { Neighbour } from "./neighbour.js";
import { OriginPlan } from "./origin-plan.js";
import { PlayerDesk } from "./player-desk.js";
import type { Push } from "./push.js";
import { Seats } from "./seats.js";
import type { Receipts } from "./receipts.js";
import { CHUNK_BYTES } from "./segment.js";
import { type Counters, EngineState } from "./state.js";
import { Chunk, type StoredSegment } from "./stored-segment.js";
import { Uploads } from "./uploads.js";

/** While something is wanted or requested, decisions are reviewed this often. */
const BUSY_TICK_MS = 200;
const IDLE_TICK_MS = 1_000;
/** Points for a size that the origin contradicts: an honest peer may have been deceived. */
const WRONG_SIZE = 40;
/** Points for a message, for each hash that it asks for, and for a chunk that is here already: what an honest peer needs is forgiven as it comes, fifty messages, 5,000 hashes and ten chunks a second. */
const CHATTER = 0.02;
const ASKED_HASH = 0.0002;
const DUPLICATE = 0.1;
const FLOOD = "flood";
/** Runs that a neighbour may have promised of one segment. */
const MAX_PROMISES = 16;
/** Somebody else gets the place of a neighbour that has been lost for so long; ICE notices after 5 to 30 s. */
const LOST_FOR_GOOD_MS = 4_000;

export interface NeighbourSnapshot {
  readonly peer: PeerId;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  readonly rttMs: number;
  readonly rateBps: number;
  readonly chokesUs: boolean;
  readonly choked: boolean;
}

/** Totals and the present state, for statistics. */
export interface EngineStats extends Readonly<Counters> {
  readonly neighbours: readonly NeighbourSnapshot[];
  readonly storedBytes: number;
  /** Segments of which every chunk is there. */
  readonly segments: number;
  readonly aheadS: number;
}

/**
 * Delivery of one stream for one viewer, without I/O: inputs in, effects out. No clock, timer, promise or ambient chance
 * inside, so that the code that runs in a tab also runs ten thousand times in one process in virtual time.
 *
 * After every `handle` or `tick`, `poll` until it returns undefined, then call `tick` at `nextTimeoutMs`. Times are milliseconds on any
 * clock that does not go back.
 */
export class Engine {
  readonly #state: EngineState;
  readonly #membership: Membership;
  readonly #announcer: Announcer;
  readonly #integrity: Witnesses;
  readonly #downloads: Downloads;
  readonly #uploads: Uploads;
  readonly #fetches: Fetches;
  readonly #seats: Seats;
  readonly #plan: OriginPlan;
  readonly #desk: PlayerDesk;
  readonly #judge: ChunkJudge;
  readonly #push: Push | undefined;
  readonly #receipts: Receipts | undefined;
  #tickedMs = -Infinity;

  constructor(options: EngineOptions) {
    const state = (this.#state = new EngineState(options));
    this.#membership = new Membership(state);
    this.#announcer = new Announcer(state);
    const agreed = new Integrity(state, this.#announcer);
    const other = options.belief?.witnesses(state);
    this.#integrity = other ?? agreed;
    this.#downloads = new Downloads(state, this.#integrity);
    const blame: JudgeParts["blame"] = (...found) => this.#blame(...found);
    this.#receipts = options.receipts?.({ state, announcer: this.#announcer, blame });
    this.#fetches = new Fetches(state, this.#announcer);
    this.#uploads = new Uploads(state, this.#fetches, this.#receipts);
    this.#seats = new Seats(state);
    const around = { state, announcer: this.#announcer, integrity: this.#integrity, downloads: this.#downloads, fetches: this.#fetches, uploads: this.#uploads, seats: this.#seats };
    this.#push = this.#downloads.push = options.push?.({ ...around, judging: () => ({ ...parts, judge: this.#judge }) });
    this.#desk = new PlayerDesk({ ...around, push: this.#push });
    this.#plan = new OriginPlan({ ...around, desk: this.#desk });
    const parts: JudgeParts = { ...around, plan: this.#plan, desk: this.#desk, blame, learnSize: (...found) => this.#learnSize(...found) };
    this.#judge = other?.judge(parts) ?? new Judge({ ...parts, integrity: agreed });
  }

  handle(input: Input, nowMs: number): void {
    if (this.#take(input, nowMs)) this.#tick(nowMs);
    this.#announcer.ride(nowMs);
  }

  /** True when all that depends on time is to be looked at again. */
  #take(input: Input, nowMs: number): boolean {
    switch (input.type) {
      case "playlist":
        this.#desk.playlist(input, nowMs);
        break;
      case "playhead":
        this.#desk.playhead(input, nowMs);
        return false;
      case "want":
        this.#desk.want(input, nowMs);
        break;
      case "unwant":
        this.#desk.unwant(input.want);
        break;
      case "tracker-peers":
        this.#membership.trackerPeers(input.peers, input.swarmSize, nowMs);
        break;
      case "tracker-down":
        this.#membership.trackerDown();
        this.#seats.trackerDown();
        break;
      case "seats":
        this.#seats.given(input, nowMs);
        break;
      case "awake":
        this.#seats.awake(input.awake);
        break;
      case "newcomer":
        this.#membership.newcomer(input.peer, nowMs);
        return false;
      case "connected":
        this.#connected(input.peer, input.friend === true, nowMs);
        break;
      case "disconnected":
        this.#gone(input.peer, nowMs);
        break;
      case "message":
        this.#message(input.peer, input.message, nowMs);
        return false;
      case "malformed":
        this.#blame(input.peer, 100, `malformed message: ${input.reason}`, nowMs);
        break;
      case "writable":
        this.#uploads.drained(input.peer, input.bufferedBytes, nowMs);
        return false;
      case "origin-head":
      case "origin-bytes":
      case "origin-done":
      case "origin-failed":
        this.#origin(input, nowMs);
        return false;
      case "hashed":
        this.#judge.hashed(input, nowMs);
        return false;
      case "signed":
      case "unsigned":
      case "list-fetched":
      case "list-checked":
        this.#judge.evidence(input, nowMs);
        return false;
      case "receipt-signed":
      case "receipt-checked":
      case "members":
        this.#receipts?.evidence(input, nowMs);
        return false;
    }
    return true;
  }

  poll(): Effect | undefined {
    return this.#state.poll();
  }

  /** When `tick` has something to do, or undefined while there is nothing to wait for. */
  nextTimeoutMs(): number | undefined {
    const next = Math.min(this.#uploads.uplink.dueMs, this.#reviewMs);
    return next === Infinity ? undefined : next;
  }

  get #reviewMs(): number {
    const { wanted, neighbours } = this.#state;
    const busy = wanted.size > 0 || this.#integrity.isHolding || this.#announcer.isWaiting || this.#state.some((n) => n.outstanding.length > 0);
    return Math.min(
      busy ? this.#tickedMs + BUSY_TICK_MS : neighbours.size > 0 ? this.#tickedMs + IDLE_TICK_MS : Infinity,
      this.#uploads.nextReviewMs,
      this.#membership.nextReviewMs,
      this.#announcer.newsMs,
      this.#seats.nextReloadMs,
    );
  }

  tick(nowMs: number): void {
    // A chunk's turn is no reason to look at all else.
    if (nowMs >= this.#uploads.uplink.dueMs && nowMs < this.#reviewMs) this.#uploads.pump(nowMs);
    else this.#tick(nowMs);
    this.#announcer.ride(nowMs);
  }

  #tick(nowMs: number): void {
    this.#tickedMs = nowMs;
    this.#membership.review(nowMs);
    this.#downloads.expire(nowMs);
    for (const n of this.#state.neighbours.values()) if (n.isLost && nowMs - n.heardMs > LOST_FOR_GOOD_MS) this.#sendAway(n, "silent", nowMs);
    this.#judge.review(nowMs);
    this.#plan.giveUpStalled(nowMs);
    for (const segment of this.#state.wanted) this.#plan.plan(segment, nowMs);
    for (const track of this.#state.activeTracks())
      if (track.live) for (const segment of track.segments.slice(-3)) if (segment.wants.size === 0 && segment.ref.sequence >= this.#state.hookIn(track)) this.#plan.seed(segment, nowMs);
    this.#push?.review(nowMs);
    this.#downloads.fillAll(nowMs);
    this.#announcer.tick(nowMs);
    this.#uploads.tick(nowMs);
    this.#seats.review(this.#uploads.uplink.bps, nowMs);
    this.#seats.reload(nowMs);
  }

  stats(nowMs: number): EngineStats {
    const { counters, store } = this.#state;
    const segments = [...store.segments.values()].filter((s) => s.complete).length;
    const neighbours = [...this.#state.neighbours.values()].map((n) => ({
      peer: n.peer, downloadedBytes: n.downloadedBytes, uploadedBytes: n.uploadedBytes, rttMs: n.roundTrip.srttMs, rateBps: n.rateBps(nowMs), chokesUs: n.chokesUs, choked: n.choked,
    }));
    return { ...counters, fetches: { ...counters.fetches }, neighbours, storedBytes: store.heldBytes, segments, aheadS: this.#state.aheadS(nowMs) };
  }

  /** Peers that the tracker is to be asked about at the next occasion: are they members? `members` answers. */
  get strangers(): readonly PeerId[] {
    return this.#receipts?.strangers ?? [];
  }

  /** For tests and simulation: what {@link assertInvariants} looks at. Not to be changed. */
  inspect(): EngineState {
    return this.#state;
  }

  // --- neighbours

  #connected(peer: PeerId, isFriend: boolean, nowMs: number): void {
    const replaced = this.#membership.replaceable(peer, nowMs);
    if (replaced !== undefined) this.#sendAway(replaced, "replaced", nowMs);
    const neighbour = this.#membership.connected(peer, nowMs);
    if (neighbour === undefined) return;
    neighbour.isFriend = isFriend;
    const { swarm, peer: self, serves } = this.#state.options;
    this.#state.send(peer, { type: "HANDSHAKE", version: PROTOCOL_VERSION, swarm, peer: self, serves });
  }

  #gone(peer: PeerId, nowMs: number): void {
    const neighbour = this.#membership.disconnected(peer, nowMs);
    if (neighbour === undefined) return;
    this.#downloads.abandon(neighbour);
    this.#push?.lost(neighbour, true, nowMs);
    this.#judge.forget(peer);
    for (const segment of this.#state.store.segments.values()) segment.clearColumn(neighbour);
    this.#judge.review(nowMs);
  }

  #sendAway(neighbour: Neighbour, reason: string, nowMs: number): void {
    this.#state.emit({ type: "disconnect", peer: neighbour.peer, reason });
    this.#gone(neighbour.peer, nowMs);
  }

  #blame(peer: PeerId, points: number, reason: string, nowMs: number): void {
    const neighbour = this.#state.neighbours.get(peer);
    if (neighbour === undefined) return;
    if (!this.#membership.misbehaved(neighbour, points, reason, nowMs)) return;
    this.#judge.dropSoleWord(peer);
    this.#sendAway(neighbour, reason, nowMs);
  }

  #message(peer: PeerId, message: Message, nowMs: number): void {
    if (message.type !== "DATA") this.#blame(peer, message.type === "INTEGRITY_REQ" ? message.runs.reduce((sum, { count }) => sum + count * ASKED_HASH, CHATTER) : CHATTER, FLOOD, nowMs);
    const neighbour = this.#state.neighbours.get(peer);
    if (neighbour === undefined) return;
    neighbour.heardMs = nowMs;
    neighbour.isLost = false;
    // Not a reason for a ban: a browser may lose a first message (see the caller's first word in browser/link.ts). The connection is made anew.
    if (!neighbour.handshaken && message.type !== "HANDSHAKE") return this.#sendAway(neighbour, "message before HANDSHAKE", nowMs);
    switch (message.type) {
      case "HANDSHAKE": return this.#handshake(neighbour, message, nowMs);
      case "HAVE": return this.#have(neighbour, message, nowMs);
      case "WANT":
        neighbour.wants = new Map(message.segments.map((ref) => [ref.id, ref]));
        return;
      case "PROMISE": return this.#promise(neighbour, message, nowMs);
      case "REQUEST": return this.#uploads.requested(neighbour, message, nowMs);
      case "CANCEL":
        this.#push?.cancelled(neighbour, message.runs);
        return this.#uploads.cancelled(neighbour, message.runs);
      case "REJECT": return this.#rejected(neighbour, message.runs, nowMs);
      case "DATA": return this.#data(neighbour, message, nowMs);
      case "CHOKE":
        neighbour.chokesUs = true;
        this.#downloads.abandon(neighbour);
        this.#push?.lost(neighbour, false, nowMs);
        return this.#downloads.fillAll(nowMs);
      case "UNCHOKE":
        neighbour.chokesUs = false;
        return this.#downloads.fill(neighbour, nowMs);
      case "INTEGRITY_REQ": return this.#integrity.answer(message.runs, neighbour, nowMs);
      case "INTEGRITY": return this.#judge.word(neighbour, message, nowMs);
      case "RECEIPT": return this.#receipts?.heard(neighbour, message);
      case "SUBSTREAMS": return this.#push?.heard(neighbour, message, nowMs);
    }
  }

  #handshake(neighbour: Neighbour, message: Extract<Message, { type: "HANDSHAKE" }>, nowMs: number): void {
    const { swarm } = this.#state.options;
    if (neighbour.handshaken || message.version !== PROTOCOL_VERSION || message.swarm !== swarm || message.peer !== neighbour.peer)
      return this.#sendAway(neighbour, message.version === PROTOCOL_VERSION ? "wrong handshake" : "other protocol version", nowMs);
    neighbour.handshaken = true;
    neighbour.serves = message.serves;
    this.#announcer.introduce(neighbour, nowMs);
    this.#uploads.admit(neighbour);
  }

  /** Buffer map, or what changed in it. */
  #have(neighbour: Neighbour, message: Extract<Message, { type: "HAVE" }>, nowMs: number): void {
    const isFirst = !neighbour.mapped;
    neighbour.mapped = true;
    for (const { segment: ref, sizeBytes, chunks } of message.entries) {
      // Outside the live window everything counts as deleted (TR3).
      const isGone = chunks === "none" || ref.sequence < this.#state.store.discardBefore(ref.track);
      let segment = this.#state.store.get(ref);
      if (segment === undefined && !isGone) {
        this.#desk.foresee(ref, nowMs);
        segment = this.#state.store.get(ref);
      }
      if (isGone || segment?.sizeBytes !== sizeBytes) {
        segment?.setHolder(neighbour, "none");
        neighbour.dropClaim(ref.id);
        if (chunks === "none" || isGone) continue;
        neighbour.claim({ segment: ref, sizeBytes, chunks });
        if (segment !== undefined && !this.#sized(segment, sizeBytes, neighbour, nowMs)) return;
      } else segment.setHolder(neighbour, chunks);
      if (segment !== undefined) segment.progressMs = nowMs;
      neighbour.promises.get(ref.id)?.forEach((promise) => (promise.expiresMs = nowMs + PROMISE_MS));
      if (chunks === "all") neighbour.promises.delete(ref.id);
    }
    if (isFirst) this.#membership.review(nowMs);
    this.#downloads.fill(neighbour, nowMs);
  }

  /** A neighbour tells a size that we do not have. False when that was the end of it. */
  #sized(segment: StoredSegment, sizeBytes: number, neighbour: Neighbour, nowMs: number): boolean {
    if (segment.sizeBytes === undefined) this.#desk.learnSize(segment, sizeBytes, false);
    else if (segment.sizeCertain) {
      this.#blame(neighbour.peer, WRONG_SIZE, "wrong size", nowMs);
      return false;
    } else if (!segment.sizeDisputed) segment.sizeDisputed = this.#judge.settlesSize(segment, nowMs);
    return true;
  }

  #promise(neighbour: Neighbour, { runs, withdrawn }: Extract<Message, { type: "PROMISE" }>, nowMs: number): void {
    for (const run of runs) {
      const others = (neighbour.promises.get(run.segment.id) ?? []).filter((p) => p.first !== run.first && p.expiresMs > nowMs);
      if (!withdrawn && others.length < MAX_PROMISES) others.push({ first: run.first, count: run.count, expiresMs: nowMs + PROMISE_MS });
      if (others.length === 0) neighbour.promises.delete(run.segment.id);
      else neighbour.promises.set(run.segment.id, others);
    }
    for (const id of neighbour.promises.keys()) {
      if (neighbour.promises.size <= MAX_PROMISED_SEGMENTS) break;
      neighbour.promises.delete(id);
    }
  }

  /** What it could not give it does not have: the next HAVE will say what it does. */
  #rejected(neighbour: Neighbour, runs: readonly ChunkRun[], nowMs: number): void {
    for (const run of runs) {
      this.#downloads.rejected(neighbour, run);
      if (neighbour.chokesUs) continue;
      this.#state.store.get(run.segment)?.setHolder(neighbour, "none");
      neighbour.dropClaim(run.segment.id);
    }
    this.#downloads.fillAll(nowMs);
  }

  #data(neighbour: Neighbour, { segment: ref, chunk, payload }: Extract<Message, { type: "DATA" }>, nowMs: number): void {
    const segment = this.#state.store.get(ref);
    const { counters } = this.#state;
    const isPushed = this.#push?.accepts(neighbour, nowMs) === true;
    if (segment === undefined) {
      // Discarded since it was asked for, or never known.
      if (neighbour.lateAllowed > 0 && !isPushed) neighbour.lateAllowed--;
      else this.#blame(neighbour.peer, isPushed ? DUPLICATE : 20, "unrequested data", nowMs);
      counters.duplicateBytes += payload.length;
      return;
    }
    const waiting = neighbour.outstanding.length;
    if (!this.#downloads.answered(neighbour, { segment, chunk, bytes: payload.length, isPushed }, nowMs)) return this.#blame(neighbour.peer, 20, "unrequested data", nowMs);
    if (neighbour.outstanding.length === waiting) this.#push?.came(neighbour, segment, chunk, nowMs);
    neighbour.downloadedBytes += payload.length;
    counters.peerBytes += payload.length;
    if (chunk >= segment.chunks || payload.length !== segment.chunkLength(chunk)) this.#blame(neighbour.peer, 50, "wrong length", nowMs);
    else if (segment.state[chunk] !== Chunk.missing) {
      counters.duplicateBytes += payload.length;
      this.#blame(neighbour.peer, DUPLICATE, FLOOD, nowMs);
    } else {
      this.#desk.received(segment, nowMs);
      segment.receive(chunk, payload, neighbour.peer);
      this.#state.store.heldBytes += payload.length;
      this.#judge.submit(segment, chunk, payload, neighbour);
      // Someone else may have been asked too (end-game), or the origin.
      if (segment.requested[chunk] !== 0) this.#downloads.cancel((r) => r.segment === segment && r.chunk === chunk);
    }
    // It may have been banned for this very chunk.
    if (this.#state.neighbours.has(neighbour.peer)) this.#downloads.fill(neighbour, nowMs);
  }

  // --- the origin

  #origin(input: Extract<Input, { type: "origin-head" | "origin-bytes" | "origin-done" | "origin-failed" }>, nowMs: number): void {
    switch (input.type) {
      case "origin-head": {
        const fetch = this.#fetches.get(input.fetch);
        if (fetch === undefined) return;
        this.#fetches.head(input.fetch, input, nowMs);
        const { sizeBytes = 0 } = input;
        if (fetch.segment.signed && sizeBytes > 0 && sizeBytes !== fetch.segment.sizeBytes) this.#judge.fellShort(fetch.segment, nowMs);
        else if (sizeBytes > 0) this.#learnSize(fetch.segment, sizeBytes, nowMs);
        // A part says nothing of the size that a neighbour claims; the whole will.
        else if (fetch.ranged && !fetch.segment.sizeCertain) {
          this.#fetches.abort((f) => f === fetch);
          this.#tick(nowMs);
        }
        return;
      }
      case "origin-bytes": {
        const fetch = this.#fetches.get(input.fetch);
        if (fetch !== undefined) this.#desk.received(fetch.segment, nowMs);
        for (const chunk of this.#fetches.bytes(input.fetch, input.bytes, nowMs)) this.#originChunk(chunk);
        return;
      }
      case "origin-done": {
        const done = this.#fetches.done(input.fetch, nowMs, (segment, sizeBytes) => this.#learnSize(segment, sizeBytes, nowMs));
        if (done === undefined) return;
        for (const chunk of done.chunks) this.#originChunk(chunk);
        const { segment, slice, atByte } = done.fetch;
        if (atByte === 0 || atByte < Math.min(slice.end * CHUNK_BYTES, segment.sizeBytes ?? 0)) this.#judge.fellShort(segment, nowMs);
        else {
          segment.failure = undefined;
          segment.originFailures = 0;
        }
        return this.#tick(nowMs);
      }
      case "origin-failed": {
        const fetch = this.#fetches.failed(input.fetch);
        if (fetch === undefined) return;
        if (fetch.reason === "check" || fetch.reason === "settle") this.#judge.examinationFailed(nowMs);
        // A range past the end is no failure: the playlist's bandwidth promised more than there was.
        if (input.status === 416) fetch.segment.originRetryMs = nowMs + 500;
        else this.#plan.failed(fetch.segment, input, nowMs);
        return this.#tick(nowMs);
      }
    }
  }

  /** The origin tells the size; neighbours who told another one lied or were deceived. */
  #learnSize(segment: StoredSegment, sizeBytes: number, nowMs: number): void {
    if (segment.sizeCertain && segment.sizeBytes === sizeBytes) return;
    const { neighbours } = this.#state;
    const wrong = segment.sizeBytes === sizeBytes ? [] : [...neighbours.values()].filter((n) => segment.isHeldBy(n));
    this.#desk.learnSize(segment, sizeBytes, true);
    segment.sizeDisputed = false;
    // What they have claimed by the right size is no claim any more.
    for (const n of neighbours.values()) if (n.claims.has(segment.ref.id)) wrong.push(n);
    for (const n of wrong) {
      n.dropClaim(segment.ref.id);
      this.#blame(n.peer, WRONG_SIZE, "wrong size", nowMs);
    }
  }

  #originChunk(chunk: OriginChunk): void {
    const { segment, chunk: index } = chunk;
    if (segment.requested[index] !== 0 && chunk.reason !== "check") this.#downloads.cancel((r) => r.segment === segment && r.chunk === index);
    this.#judge.originChunk(chunk);
  }
}
