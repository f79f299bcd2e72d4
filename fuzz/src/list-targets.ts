import { isChunkList, readChunkList, segmentRoot } from "../../sdk/src/manifest/chunk-list.js";
import type { ChunkHash, PeerId } from "../../sdk/src/protocol/ids.js";
import type { Message } from "../../sdk/src/protocol/message.js";
import { CHUNK_BYTES } from "../../sdk/src/protocol/segment.js";
import { signedBelief } from "../../sdk/src/protocol/signed-judge.js";
import { decode, encode } from "../../sdk/src/wire/codec.js";
import { Bench } from "../../sdk/test/bench.js";
import { chunkHashes, rootOf } from "../../sdk/test/world-publisher.js";
import { hashOf, Stream } from "../../sdk/test/world-stream.js";
import { mutated, noise, same } from "./byte-mutation.js";
import { type Chance, chanceOf, pick } from "./chance.js";
import { stateless, type Target, type Trial, type Verdict } from "./target.js";

/** The file beside a segment: only the one whose root is signed passes. */
export async function chunkListTarget(seed: number): Promise<Target> {
  const chance = chanceOf(seed, -5);
  const corpus = await Promise.all(Array.from({ length: 30 }, async () => {
    const bytes = Uint8Array.from({ length: 16 * (1 + chance(100)) }, () => chance(256));
    const sizeBytes = CHUNK_BYTES * (bytes.length / 16) - chance(CHUNK_BYTES);
    return { bytes, sizeBytes, root: await segmentRoot(sizeBytes, readChunkList(bytes) ?? []) };
  }));
  const files = corpus.map(({ bytes }) => bytes);
  return stateless("chunk list", 1, async (luck) => {
    const signed = pick(corpus, luck);
    const input = luck(8) === 0 ? noise(luck) : mutated(luck(2) === 0 ? [signed.bytes] : files, luck);
    const list = readChunkList(input);
    if (list === undefined) return { of: "list", refusal: "no list" };
    if (Buffer.compare(Buffer.from(list.join(""), "hex"), input) !== 0) throw new Error("reads other bytes than there are");
    const isTrue = await isChunkList(list, signed);
    if (isTrue !== same(input, signed.bytes)) throw new Error(isTrue ? "a false one was believed" : "the true one was not believed");
    return { of: "list", ...(isTrue ? {} : { refusal: "not the signed one" }) };
  });
}

const INPUTS = 300;
const NEIGHBOURS = 3;
/** Never says what is false. */
const HONEST = 1;

/** A viewer who goes by signatures, while neighbours and files tell it lists in pieces, false ones and out of turn. */
export const listsTarget = (): Target => ({ name: "lists of neighbours", share: 3, trialInputs: INPUTS, begin: (chance) => new Listening(chance) });

class Listening implements Trial {
  readonly #b = new Bench({ belief: signedBelief, hashes: false, stream: new Stream({ count: 5, bandwidthBps: 200_000, sizeBytes: (s) => [16_384, 150_000, 20_000, 300_001, 65_536][s % 5]! }) });
  /** Neighbours there are, by their number. */
  readonly #peers = new Map<number, PeerId>();
  #numbers = HONEST;
  /** Lists and chunks that neighbours were asked for. */
  readonly #asked: { readonly number: number; readonly message: Extract<Message, { type: "INTEGRITY" | "DATA" }> }[] = [];
  readonly #work: (() => void)[] = [];

