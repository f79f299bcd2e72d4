import type { Belief } from "../src/protocol/belief.js";
import { reedSolomon } from "../src/browser/reed-solomon.js";
import { CodedEngine } from "../src/protocol/coded-engine.js";
import { assertInvariants } from "../src/protocol/invariants.js";
import type { DeliveryMode, EngineOptions } from "../src/protocol/config.js";
import type { Effect, Input } from "../src/protocol/contract.js";
import { Engine } from "../src/protocol/engine.js";
import type { WantId } from "../src/protocol/ids.js";
import type { ChunkHash, PeerId } from "../src/protocol/ids.js";
import { type BufferMapEntry, type ChunkRun, KEY_BYTES, type Message, PROTOCOL_VERSION, SIGNATURE_BYTES } from "../src/protocol/message.js";
import { CHUNK_BYTES, type SegmentRef } from "../src/protocol/segment.js";
import { Receipts } from "../src/protocol/receipts.js";
import { push } from "../src/with-push.js";
import { hashOf, Stream } from "./world-stream.js";
import { peerId, SWARM } from "./world.js";

type Of<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;
type MessageOf<Type extends Message["type"]> = Extract<Message, { type: Type }>;
export interface Sent<M extends Message> {
  readonly to: PeerId;
  readonly message: M;
  readonly atMs: number;
}

/** Passes for a signature here; any other does not. */
const SIGNED = new Uint8Array(SIGNATURE_BYTES).fill(1);

/** "`receiver` got these of `giver`", signed by `receiver`, or by somebody else. */
export function receipt(giver: PeerId, receiver: PeerId, runs: readonly ChunkRun[], isForged = false): MessageOf<"RECEIPT"> {
  return { type: "RECEIPT", giver, receiver, runs, key: new Uint8Array(KEY_BYTES), signature: isForged ? new Uint8Array(SIGNATURE_BYTES) : SIGNED };
}

/** One engine on the bench: everybody else is played by the test, message by message. Hashes and codes are answered at once. */
export class Bench {
  nowMs = 1_000;
  readonly engine: Engine | CodedEngine;
  readonly effects: { readonly effect: Effect; readonly atMs: number }[] = [];
  readonly stream: Stream;
  #nextWant = 1;

  constructor(setting: { stream?: Stream; serves?: boolean; memoryBytes?: number; maxNeighbours?: number; seed?: number; hashes?: boolean; belief?: Belief; delivery?: DeliveryMode } = {}) {
    this.stream = setting.stream ?? new Stream();
    this.hashes = setting.hashes ?? true;
    const options: EngineOptions = {
      peer: peerId(0), swarm: SWARM, seed: setting.seed ?? 1, serves: setting.serves ?? true, memoryBytes: setting.memoryBytes ?? 2 ** 28, maxNeighbours: setting.maxNeighbours ?? 12, delivery: setting.delivery ?? "mesh", receipts: (parts) => new Receipts(parts),
      ...(setting.belief && { belief: setting.belief }),
    };
    this.engine = setting.delivery === "coded" ? new CodedEngine(options) : new Engine({ ...options, push });
  }

  hashes: boolean;

  handle(input: Input): void {
    this.engine.handle(input, this.nowMs);
    this.#drain();
  }

  /** Lets time pass; the engine is called whenever it wants to be. */
  advance(ms: number): void {
    const endMs = this.nowMs + ms;
    for (let steps = 0; ; steps++) {
      const dueMs = this.engine.nextTimeoutMs();
      if (dueMs === undefined || dueMs > endMs) break;
      if (steps > 10_000) throw new Error("time stands still");
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.engine.tick(this.nowMs);
      this.#drain();
    }
    this.nowMs = endMs;
  }

  /** Shows the playlist and starts playing at its first segment, or at `positionS`. */
  play(positionS = this.stream.playlist(this.nowMs)[0]?.startS ?? 0): void {
    this.reload();
    this.at(positionS);
  }

  reload(): void {
    const { track, kind, live, bandwidthBps } = this.stream;
    this.handle({ type: "playlist", track, kind, live, bandwidthBps, segments: this.stream.playlist(this.nowMs) });
  }

  at(positionS: number, playing = true): void {
    this.handle({ type: "playhead", positionS, playing, rate: 1 });
  }

  want(sequence: number, stream = this.stream): WantId {
    const want = this.#nextWant++ as WantId;
    this.handle({ type: "want", want, kind: stream.kind, segment: stream.info(sequence) });
    return want;
  }

  /** Nobody will come: the engine knows it is alone. */
  alone(): void {
    this.handle({ type: "tracker-peers", peers: [], swarmSize: 1 });
  }

