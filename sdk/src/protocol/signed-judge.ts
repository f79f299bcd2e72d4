import type { Belief, ChunkJudge, Evidence, JudgeParts, Witnesses } from "./belief.js";
import { ChunkLists, type ListEntry } from "./chunk-lists.js";
import type { Input } from "./contract.js";
import type { OriginChunk } from "./fetches.js";
import type { ChunkHash, PeerId } from "./ids.js";
import type { ChunkRun, Message } from "./message.js";
import type { Neighbour } from "./neighbour.js";
import { SignedSegments } from "./signed-segments.js";
import type { EngineState } from "./state.js";
import { Chunk, type StoredSegment } from "./stored-segment.js";

/** Points for a chunk that is not in the signed list: its giver has the list, and sent it all the same. */
const FORGED_CHUNK = 100;
/** An origin whose answers for a segment are not what is signed is asked so often; then it counts as failed. */
const MAX_ALTERED = 3;
/** The next time, doubled each time up to the second figure. */
const ALTERED_RETRY_MS = 250;
const MAX_RETRY_MS = 4_000;
/** The manifest is looked at again after half a second, then each twice as late, up to the second figure. */
const SEEK_MS = 250;
const MAX_SEEK_MS = 2_000;
/** And so often for a segment that nobody waits for. */
const MAX_SEEKS = 8;
/** A segment that the player waits for and that no manifest covers for so long is refused: packagers and caches are some seconds apart at most. */
const UNSIGNED_MS = 8_000;
/** When the player asks for it again. */
const STILL_UNSIGNED_MS = 1_000;

/** What the player hears of an unsigned segment. It asks again for a while where the manifest may only be late, and not where there is none. */
const LATE = 0;
const FORBIDDEN = 403;

interface Pending {
  readonly segment: StoredSegment;
  readonly chunk: number;
  readonly payload: Uint8Array;
}

/**
 * With the publisher's key: a chunk is what the signed manifest says, or it is nothing. No opinions, no spot checks, no disputes;
 * who sends a forged chunk is known by it, and an origin that alters what it sends is treated like one that fails.
 */
class SignedJudge implements ChunkJudge, Witnesses {
  readonly #state: EngineState;
  readonly #signed = new SignedSegments();
  readonly #lists = new ChunkLists();
  readonly #pending = new Map<number, Pending>();
  #nextToken = 1;
  #parts: JudgeParts | undefined;

  constructor(state: EngineState) {
    this.#state = state;
  }

  judge(parts: JudgeParts): ChunkJudge {
    this.#parts = parts;
    return this;
  }

  get #p(): JudgeParts {
    if (this.#parts === undefined) throw new Error("not put together");
    return this.#parts;
  }

  // --- what is heard of hashes

