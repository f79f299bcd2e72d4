import { assertInvariants } from "../src/protocol/invariants.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bitfieldBytes } from "../src/protocol/bitfield.js";
import type { Effect, Input } from "../src/protocol/contract.js";
import { Engine } from "../src/protocol/engine.js";
import type { ChunkHash, FetchId, PeerId, TrackId, WantId } from "../src/protocol/ids.js";
import { KEY_BYTES, MAX_ENTRIES, MAX_HASHES, MAX_PATH, MAX_RUNS, MAX_SUBSTREAMS, SIGNATURE_BYTES, type Message, nodeOf, PROTOCOL_VERSION } from "../src/protocol/message.js";
import { Random } from "../src/protocol/random.js";
import { CHUNK_BYTES, chunkCount, MAX_CHUNKS, type SegmentRef } from "../src/protocol/segment.js";
import { signedBelief } from "../src/protocol/signed-judge.js";
import { encode } from "../src/wire/codec.js";
import { push } from "../src/with-push.js";
import { peerId, SWARM, World } from "./world.js";
import { chunkHashes, rootOf } from "./world-publisher.js";
import { hashOf, Stream } from "./world-stream.js";

type AskedOfPublisher = Extract<Effect, { type: "find-signed" | "fetch-list" | "check-list" }>;
type Fetch = Extract<Effect, { type: "fetch" }>;

/** The engine's surroundings gone mad: any input, any time, in any order. Whatever is honest is the origin. */
class Chaos {
  readonly random: Random;
  readonly engine: Engine;
  readonly streams = [
    new Stream({ count: 6, bandwidthBps: 300_000, sizeBytes: (s) => [1, 16_384, 16_385, 150_000, 300_001, 65_536][s % 6]! }),
    new Stream({ track: 2, kind: "audio", live: true, count: 4, bandwidthBps: 100_000, sizeBytes: (s) => 30_000 + s }),
  ];
  readonly peers = Array.from({ length: 6 }, (_, i) => peerId(i));
  readonly #fetches: { fetch: Fetch; at: number; headed: boolean }[] = [];
  readonly #hashes: Extract<Effect, { type: "hash" }>[] = [];
  readonly #asked: { readonly from: PeerId; readonly segment: SegmentRef; readonly chunk: number }[] = [];
  /** Those who have said who they are; hearing anything else first bans them. */
  readonly #known = new Set<PeerId>();
  readonly #publisher: AskedOfPublisher[] = [];
  readonly #listsAsked: { readonly from: PeerId; readonly segment: SegmentRef }[] = [];
  readonly #wants = new Map<WantId, SegmentRef>();
  readonly memoryBytes: number;
  nowMs = 0;
  delivered = 0;
  storedOfPeers = 0;
  sent = 0;
  #next = 1;

  /**
   * `liars`: whether peers may say what is false. Without them everything delivered must be true. `signed`: the engine has the publisher's
   * key; then it must be in any case, and what is given to others too, though the origin lies as well.
   */
  constructor(seed: number, readonly setting: { readonly liars: boolean; readonly tellsSize: boolean; readonly ranges: boolean; readonly signed?: boolean }) {
    this.random = new Random(seed);
    this.memoryBytes = 200_000 + this.random.below(2_000_000);
    this.engine = new Engine({ peer: peerId(0), swarm: SWARM, seed, serves: this.random.below(4) > 0, memoryBytes: this.memoryBytes, maxNeighbours: 3, delivery: this.random.below(2) === 0 ? "hybrid" : "mesh", push, ...(setting.signed === true && { belief: signedBelief }) });
  }

  step(): void {
    if (this.random.below(3) === 0) this.nowMs += this.random.below(this.random.below(10) === 0 ? 8_000 : 200);
    const dueMs = this.engine.nextTimeoutMs();
    if (dueMs !== undefined && dueMs <= this.nowMs) this.engine.tick(this.nowMs);
    const input = this.#input();
    if (input !== undefined) this.engine.handle(input, this.nowMs);
    for (let effect = this.engine.poll(); effect !== undefined; effect = this.engine.poll()) this.#take(effect);
    assertInvariants(this.engine.inspect());
  }