  /** A neighbour, handshaken, with a buffer map, that serves us. */
  neighbour(index: number, setting: { has?: readonly number[]; entries?: readonly BufferMapEntry[]; serves?: boolean; unchokes?: boolean; isFriend?: boolean } = {}): PeerId {
    const peer = peerId(index);
    this.handle({ type: "connected", peer, friend: setting.isFriend ?? false });
    this.say(peer, { type: "HANDSHAKE", version: PROTOCOL_VERSION, swarm: SWARM, peer, serves: setting.serves ?? true });
    this.say(peer, { type: "HAVE", entries: [...(setting.entries ?? []), ...(setting.has ?? []).map((s) => this.entry(s))] });
    if (setting.unchokes ?? true) this.say(peer, { type: "UNCHOKE" });
    return peer;
  }

  entry(sequence: number, chunks: BufferMapEntry["chunks"] = "all"): BufferMapEntry {
    return { segment: this.ref(sequence), sizeBytes: this.stream.body(sequence).length, chunks };
  }

  say(peer: PeerId, message: Message): void {
    this.handle({ type: "message", peer, message });
  }

  /** A true chunk. */
  give(peer: PeerId, sequence: number, chunk: number): void {
    this.say(peer, { type: "DATA", segment: this.ref(sequence), chunk, payload: this.chunk(sequence, chunk) });
  }

  /** What a neighbour that holds the chunks says when it is asked for its word. */
  vouch(peer: PeerId, run: ChunkRun, fromOrigin = false): void {
    const hashes: ChunkHash[] = [];
    for (let i = 0; i < run.count; i++) hashes.push(hashOf(this.chunk(run.segment.sequence, run.first + i)));
    this.say(peer, { type: "INTEGRITY", segment: run.segment, first: run.first, fromOrigin, hashes });
  }

  /** The origin answers one fetch in full, and truly. */
  answer(fetch: Of<"fetch">, setting: { tellsSize?: boolean } = {}): void {
    const whole = this.stream.body(fetch.segment.sequence);
    const start = fetch.range?.start ?? 0;
    const body = whole.slice(start, Math.min(whole.length, fetch.range?.end ?? whole.length));
    this.handle({ type: "origin-head", fetch: fetch.fetch, startByte: start, sizeBytes: setting.tellsSize === false ? undefined : whole.length });
    this.handle({ type: "origin-bytes", fetch: fetch.fetch, bytes: body });
    this.handle({ type: "origin-done", fetch: fetch.fetch });
  }

  chunk(sequence: number, chunk: number): Uint8Array {
    return this.stream.body(sequence).subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
  }

  chunks(sequence: number): number {
    return Math.ceil(this.stream.body(sequence).length / CHUNK_BYTES);
  }

  ref(sequence: number): SegmentRef {
    return this.stream.info(sequence).ref;
  }

  of<Type extends Effect["type"]>(type: Type): Of<Type>[] {
    return this.effects.map((e) => e.effect).filter((e): e is Of<Type> => e.type === type);
  }

  sent<Type extends Message["type"]>(type: Type, to?: PeerId): Sent<MessageOf<Type>>[] {
    const found: Sent<MessageOf<Type>>[] = [];
    for (const { effect, atMs } of this.effects)
      if (effect.type === "send" && (to === undefined || to === effect.peer))
        for (const message of effect.messages) if (message.type === type) found.push({ to: effect.peer, message: message as MessageOf<Type>, atMs });
    return found;
  }

  /** Chunks of the segment asked for with `peer`, in order. */
  requested(peer: PeerId, sequence?: number): number[] {
    return this.sent("REQUEST", peer).flatMap(({ message }) => message.runs.filter((r) => sequence === undefined || r.segment.sequence === sequence).flatMap(indices));
  }

  /** Forgets what has happened so far. */
  clear(): void {
    this.effects.length = 0;
  }

  #drain(): void {
    for (let effect = this.engine.poll(); effect !== undefined; effect = this.engine.poll()) {
      if (effect.type === "code") {
        this.engine.handle({ type: "coded", token: effect.token, payloads: rebuild(effect) }, this.nowMs);
        continue;
      }
      this.effects.push({ effect, atMs: this.nowMs });
      if (effect.type === "sign-receipt") this.engine.handle({ type: "receipt-signed", token: effect.token, key: new Uint8Array(KEY_BYTES), signature: SIGNED }, this.nowMs);
      if (effect.type === "check-receipt") this.engine.handle({ type: "receipt-checked", token: effect.token, isTrue: effect.receipt.signature[0] === SIGNED[0] }, this.nowMs);
      if (effect.type === "hash" && this.hashes)
        this.engine.handle({ type: "hashed", segment: effect.segment, chunk: effect.chunk, token: effect.token, hash: hashOf(effect.payload) }, this.nowMs);
    }
    assertInvariants(this.engine.inspect());
  }
}

const rebuild = reedSolomon();

export const indices = (run: ChunkRun): number[] => Array.from({ length: run.count }, (_, i) => run.first + i);
