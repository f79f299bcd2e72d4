import type { Evidence, JudgeParts } from "./belief.js";
import type { Input } from "./contract.js";
import type { OriginChunk } from "./fetches.js";
import type { ChunkHash, FetchId, PeerId } from "./ids.js";
import type { HeldChunk, Integrity } from "./integrity.js";
import type { Message } from "./message.js";
import type { Neighbour } from "./neighbour.js";
import { isSlow } from "./origin-plan.js";
import { Chunk, type StoredSegment } from "./stored-segment.js";

/** Points for a chunk that the origin contradicts, once a segment: the third segment bans, since an honest peer may have been deceived. */
const FALSE_CHUNK = 40;
const MAX_FALSE_CHUNKS = 32;
/** Points for a wrong hash passed on in good faith, or not. */
const HEARSAY = 1;
/** Points for a proven lie: "I had this from the origin", or data that contradicts one's own word. */
const LIE = 100;
/** One dispute a neighbour and this long, or false alarms would be a way to make us ask the origin. */
const DISPUTE_INTERVAL_MS = 5_000;

const EXAMINATION_RETRY_MS = 1_000;

interface Pending {
  readonly segment: StoredSegment;
  readonly chunk: number;
  readonly payload: Uint8Array;
  /** Undefined: the origin. */
  readonly giver: Neighbour | undefined;
}

interface Parts extends JudgeParts {
  readonly integrity: Integrity;
}

/** Takes chunks that have arrived through hashing and judgement into the store, or throws them out and blames their giver. */
export class Judge {
  readonly #state: Parts["state"];
  readonly #integrity: Parts["integrity"];
  readonly #plan: Parts["plan"];
  readonly #fetches: Parts["fetches"];
  readonly #announcer: Parts["announcer"];
  readonly #uploads: Parts["uploads"];
  readonly #desk: Parts["desk"];
  readonly #blame: Parts["blame"];
  readonly #pending = new Map<number, Pending>();
  readonly #disputes = new Map<PeerId, number>();
  /** One dispute a segment at a time: the first verdict bans a liar, and often that ends the others. */
  readonly #settling = new Map<StoredSegment, FetchId>();
  /** The origin could not answer: it is not asked to judge again before this time. */
  #nextExaminationMs = 0;
  #nextToken = 1;

  constructor(parts: Parts) {
    this.#state = parts.state;
    this.#integrity = parts.integrity;
    this.#plan = parts.plan;
    this.#fetches = parts.fetches;
    this.#announcer = parts.announcer;
    this.#uploads = parts.uploads;
    this.#desk = parts.desk;
    this.#blame = parts.blame;
  }

  /** A neighbour's chunk, already marked as received. */
  submit(segment: StoredSegment, chunk: number, payload: Uint8Array, giver: Neighbour): void {
    this.#hash({ segment, chunk, payload, giver });
  }

  /** A chunk of the origin's: it goes into the store, and says who was right. */
  originChunk({ segment, chunk, payload, reason, isWhole }: OriginChunk): void {
    if (chunk >= segment.chunks) return;
    // A check that took the chunk's place would not test the neighbour who is about to give it.
    if (segment.state[chunk] === Chunk.missing && (reason !== "check" || (isWhole && segment.requested[chunk] === 0))) {
      segment.receive(chunk, payload, "origin");
      this.#state.store.heldBytes += payload.length;
    } else if (reason !== "check" && reason !== "settle") this.#state.counters.duplicateBytes += payload.length;
    this.#hash({ segment, chunk, payload, giver: undefined });
  }