  /** Chunks are asked of this neighbour: it is asked for the list along with them. */
  ask({ segment }: { readonly segment: StoredSegment }, giver: Neighbour, nowMs: number): boolean {
    const entry = this.#lists.entry(segment);
    if (entry.list !== undefined) return true;
    this.#lists.open.add(entry);
    this.#lists.seek(this.#p, entry, nowMs, giver);
    if (this.#signed.find(segment) === undefined) this.#lookUp(entry, nowMs);
    return true;
  }

  answer(runs: readonly ChunkRun[], to: Neighbour, nowMs: number): void {
    this.#lists.answer(this.#p.announcer, this.#p, runs, to, nowMs);
  }

  word(from: Neighbour, message: Extract<Message, { type: "INTEGRITY" }>): void {
    this.#lists.word(this.#p, from, message);
  }

  /** What waits is not to be fetched again: it waits for the list, not for somebody's opinion. */
  held(): undefined {
    return undefined;
  }

  get isHolding(): boolean {
    return this.#lists.open.size > 0;
  }

  /** A segment is complete or discarded, or a neighbour gone. */
  forget(what: StoredSegment | PeerId): void {
    if (typeof what === "string") this.#lists.gone(what);
    else this.#lists.close(what);
  }

  evidence(input: Evidence, nowMs: number): void {
    switch (input.type) {
      case "signed":
      case "unsigned":
        this.#signed.take(input);
        return this.review(nowMs);
      case "list-fetched": {
        const segment = this.#state.store.get(input.segment);
        return segment && this.#lists.fetched(this.#p, this.#lists.entry(segment), input.hashes);
      }
      case "list-checked": {
        const result = this.#lists.checked(this.#p, input, nowMs);
        if (result === undefined) return;
        const { entry, refuted } = result;
        if (refuted === undefined) return this.#judgeAll(entry, nowMs);
        // All chunks are here and one of them is false, nobody can say which.
        if (refuted === "own") {
          this.#startOver(entry);
          this.fellShort(entry.segment, nowMs);
        }
        return this.#lists.seek(this.#p, entry, nowMs);
      }
    }
  }

  // --- chunks

  /** A neighbour's chunk, already marked as received. */
  submit(segment: StoredSegment, chunk: number, payload: Uint8Array): void {
    this.#hash({ segment, chunk, payload });
  }

  originChunk({ segment, chunk, payload }: OriginChunk): void {
    if (chunk >= segment.chunks) return;
    if (segment.state[chunk] !== Chunk.missing) {
      this.#state.counters.duplicateBytes += payload.length;
      return;
    }
    segment.receive(chunk, payload, "origin");
    this.#state.store.heldBytes += payload.length;
    this.#hash({ segment, chunk, payload });
  }

  hashed({ token, hash }: Extract<Input, { type: "hashed" }>, nowMs: number): void {
    const pending = this.#pending.get(token);
    if (pending === undefined) return;
    this.#pending.delete(token);
    const { segment, chunk, payload } = pending;
    // Replaced, evicted or discarded meanwhile.
    if (this.#state.store.get(segment.ref) !== segment || segment.payloads[chunk] !== payload || segment.state[chunk] !== Chunk.unverified) return;
    const entry = this.#lists.entry(segment);
    this.#sign(entry, nowMs);
    if (segment.payloads[chunk] !== payload) return;
    if (entry.list !== undefined) return this.#decide(entry, chunk, hash, nowMs);
    entry.waiting.set(chunk, { payload, hash });
    this.#lists.open.add(entry);
    this.#lists.seek(this.#p, entry, nowMs);
  }

  /** Looks again for what is missing. */
  review(nowMs: number): void {
    for (const entry of this.#lists.open) {
      const { segment } = entry;
      if (this.#state.store.get(segment.ref) !== segment || segment.complete) {
        this.#lists.close(segment);
        continue;
      }
      this.#sign(entry, nowMs);
      if (entry.signed === undefined) this.#seekRoot(entry, nowMs);
      if (entry.list === undefined) this.#lists.seek(this.#p, entry, nowMs);
      else if (entry.waiting.size === 0) this.#lists.open.delete(entry);
    }
  }

  /** A peer has been banned: what it gave and nobody has judged is not waited for. */
  dropSoleWord(peer: PeerId): void {
    for (const { segment } of this.#lists.open)
      for (let i = 0; i < segment.chunks; i++) if (segment.givers[i] === peer && segment.state[i] === Chunk.unverified) this.#drop(segment, i);
  }

  examinationFailed(): void {}

  /** The manifest knows the size, and before that it makes no difference. */
  settlesSize(): boolean {
    return false;
  }

  /** What the origin sends is shorter, longer or other than what was signed: asked again soon, some times. */
  fellShort(segment: StoredSegment, nowMs: number): void {
    // Further chunks of the same answer.
    if (nowMs < segment.originRetryMs) return;
    const { plan, fetches } = this.#p;
    const entry = this.#lists.entry(segment);
    fetches.abort((f) => f.segment === segment);
    segment.seated = 0;
    segment.originRetryMs = nowMs + Math.min(MAX_RETRY_MS, ALTERED_RETRY_MS * 2 ** ++entry.altered);
    const isAwaited = segment.wants.size > 0;
    if (entry.altered >= MAX_ALTERED) plan.failed(segment, { status: 0, timedOut: false }, nowMs);
    this.#state.emit({ type: "refused", segment: segment.ref, code: "altered", isFinal: isAwaited && segment.wants.size === 0, reason: "what the origin sends is not what was signed" });
  }

  #hash(pending: Pending): void {
    const token = this.#nextToken++;
    this.#pending.set(token, pending);
    this.#state.emit({ type: "hash", segment: pending.segment.ref, chunk: pending.chunk, token, payload: pending.payload });
  }

  /** Takes over what the manifest says, if it says something new. */
  #sign(entry: ListEntry, nowMs: number): void {
    const { segment } = entry;
    const signed = this.#signed.find(segment);
    if (signed === undefined || (signed.root === entry.signed?.root && signed.sizeBytes === entry.signed.sizeBytes)) return;
    // A packager may list a segment too early, and then complete it.
    if (entry.signed !== undefined) this.#startOver(entry);
    this.#lists.sign(entry, signed);
    this.#p.learnSize(segment, signed.sizeBytes, nowMs);
    segment.signed = true;
  }

  #seekRoot(entry: ListEntry, nowMs: number): void {
    const { segment } = entry;
    this.#lookUp(entry, nowMs);
    if (segment.wants.size === 0 || nowMs - Math.max(entry.soughtMs, segment.wantedMs) < (entry.isRefused ? STILL_UNSIGNED_MS : UNSIGNED_MS)) return;
    entry.isRefused = true;
    const reason = this.#signed.reason(segment);
    this.#state.emit({ type: "refused", segment: segment.ref, code: "unsigned", isFinal: true, reason });
    this.#p.desk.fail(segment, { status: reason === "" ? LATE : FORBIDDEN, timedOut: false });
  }