  constructor(private readonly chance: Chance) {
    const b = this.#b;
    b.play();
    b.handle({ type: "signed", track: b.stream.track, segments: [0, 1, 2, 3, 4].map((sequence) => ({ sequence, variant: b.ref(sequence).variant, sizeBytes: b.stream.body(sequence).length, root: rootOf(b.stream.body(sequence).length, this.#list(sequence)) })) });
    b.want(0);
    for (let i = 0; i < NEIGHBOURS; i++) this.#enter();
  }

  next(): Verdict {
    const { chance } = this;
    const verdict = this.#step();
    this.#look();
    if (chance(4) === 0) this.#b.advance(chance(chance(10) === 0 ? 4_000 : 300));
    this.#look();
    return verdict;
  }

  #step(): Verdict {
    const { chance } = this;
    const b = this.#b;
    if (this.#peers.size < NEIGHBOURS) this.#enter();
    const what = chance(10);
    if (what === 0) return b.want(chance(5)), { of: "want" };
    if (what < 4) return this.#work.splice(chance(this.#work.length), 1)[0]?.(), { of: "work" };
    const asked = this.#asked.splice(chance(this.#asked.length), 1)[0] ?? this.#unasked();
    const peer = this.#peers.get(asked.number);
    if (peer === undefined) return { of: asked.message.type, refusal: "gone" };
    const message = asked.number === HONEST ? asked.message : decode(mutated([encode(asked.message)], chance));
    if (message.type === "malformed") return { of: asked.message.type, refusal: message.reason };
    b.say(peer, message);
    return { of: asked.message.type };
  }

  /** What nobody has asked for; of a liar. */
  #unasked(): { number: number; message: Extract<Message, { type: "INTEGRITY" }> } {
    const { chance } = this;
    const sequence = chance(5);
    const list = this.#list(sequence);
    const first = chance(list.length);
    return { number: pick([...this.#peers.keys()].filter((number) => number !== HONEST), chance), message: { type: "INTEGRITY", segment: this.#b.ref(sequence), first, fromOrigin: chance(2) === 0, hashes: list.slice(first) } };
  }

  #enter(): void {
    const number = this.#numbers++;
    this.#peers.set(number, this.#b.neighbour(number, { has: [0, 1, 2, 3, 4] }));
  }

  /** What the engine wants done, and whether what it believes is true. */
  #look(): void {
    const b = this.#b;
    for (const { effect } of b.effects.splice(0)) {
      switch (effect.type) {
        case "chunk-stored": {
          const payload = b.engine.inspect().store.get(effect.segment)?.payloads[effect.chunk];
          if (payload && !same(payload, b.chunk(effect.segment.sequence, effect.chunk))) throw new Error("a chunk that nobody has signed was believed");
          break;
        }
        case "banned":
          if (effect.peer === this.#peers.get(HONEST)) throw new Error(`who has said nothing false was banned: ${effect.reason}`);
          break;
        case "disconnect":
          for (const [number, peer] of this.#peers) if (peer === effect.peer) this.#peers.delete(number);
          break;
        case "fetch": this.#work.push(() => b.answer(effect)); break;
        case "hash": {
          const { segment, chunk, token, payload } = effect;
          this.#work.push(() => b.handle({ type: "hashed", segment, chunk, token, hash: hashOf(payload) }));
          break;
        }
        case "check-list": {
          const { token, hashes, sizeBytes, root } = effect;
          this.#work.push(() => b.handle({ type: "list-checked", token, isTrue: rootOf(sizeBytes, hashes) === root }));
          break;
        }
        case "fetch-list": {
          const { segment } = effect;
          this.#work.push(() => {
            const file = Buffer.from(this.#list(segment.sequence).join(""), "hex");
            b.handle({ type: "list-fetched", segment, hashes: readChunkList(mutated([file], this.chance)) });
          });
          break;
        }
        case "send": for (const message of effect.messages) this.#toldTo(effect.peer, message); break;
        default: break;
      }
    }
  }

  #toldTo(peer: PeerId, message: Message): void {
    const number = [...this.#peers].find(([, other]) => other === peer)?.[0];
    if (number === undefined || (message.type !== "INTEGRITY_REQ" && message.type !== "REQUEST")) return;
    for (const { segment, first, count } of message.runs) {
      if (message.type === "INTEGRITY_REQ") this.#asked.push({ number, message: { type: "INTEGRITY", segment, first, fromOrigin: false, hashes: this.#list(segment.sequence).slice(first, first + count) } });
      else for (let chunk = first; chunk < first + count; chunk++) this.#asked.push({ number, message: { type: "DATA", segment, chunk, payload: this.#b.chunk(segment.sequence, chunk) } });
    }
  }

  #list(sequence: number): ChunkHash[] {
    const body = this.#b.stream.body(sequence);
    let list = LISTS.get(body);
    if (list === undefined) LISTS.set(body, (list = chunkHashes(body)));
    return list;
  }
}

const LISTS = new WeakMap<Uint8Array, ChunkHash[]>();