  #input(): Input | undefined {
    const { random } = this;
    if (this.setting.signed === true && random.below(6) === 0) return random.below(3) === 0 ? this.#listGiven() : this.#published();
    switch (random.below(16)) {
      case 0: return this.#playlist();
      case 1: return { type: "playhead", positionS: random.below(420), playing: random.below(2) === 0, rate: [0, 0.5, 1, 2][random.below(4)]! };
      case 2: return this.#want();
      case 3: return { type: "unwant", want: random.below(this.#next + 1) as WantId };
      case 4: return { type: "tracker-peers", peers: this.#some(this.peers), swarmSize: random.below(9) };
      case 5: return random.below(8) > 0 ? undefined : { type: "tracker-down" };
      case 6: return { type: "connected", peer: this.#peer() };
      case 7: return random.below(6) > 0 ? undefined : this.#leaves();
      case 8: return { type: "writable", peer: this.#peer(), bufferedBytes: random.below(200_000) };
      case 9: return random.below(60) > 0 ? undefined : { type: "malformed", peer: this.#peer(), reason: "chaos" };
      case 10: case 11: case 12: return this.#message();
      case 13: return this.#hashed();
      default: return this.#origin();
    }
  }

  #playlist(): Input {
    const stream = this.#one(this.streams);
    const { track, kind, live, bandwidthBps } = stream;
    return { type: "playlist", track, kind, live, bandwidthBps, segments: stream.playlist(this.nowMs) };
  }

  /** The publisher's side answers what it was asked, in any order; its lists are made up now and then. */
  #published(): Input | undefined {
    const { random } = this;
    if (random.below(4) === 0) return this.#signed(this.#one(this.streams));
    const [effect] = this.#publisher.splice(random.below(this.#publisher.length), 1);
    if (effect === undefined) return undefined;
    if (effect.type === "check-list") return { type: "list-checked", token: effect.token, isTrue: rootOf(effect.sizeBytes, effect.hashes) === effect.root };
    const { segment } = effect;
    if (effect.type === "fetch-list") return { type: "list-fetched", segment, hashes: random.below(5) === 0 ? undefined : this.#list(segment) };
    return random.below(5) === 0 ? { type: "unsigned", track: segment.track, reason: "chaos" } : this.#signed(this.streams.find((s) => s.track === segment.track)!);
  }

  #signed(stream: Stream): Input {
    const listed = stream.playlist(this.nowMs).filter(() => this.random.below(6) > 0);
    const segments = listed.map(({ ref: { sequence, variant } }) => {
      const body = stream.body(sequence);
      return { sequence, variant: this.random.below(3) === 0 ? undefined : variant, sizeBytes: body.length, root: rootOf(body.length, chunkHashes(body)) };
    });
    return { type: "signed", track: stream.track, segments };
  }

  #list(segment: SegmentRef): ChunkHash[] {
    const list = chunkHashes(this.#body(segment));
    if (this.setting.liars && this.random.below(3) === 0) list[this.random.below(list.length)] = "ab".repeat(16) as ChunkHash;
    return this.setting.liars && this.random.below(8) === 0 ? list.slice(1) : list;
  }

  #listGiven(): Input | undefined {
    const [asked] = this.#listsAsked.splice(this.random.below(this.#listsAsked.length), 1);
    return asked && { type: "message", peer: asked.from, message: { type: "INTEGRITY", segment: asked.segment, first: 0, fromOrigin: false, hashes: this.#list(asked.segment) } };
  }

  #leaves(): Input {
    const peer = this.#peer();
    this.#known.delete(peer);
    return { type: "disconnected", peer };
  }

  #want(): Input | undefined {
    if (this.#wants.size > 8) return undefined;
    const stream = this.#one(this.streams);
    const segment = this.#one(stream.playlist(this.nowMs));
    const want = this.#next++ as WantId;
    this.#wants.set(want, segment.ref);
    return { type: "want", want, kind: stream.kind, segment };
  }

  #message(): Input {
    const asked = this.#asked.length > 0 && this.random.below(3) > 0 ? this.#asked.splice(this.random.below(this.#asked.length), 1)[0] : undefined;
    if (asked !== undefined) return { type: "message", peer: asked.from, message: this.#data(asked.segment, asked.chunk) };
    // Most of the time somebody who may speak.
    const neighbours = this.stats.neighbours.map((n) => n.peer);
    const from = neighbours.length > 0 && this.random.below(10) > 0 ? this.#one(neighbours) : this.#peer();
    if (!this.#known.has(from) && this.random.below(30) > 0) {
      if (neighbours.includes(from)) this.#known.add(from);
      return { type: "message", peer: from, message: { type: "HANDSHAKE", version: PROTOCOL_VERSION, swarm: SWARM, peer: from, serves: this.random.below(5) > 0 } };
    }
    return { type: "message", peer: from, message: this.#speech(from) };
  }

  #speech(from: PeerId): Message {
    const { random } = this;
    const segment = this.#segment();
    switch (random.below(16)) {
      case 0: return random.below(10) > 0 ? { type: "UNCHOKE" } : { type: "HANDSHAKE", version: random.below(255), swarm: SWARM, peer: from, serves: true };
      case 1: case 2: case 3: return { type: "HAVE", entries: Array.from({ length: 1 + random.below(4) }, () => this.#entry(this.#segment())) };
      case 4: return { type: "WANT", segments: Array.from({ length: random.below(4) }, () => this.#segment()) };
      case 5: return { type: "PROMISE", runs: this.#runs(), withdrawn: random.below(2) === 0 };
      case 6: return random.below(2) === 0 ? { type: "REQUEST", runs: this.#runs(), urgent: random.below(2) === 0 } : { type: "CANCEL", runs: this.#runs() };
      case 7: return { type: random.below(2) === 0 ? "REJECT" : "INTEGRITY_REQ", runs: this.#runs() };
      case 8: return random.below(8) > 0 ? { type: "UNCHOKE" } : this.#data(segment);
      case 9: case 10: return { type: "HAVE", entries: [this.#entry(segment)] };
      case 11: return { type: random.below(4) === 0 ? "CHOKE" : "UNCHOKE" };
      case 12: return this.#words(segment);
      case 13: case 14: return {
        type: "SUBSTREAMS", refused: random.below(4) === 0, track: random.below(8) === 0 ? (0 as TrackId) : segment.track, bits: random.below(16), slots: random.below(9), spare: random.below(3),
        streams: Array.from({ length: 4 }, () => ({ sequence: segment.sequence, chunks: random.below(9), path: Array.from({ length: random.below(3) }, () => nodeOf(this.#peer())) })),
      };
      default: return { type: "RECEIPT", giver: random.below(2) === 0 ? from : peerId(0), receiver: this.#peer(), key: new Uint8Array(KEY_BYTES), signature: new Uint8Array(SIGNATURE_BYTES), runs: this.#runs() };
    }
  }

  #entry(segment: SegmentRef) {
    const body = this.#body(segment);
    const sizeBytes = this.setting.liars && this.random.below(6) === 0 ? 1 + this.random.below(400_000) : body.length;
    const kind = this.random.below(4);
    if (kind < 2) return { segment, sizeBytes, chunks: kind === 0 ? ("none" as const) : ("all" as const) };
    const bits = chunkCount(sizeBytes);
    const chunks = new Uint8Array(bitfieldBytes(bits));
    for (let i = 0; i < bits; i++) if (this.random.below(2) === 0) chunks[i >> 3]! |= 0x80 >> (i & 7);
    return { segment, sizeBytes, chunks };
  }

  get stats() {
    return this.engine.stats(this.nowMs);
  }

  #runs() {
    return Array.from({ length: 1 + this.random.below(3) }, () => {
      const first = this.random.below(this.random.below(5) === 0 ? MAX_CHUNKS : 12);
      return { segment: this.#segment(), first, count: 1 + this.random.below(Math.min(20, MAX_CHUNKS - first)) };
    });
  }

  #data(segment: SegmentRef, asked?: number): Message {
    const body = this.#body(segment);
    const chunk = asked ?? this.random.below(chunkCount(body.length) + (this.setting.liars ? 3 : 0));
    let payload = body.slice(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
    if (this.setting.liars && this.random.below(4) === 0) payload = payload.map((byte) => byte ^ 0x55);
    if (payload.length === 0) payload = Uint8Array.of(1);
    return { type: "DATA", segment, chunk, payload };
  }

  #words(segment: SegmentRef): Message {
    const body = this.#body(segment);
    const count = chunkCount(body.length);
    const first = this.random.below(count);
    const hashes = Array.from({ length: Math.min(count - first, 1 + this.random.below(4)) }, (_, i) => {
      const lies = this.setting.liars && this.random.below(4) === 0;
      return lies ? ("ab".repeat(16) as ChunkHash) : hashOf(body.subarray((first + i) * CHUNK_BYTES, (first + i + 1) * CHUNK_BYTES));
    });
    return { type: "INTEGRITY", segment, first, fromOrigin: this.random.below(2) === 0, hashes };
  }

  #hashed(): Input | undefined {
    if (this.random.below(20) === 0) return { type: "hashed", segment: this.#segment(), chunk: this.random.below(30), token: 1_000_000 + this.random.below(9), hash: "cd".repeat(16) as ChunkHash };
    const [request] = this.#hashes.splice(this.random.below(this.#hashes.length), 1);
    if (request === undefined) return undefined;
    const { segment, chunk, token, payload } = request;
    return { type: "hashed", segment, chunk, token, hash: hashOf(payload) };
  }

  #origin(): Input | undefined {
    const { random } = this;
    if (random.below(30) === 0) return { type: "origin-done", fetch: (9_000 + random.below(9)) as FetchId };
    if (this.#fetches.length === 0) return undefined;
    const index = random.below(this.#fetches.length);
    const entry = this.#fetches[index]!;
    const { fetch } = entry;
    const body = this.#body(fetch.segment);
    const start = this.setting.ranges ? (fetch.range?.start ?? 0) : 0;
    const end = this.setting.ranges ? Math.min(body.length, fetch.range?.end ?? body.length) : body.length;
    if (start >= body.length || random.below(12) === 0) {
      this.#fetches.splice(index, 1);
      return { type: "origin-failed", fetch: fetch.fetch, status: start >= body.length ? 416 : this.#one([0, 404, 503]), timedOut: random.below(2) === 0 };
    }
    if (!entry.headed) {
      entry.headed = true;
      return { type: "origin-head", fetch: fetch.fetch, startByte: start, sizeBytes: this.setting.tellsSize ? body.length : undefined };
    }
    const from = start + entry.at;
    if (from >= end) {
      this.#fetches.splice(index, 1);
      return { type: "origin-done", fetch: fetch.fetch };
    }
    const bytes = body.slice(from, Math.min(end, from + 1 + random.below(60_000)));
    entry.at += bytes.length;
    if (this.setting.signed === true && random.below(8) === 0) bytes[random.below(bytes.length)]! ^= 1;
    if (this.setting.signed === true && random.below(30) === 0) entry.at = end;
    return { type: "origin-bytes", fetch: fetch.fetch, bytes };
  }

  #take(effect: Effect): void {
    switch (effect.type) {
      case "fetch": this.#fetches.push({ fetch: effect, at: 0, headed: false }); break;
      case "abort-fetch": {
        const index = this.#fetches.findIndex((f) => f.fetch.fetch === effect.fetch);
        // An abort may cross the end of what it aborts.
        if (index < 0) break;
        this.#fetches.splice(index, 1);
        break;
      }
      case "hash": this.#hashes.push(effect); break;
      case "send":
        this.sent++;
        for (const message of effect.messages) {
          if (message.type === "REQUEST")
            for (const run of message.runs) for (let i = 0; i < run.count; i++) this.#asked.push({ from: effect.peer, segment: run.segment, chunk: run.first + i });
          if (message.type === "INTEGRITY_REQ") for (const { segment } of message.runs) this.#listsAsked.push({ from: effect.peer, segment });
          if (message.type === "DATA" && this.setting.signed === true) this.#expectTrue(message.segment, message.chunk, message.payload);
          encode(message);
          expect(isBounded(message)).toBe(true);
        }
        break;
      case "deliver": {
        const ref = this.#wants.get(effect.want);
        if (ref === undefined) throw new Error("delivers what nobody asked for");
        this.#wants.delete(effect.want);
        this.delivered++;
        if ((!this.setting.liars || this.setting.signed === true) && !Buffer.concat(effect.payloads).equals(this.#body(ref))) throw new Error(`${ref.id}: delivered bytes are not the origin's`);
        break;
      }
      case "fail":
        if (!this.#wants.delete(effect.want)) throw new Error("fails what nobody asked for");
        break;
      case "find-signed": case "fetch-list": case "check-list": this.#publisher.push(effect); break;
      case "disconnect": this.#known.delete(effect.peer); break;
      case "chunk-stored": {
        const payload = this.engine.inspect().store.get(effect.segment)?.payloads[effect.chunk];
        if (payload === undefined || this.setting.signed !== true) break;
        this.#expectTrue(effect.segment, effect.chunk, payload);
        if (effect.source !== "origin") this.storedOfPeers++;
        break;
      }
      case "progress": case "find-peers": case "connect": case "banned": case "segment-evicted": case "refused":
        break;
    }
  }

  #expectTrue(segment: SegmentRef, chunk: number, payload: Uint8Array): void {
    const truth = this.#body(segment).subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
    if (!Buffer.from(payload).equals(truth)) throw new Error(`${segment.id}/${chunk}: not what is signed`);
  }

  #segment(): SegmentRef {
    const stream = this.#one(this.streams);
    if (this.random.below(8) === 0) return stream.info(this.random.below(200)).ref;
    return this.#one(stream.playlist(this.nowMs)).ref;
  }

  #body(ref: SegmentRef): Uint8Array {
    return this.streams.find((s) => s.track === ref.track)!.body(ref.sequence);
  }

  #peer(): PeerId {
    return this.#one(this.peers);
  }

  #one<T>(list: readonly T[]): T {
    return list[this.random.below(list.length)]!;
  }

  #some<T>(list: readonly T[]): T[] {
    return list.filter(() => this.random.below(2) === 0);
  }
}

function isBounded(message: Message): boolean {
  switch (message.type) {
    case "HAVE": return message.entries.length <= MAX_ENTRIES;
    case "PROMISE": case "REQUEST": case "CANCEL": case "REJECT": case "INTEGRITY_REQ": case "RECEIPT": return message.runs.length <= MAX_RUNS;
    case "INTEGRITY": return message.hashes.length <= MAX_HASHES;
    case "SUBSTREAMS": return message.streams.length <= MAX_SUBSTREAMS && message.streams.every((s) => s.path.length <= MAX_PATH);
    case "WANT": case "HANDSHAKE": case "DATA": case "CHOKE": case "UNCHOKE": return true;
  }
}

const settingArb = (liars: boolean) => fc.record({ liars: fc.constant(liars), tellsSize: fc.boolean(), ranges: fc.boolean() });

/** Runs one life; a failure names the line that repeats it. */
function live(seed: number, setting: ConstructorParameters<typeof Chaos>[1], steps: number): Chaos {
  const chaos = new Chaos(seed, setting);
  for (let i = 0; i < steps; i++) {
    try {
      chaos.step();
    } catch (error) {
      throw new Error(`new Chaos(${seed}, ${JSON.stringify(setting)}), step ${i + 1}: ${String(error)}`, { cause: error });
    }
  }
  return chaos;
}

describe("Whatever happens, in whatever order", () => {
  test("with honest peers and an honest origin: nothing throws, books balance, bounds hold, what is delivered is true", () => {
    let delivered = 0;
    let peerBytes = 0;
    fc.assert(
      fc.property(fc.nat(2 ** 31), settingArb(false), (seed, setting) => {
        const chaos = live(seed, setting, 500);
        delivered += chaos.delivered;
        peerBytes += chaos.stats.peerBytes;
      }),
      { numRuns: 40, seed: 1 },
    );
    expect(delivered).toBeGreaterThan(100);
    expect(peerBytes).toBeGreaterThan(1_000_000);
  });

  test("with lying peers: nothing throws, books balance, bounds hold", () => {
    fc.assert(fc.property(fc.nat(2 ** 31), settingArb(true), (seed, setting) => void live(seed, setting, 500)), { numRuns: 40, seed: 2 });
  });

  test("with the publisher's key, lying peers and an origin that alters what it sends: what is stored, delivered and passed on is true", () => {
    let delivered = 0;
    let storedOfPeers = 0;
    fc.assert(
      fc.property(fc.nat(2 ** 31), settingArb(true), (seed, setting) => {
        const chaos = live(seed, { ...setting, signed: true }, 800);
        delivered += chaos.delivered;
        storedOfPeers += chaos.storedOfPeers;
      }),
      { numRuns: Number(process.env["SIGNED_RUNS"] ?? 40), seed: 4 },
    );
    expect(delivered).toBeGreaterThan(20);
    expect(storedOfPeers).toBeGreaterThan(20);
  });
});

describe("Swarms of all kinds", () => {
  const worldArb = fc.record({
    seed: fc.nat(2 ** 20),
    live: fc.boolean(),
    joins: fc.array(fc.record({ afterS: fc.nat(8), uplinkBps: fc.constantFrom(1_000_000, 5_000_000, 20_000_000), serves: fc.boolean(), latencyMs: fc.constantFrom(1, 20, 100), leavesS: fc.option(fc.nat(30)) }), { minLength: 1, maxLength: 5 }),
    origin: fc.record({ ranges: fc.boolean(), tellsSize: fc.boolean(), latencyMs: fc.constantFrom(5, 50, 200), rateBps: fc.constantFrom(6_000_000, 12_000_000, 50_000_000) }),
    failing: fc.option(fc.record({ fromS: fc.nat(30), forS: fc.nat(4), status: fc.constantFrom(0, 503) })),
  });

  test("nobody stalls where the origin alone would not have stalled, and every byte is true", () => {
    fc.assert(
      fc.property(worldArb, ({ seed, live: isLive, joins, origin, failing }) => {
        const stream = new Stream({ live: isLive, count: isLive ? 6 : 10, bandwidthBps: 800_000 });
        const world = new World([stream], seed);
        world.checkEvery = 200;
        Object.assign(world.origin, origin);
        if (failing !== null) world.origin.fails = (_, nowMs) => (nowMs >= failing.fromS * 1_000 && nowMs < (failing.fromS + failing.forS) * 1_000 ? failing.status : undefined);
        for (const { afterS, leavesS, ...setting } of joins) {
          world.run(afterS);
          const viewer = world.join(setting);
          if (leavesS !== null) world.clock.in(leavesS * 1_000, () => viewer.leave());
        }
        world.run(25);
        for (const v of world.viewers.values()) {
          expect(v.player.delivered.every((d) => d.correct)).toBe(true);
          expect(v.player.stray).toBe(0);
          expect(v.effectsOf("banned")).toEqual([]);
          if (failing === null) expect(v.player.stalledMs).toBe(0);
        }
      }),
      { numRuns: 20, seed: 3 },
    );
  });
});