  hashed({ token, hash }: Extract<Input, { type: "hashed" }>, nowMs: number): void {
    const pending = this.#pending.get(token);
    if (pending === undefined) return;
    this.#pending.delete(token);
    const { segment, chunk, payload, giver } = pending;
    // The live window has passed it meanwhile, or its size was corrected.
    if (this.#state.store.get(segment.ref) !== segment || chunk >= segment.chunks) return;
    if (giver === undefined) return this.#originSaid(segment, chunk, payload, hash, nowMs);
    // Replaced or evicted meanwhile.
    if (segment.payloads[chunk] !== payload || segment.state[chunk] !== Chunk.unverified) return;
    this.#decide({ segment, chunk, giver, hash, contradicted: this.#integrity.contradictsItself(giver, segment, chunk, hash), sinceMs: nowMs, dueMs: nowMs }, nowMs);
  }

  /** What a neighbour vouches for. An answer settles held chunks; news about what we hold already may start a dispute. */
  word(from: Neighbour, message: Extract<Message, { type: "INTEGRITY" }>, nowMs: number): void {
    const segment = this.#state.store.get(message.segment);
    if (segment === undefined || segment.chunks === 0) return;
    if (message.first + message.hashes.length > segment.chunks) return this.#blame(from.peer, 20, "hashes out of bounds", nowMs);
    if (!segment.complete) this.#integrity.word(from, segment, message);
    message.hashes.forEach((hash, i) => this.#compare(from, { segment, chunk: message.first + i, hash, fromOrigin: message.fromOrigin }, nowMs));
    for (let i = 0; i < message.hashes.length; i++) this.#retry(segment, message.first + i, nowMs);
  }

  /** Chunks whose witnesses stay silent are judged without them. */
  review(nowMs: number, dueMs = nowMs): void {
    for (const held of this.#integrity.overdue(dueMs)) this.#decide(held, nowMs);
  }

  /** A neighbour is gone. */
  forget(peer: PeerId): void {
    this.#disputes.delete(peer);
  }

  /** The origin could not be asked: held chunks wait for the next occasion. */
  examinationFailed(nowMs: number): void {
    this.#nextExaminationMs = nowMs + EXAMINATION_RETRY_MS;
  }

  /** Signatures are nothing that it knows of. */
  evidence(_input: Evidence, _nowMs: number): void {}

  /** The origin's body ended too early. */
  fellShort(segment: StoredSegment, nowMs: number): void {
    this.#plan.failed(segment, { status: 0, timedOut: false }, nowMs);
  }

  /** A neighbour tells another size than others do: only the origin can say. False where the size is not to be found out. */
  settlesSize(segment: StoredSegment, nowMs: number): boolean {
    this.#plan.examine(segment, 0, "settle", nowMs);
    return true;
  }

  /** A peer was caught lying: what rests on its word alone is fetched again. */
  dropSoleWord(peer: PeerId): void {
    for (const { segment, chunk } of this.#integrity.soleWordOf(peer)) this.#drop(segment, chunk);
  }

  #hash(pending: Pending): void {
    const token = this.#nextToken++;
    this.#pending.set(token, pending);
    this.#state.emit({ type: "hash", segment: pending.segment.ref, chunk: pending.chunk, token, payload: pending.payload });
  }

  #decide(held: HeldChunk, nowMs: number): void {
    const { segment, chunk, giver, hash } = held;
    if (segment.state[chunk] !== Chunk.unverified || segment.givers[chunk] !== giver.peer) {
      this.#integrity.release(held);
      return;
    }
    if (segment.sizeDisputed) {
      this.#integrity.hold(held);
      return;
    }
    const isChecked = ({ check }: Neighbour): boolean => check !== undefined && this.#fetches.get(check) !== undefined;
    const isChecking = isChecked(giver) || (!this.#state.some((n) => n.isProven) && this.#state.some(isChecked));
    const verdict = this.#integrity.judge(held, isChecking, nowMs);
    switch (verdict) {
      case "verified":
        this.#integrity.release(held);
        return this.#accept(segment, chunk, hash, giver, nowMs);
      case "false":
        this.#integrity.release(held);
        this.#drop(segment, chunk);
        if (held.contradicted) return this.#blame(giver.peer, LIE, "data against its own word", nowMs);
        return this.#falseChunk(giver, { segment, chunk, hash }, nowMs);
      case "hold":
        this.#integrity.hold(held);
        return;
      case "check":
        this.#integrity.hold(held);
        // An origin that cannot keep up has better things to do, and in a large swarm newcomers are many.
        if ((isSlow(segment) || !this.#state.isSmall) && this.#integrity.probe(giver, nowMs)) return;
        // Nobody knows its URL yet.
        if (nowMs < this.#nextExaminationMs || !segment.listed) return;
        giver.check = this.#plan.examine(segment, chunk, "check", nowMs);
        return;
      case "settle":
        this.#integrity.hold(held);
        return this.#settle(segment, chunk, nowMs);
    }
  }

  #settle(segment: StoredSegment, chunk: number, nowMs: number): void {
    const running = this.#settling.get(segment);
    if ((running !== undefined && this.#fetches.get(running) !== undefined) || nowMs < this.#nextExaminationMs) return;
    for (const [other, fetch] of this.#settling) if (this.#fetches.get(fetch) === undefined) this.#settling.delete(other);
    this.#settling.set(segment, this.#plan.examine(segment, chunk, "settle", nowMs));
  }

  #accept(segment: StoredSegment, chunk: number, hash: ChunkHash, giver: Neighbour, nowMs: number): void {
    const firstSole = segment.soleWord[chunk] === 1 && segment.soleWord.indexOf(1) === chunk && segment.soleWord.lastIndexOf(1) === chunk;
    segment.verify(chunk, hash);
    this.#uploads.received(giver.peer, segment, chunk, nowMs);
    if (firstSole && this.#integrity.spotCheckDue(segment.chunks, this.#fetches.rangesUsable)) this.#plan.examine(segment, this.#state.random.below(segment.chunks), "check", nowMs);
    this.#desk.stored(segment, chunk, nowMs);
  }

  /** The giver may have been deceived itself: its own word, for which it is asked, tells a liar from a victim. */
  #falseChunk(giver: Neighbour, found: { segment: StoredSegment; chunk: number; hash: ChunkHash }, nowMs: number): void {
    const { segment, chunk, hash } = found;
    const prefix = `${segment.ref.id}/`;
    const isFirst = ![...giver.falseChunks.keys()].some((key) => key.startsWith(prefix));
    if (giver.falseChunks.size >= MAX_FALSE_CHUNKS) giver.falseChunks.clear();
    // Who has set it right since is asked no more, and the others at once, before they hear the truth and give that as their word.
    if (!this.#integrity.contradictsItself(giver, segment, chunk, hash)) {
      giver.falseChunks.set(prefix + chunk, hash);
      this.#state.send(giver.peer, { type: "INTEGRITY_REQ", runs: [{ segment: segment.ref, first: chunk, count: 1 }] });
    }
    if (isFirst) this.#blame(giver.peer, FALSE_CHUNK, "false chunk", nowMs);
  }

  #originSaid(segment: StoredSegment, chunk: number, payload: Uint8Array, hash: ChunkHash, nowMs: number): void {
    const before = segment.state[chunk];
    const believed = segment.hashes[chunk];
    const giver = segment.givers[chunk];
    if (segment.state[chunk] === Chunk.verified && believed !== hash) {
      // We were deceived: tell the neighbours what the origin says, so that they look for themselves.
      this.#drop(segment, chunk);
      const neighbour = giver === undefined || giver === "origin" ? undefined : this.#state.neighbours.get(giver);
      if (neighbour !== undefined && believed !== undefined) this.#falseChunk(neighbour, { segment, chunk, hash: believed }, nowMs);
      for (const n of this.#state.neighbours.values())
        if (n.handshaken && n.holds(segment, chunk)) this.#state.send(n.peer, { type: "INTEGRITY", segment: segment.ref, first: chunk, fromOrigin: true, hashes: [hash] });
    }
    if (segment.state[chunk] === Chunk.unverified && segment.payloads[chunk] !== payload) this.#confront(segment, chunk, hash, nowMs);
    const wasFalse = before !== Chunk.missing && segment.state[chunk] === Chunk.missing;
    this.#punishLiars(segment, chunk, hash, nowMs);
    if (wasFalse && chunk < segment.chunks) {
      segment.receive(chunk, payload, "origin");
      this.#state.store.heldBytes += payload.length;
    }
    if (segment.state[chunk] === Chunk.unverified && segment.payloads[chunk] === payload) {
      segment.verify(chunk, hash);
      segment.certain[chunk] = 1;
      this.#desk.stored(segment, chunk, nowMs);
    } else if (segment.state[chunk] === Chunk.verified) {
      segment.certain[chunk] = 1;
      segment.soleWord[chunk] = 0;
    } else this.#integrity.learn(segment, chunk, hash);
    this.review(nowMs);
  }

  /** A neighbour's chunk waits for judgement, and now the origin has spoken. */
  #confront(segment: StoredSegment, chunk: number, truth: ChunkHash, nowMs: number): void {
    this.#integrity.learn(segment, chunk, truth);
    const held = this.#integrity.held(segment, chunk);
    if (held === undefined) return;
    const { giver } = held;
    const isNews = held.hash === truth && !giver.isProven;
    if (held.hash === truth) giver.checked = true;
    this.#decide(held, nowMs);
    // Its word counts from now on.
    if (isNews) this.review(nowMs, Infinity);
  }

  /** Words that the origin contradicts: "I had it from the origin" was a lie, hearsay may have been an error. */
  #punishLiars(segment: StoredSegment, chunk: number, truth: ChunkHash, nowMs: number): void {
    const words = segment.words[chunk] ?? [];
    segment.words[chunk] = words.filter((w) => w.hash === truth);
    for (const word of words) {
      if (word.hash === truth || this.#state.neighbours.get(word.from.peer) !== word.from) continue;
      this.#blame(word.from.peer, word.fromOrigin ? LIE : HEARSAY, "false hash", nowMs);
    }
  }

  /** A neighbour's word against a chunk that is stored already. */
  #compare(from: Neighbour, said: { segment: StoredSegment; chunk: number; hash: ChunkHash; fromOrigin: boolean }, nowMs: number): void {
    const { segment, chunk, hash, fromOrigin } = said;
    const gave = from.falseChunks.get(`${segment.ref.id}/${chunk}`);
    if (gave !== undefined && gave !== hash) return this.#blame(from.peer, LIE, "data against its own word", nowMs);
    const believed = segment.hashes[chunk];
    if (believed === undefined) return;
    if (believed === hash) {
      if (segment.certain[chunk] === 1 && from.probedMs > -Infinity) from.checked = true;
      if (!fromOrigin) return;
      segment.soleWord[chunk] = 0;
      const giver = segment.givers[chunk];
      if (giver !== undefined && giver !== "origin" && giver !== from.peer) {
        const neighbour = this.#state.neighbours.get(giver);
        if (neighbour !== undefined && from.isProven) neighbour.confirmedChunks++;
      }
      return;
    }
    if (segment.certain[chunk] === 1) return this.#blame(from.peer, fromOrigin ? LIE : HEARSAY, "false hash", nowMs);
    if (nowMs < (this.#disputes.get(from.peer) ?? -Infinity) + DISPUTE_INTERVAL_MS) return;
    this.#disputes.set(from.peer, nowMs);
    segment.keepWord(chunk, { from, hash, fromOrigin });
    this.#settle(segment, chunk, nowMs);
  }

  #retry(segment: StoredSegment, chunk: number, nowMs: number): void {
    const held = this.#integrity.held(segment, chunk);
    if (held !== undefined) this.#decide(held, nowMs);
  }

  #drop(segment: StoredSegment, chunk: number): void {
    const before = segment.heldBytes;
    segment.drop(chunk);
    this.#state.store.heldBytes += segment.heldBytes - before;
    this.#announcer.changed(segment);
  }
}