  #lookUp(entry: ListEntry, nowMs: number): void {
    if (nowMs < entry.nextSeekMs || (entry.seeks >= MAX_SEEKS && entry.segment.wants.size === 0)) return;
    if (entry.seeks === 0) entry.soughtMs = nowMs;
    entry.nextSeekMs = nowMs + Math.min(MAX_SEEK_MS, SEEK_MS * 2 ** ++entry.seeks);
    this.#state.emit({ type: "find-signed", segment: entry.segment.ref });
  }

  /** The list is there: what has waited for it is judged. */
  #judgeAll(entry: ListEntry, nowMs: number): void {
    const { segment } = entry;
    const waiting = [...entry.waiting];
    entry.waiting.clear();
    for (const [chunk, { payload, hash }] of waiting) if (segment.payloads[chunk] === payload && segment.state[chunk] === Chunk.unverified) this.#decide(entry, chunk, hash, nowMs);
  }

  #decide({ segment, list }: ListEntry, chunk: number, hash: ChunkHash, nowMs: number): void {
    const giver = segment.givers[chunk];
    if (list?.[chunk] === hash) {
      segment.verify(chunk, hash);
      if (giver !== undefined && giver !== "origin") this.#p.uploads.received(giver, segment, chunk, nowMs);
      return this.#p.desk.stored(segment, chunk, nowMs);
    }
    this.#drop(segment, chunk);
    if (giver === "origin") this.fellShort(segment, nowMs);
    else if (giver !== undefined) this.#p.blame(giver, FORGED_CHUNK, "forged chunk", nowMs);
  }

  #startOver({ segment, waiting }: ListEntry): void {
    for (let i = 0; i < segment.chunks; i++) if (segment.state[i] !== Chunk.missing) this.#drop(segment, i);
    waiting.clear();
  }

  #drop(segment: StoredSegment, chunk: number): void {
    const before = segment.heldBytes;
    const isKnown = segment.state[chunk] === Chunk.verified;
    segment.drop(chunk);
    this.#state.store.heldBytes += segment.heldBytes - before;
    if (isKnown) this.#p.announcer.changed(segment);
  }
}

/** For an engine whose page has the publisher's key. */
export const signedBelief: Belief = { witnesses: (state) => new SignedJudge(state) };
