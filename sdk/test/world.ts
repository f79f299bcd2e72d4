import { assertInvariants } from "../src/protocol/invariants.js";
import type { Effect, Input } from "../src/protocol/contract.js";
import { Engine } from "../src/protocol/engine.js";
import type { PeerId, SwarmId } from "../src/protocol/ids.js";
import type { Message } from "../src/protocol/message.js";
import { Random } from "../src/protocol/random.js";
import { signedBelief } from "../src/protocol/signed-judge.js";
import { decodeFrame, encodeFrames } from "../src/wire/frame.js";
import { Clock } from "./world-clock.js";
import { type LoggedFetch, OriginLine, type OriginSetting } from "./world-origin.js";
import { Player } from "./world-player.js";
import { PublisherLine, type PublisherSetting } from "./world-publisher.js";
import { hashOf, type Stream } from "./world-stream.js";

type Of<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;

export const SWARM = "5a".repeat(16) as SwarmId;
export const peerId = (index: number): PeerId => index.toString(16).padStart(16, "0") as PeerId;

export interface ViewerSetting {
  readonly serves?: boolean;
  readonly memoryBytes?: number;
  readonly maxNeighbours?: number;
  readonly uplinkBps?: number;
  readonly maxUploadBps?: number;
  /** One way, to everybody. */
  readonly latencyMs?: number;
  readonly goalS?: number;
  readonly begin?: number;
  readonly streams?: readonly Stream[];
  /** What this peer really sends instead of `message`: for liars. */
  readonly tampers?: (message: Message, to: PeerId) => readonly Message[];
}

/** N engines, links between them, an origin, and a tracker that introduces everybody: in virtual time, from one seed. */
export class World {
  readonly clock = new Clock();
  readonly random: Random;
  readonly viewers = new Map<PeerId, Viewer>();
  readonly log: LoggedFetch[] = [];
  readonly origin: OriginSetting = {
    rateBps: 12_000_000, latencyMs: 20, ranges: true, tellsSize: true, fails: () => undefined, hangs: () => false, timeoutMs: 10_000, alters: (body) => body,
  };
  /** Where it is set, viewers have the publisher's key. */
  publisher: PublisherSetting | undefined;
  trackerDown = false;
  /** Invariants are asserted after each so many steps of an engine. */
  checkEvery = 20;
  /** Share of messages that are lost at first and come after a retransmission; those behind them wait, since the channels are ordered. */
  lossRate = 0;
  /** SCTP: after three later packets, or its time-out of a second. */
  retransmitMs = 150;

  constructor(
    readonly streams: readonly Stream[],
    readonly seed = 1,
  ) {
    this.random = new Random(seed);
  }

  join(setting: ViewerSetting = {}): Viewer {
    const viewer = new Viewer(this, peerId(this.viewers.size + 1), setting);
    this.viewers.set(viewer.peer, viewer);
    viewer.start();
    return viewer;
  }

  /** Runs for so many seconds, or until `done`. */
  run(seconds: number, done?: () => boolean): void {
    this.clock.runUntil(this.clock.nowMs + seconds * 1000, done);
  }

  present(): Viewer[] {
    return [...this.viewers.values()].filter((v) => !v.gone);
  }

  /** Origin bytes over the bytes of all segments that anybody fetched; `steady` leaves out how each viewer starts (QQ1). */
  copies(stream: Stream): { readonly all: number; readonly steady: number } {
    const sizes = new Map<number, number>();
    let all = 0;
    let start = 0;
    for (const { sequence, bytes, reason } of this.log) {
      sizes.set(sequence, stream.body(sequence).length);
      all += bytes;
      if (reason === "start") start += bytes;
    }
    const size = [...sizes.values()].reduce((sum, s) => sum + s, 0);
    return { all: all / size, steady: (all - start) / size };
  }
}

interface Link {
  /** When what was sent last arrives. */
  arrivesMs: number;
  readonly other: Viewer;
  bufferedBytes: number;
}

/** One viewer: an engine with everything around it. */
export class Viewer {
  readonly engine: Engine;
  readonly player: Player;
  readonly line: OriginLine;
  readonly publisher: PublisherLine | undefined;
  readonly sent: { readonly to: PeerId; readonly message: Message; readonly atMs: number }[] = [];
  readonly effects: Effect[] = [];
  readonly #links = new Map<PeerId, Link>();
  #uplinkFreeMs = 0;
  #steps = 0;
  #timer = 0;
  #frozen: (() => void)[] | undefined;
  #stuck = { atMs: -1, steps: 0 };
  #queue: (() => void)[] | undefined;
  gone = false;

  constructor(readonly world: World, readonly peer: PeerId, readonly setting: ViewerSetting) {
    const { clock, random, streams } = world;
    this.engine = new Engine({
      peer, swarm: SWARM, seed: random.below(2 ** 31), serves: setting.serves ?? true, memoryBytes: setting.memoryBytes ?? 256 * 2 ** 20, maxNeighbours: setting.maxNeighbours ?? 12, maxUploadBps: setting.maxUploadBps,
      ...(world.publisher === undefined ? {} : { belief: signedBelief }),
    });
    this.publisher = world.publisher && new PublisherLine(clock, world.publisher, (track) => this.#stream(track), (input) => this.handle(input));
    this.line = new OriginLine(peer, clock, world.origin, world.log, (fetch) => this.#stream(fetch.segment.track)?.body(fetch.segment.sequence), (input) => this.handle(input));
    this.player = new Player(clock, setting.streams ?? streams, (input) => this.handle(input), setting.goalS, setting.begin);
  }

  start(): void {
    this.player.start();
    const { world } = this;
    if (world.trackerDown) return;
    world.clock.in(60, () => {
      const present = world.present();
      const peers = present.filter((v) => v !== this).map((v) => v.peer);
      for (const v of present) v.handle({ type: "tracker-peers", peers: v === this ? peers : [], swarmSize: present.length });
    });
  }

  stats() {
    return this.engine.stats(this.world.clock.nowMs);
  }

  /** The page is closed without a word; the others notice when their connections break. */
  leave(noticedAfterMs = 500): void {
    this.gone = true;
    this.player.stop();
    for (const { other } of this.#links.values()) this.world.clock.in(noticedAfterMs, () => other.unlink(this.peer));
    this.#links.clear();
  }

  /** The tab stands still: nothing is done and nothing lost. */
  freeze(seconds: number): void {
    this.#frozen ??= [];
    this.world.clock.in(seconds * 1000, () => {
      const waiting = this.#frozen ?? [];
      this.#frozen = undefined;
      for (const run of waiting) run();
    });
  }

  get linked(): PeerId[] {
    return [...this.#links.keys()];
  }

  link(other: Viewer): void {
    if (this.gone || other.gone || this.#links.has(other.peer)) return;
    this.#links.set(other.peer, { other, bufferedBytes: 0, arrivesMs: 0 });
    this.handle({ type: "connected", peer: other.peer });
  }

  unlink(peer: PeerId): void {
    if (!this.#links.delete(peer)) return;
    this.handle({ type: "disconnected", peer });
  }

  handle(input: Input): void {
    this.#do(() => this.engine.handle(input, this.world.clock.nowMs));
  }

  #do(step: () => void): void {
    if (this.gone) return;
    if (this.#frozen !== undefined) return void this.#frozen.push(() => this.#do(step));
    // Never re-entrant, as in the session: what effects bring about waits its turn.
    if (this.#queue !== undefined) return void this.#queue.push(step);
    const queue = (this.#queue = [step]);
    const { clock, checkEvery } = this.world;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      this.#guard();
      next();
      for (let effect = this.engine.poll(); effect !== undefined; effect = this.engine.poll()) this.#execute(effect);
      if (++this.#steps % checkEvery === 0) assertInvariants(this.engine.inspect());
    }
    this.#queue = undefined;
    const dueMs = this.engine.nextTimeoutMs();
    const timer = ++this.#timer;
    // No timer of a browser fires in the same millisecond.
    if (dueMs !== undefined) clock.at(Math.max(Math.ceil(dueMs), clock.nowMs + 1), () => timer === this.#timer && this.#do(() => this.engine.tick(clock.nowMs)));
  }

  #guard(): void {
    const { nowMs } = this.world.clock;
    if (this.#stuck.atMs !== nowMs) this.#stuck = { atMs: nowMs, steps: 0 };
    if (++this.#stuck.steps > 5_000) throw new Error(`seed ${this.world.seed}: time stands still at ${nowMs} ms`);
  }

  #execute(effect: Effect): void {
    const { clock } = this.world;
    switch (effect.type) {
      case "deliver":
      case "progress":
      case "fail":
        if (effect.type !== "progress") this.effects.push(effect);
        return this.player.onEffect(effect);
      case "find-peers": {
        const present = this.world.present();
        const peers = present.map((v) => v.peer).filter((p) => p !== this.peer && !effect.except.includes(p)).slice(0, effect.count);
        if (!this.world.trackerDown) clock.in(60, () => this.handle({ type: "tracker-peers", peers, swarmSize: present.length }));
        return;
      }
      case "connect": {
        const other = this.world.viewers.get(effect.peer);
        if (other !== undefined) clock.in(4 * this.#latencyMs(other), () => { this.link(other); other.link(this); });
        return;
      }
      case "disconnect": {
        const other = this.world.viewers.get(effect.peer);
        clock.in(1, () => this.unlink(effect.peer));
        if (other !== undefined) clock.in(this.#latencyMs(other), () => other.unlink(this.peer));
        this.effects.push(effect);
        return;
      }
      case "send":
        for (const frame of encodeFrames(effect.messages.flatMap((m) => this.setting.tampers?.(m, effect.peer) ?? [m]))) this.#send(effect.peer, frame.slice());
        return;
      case "fetch":
        return this.line.fetch(effect);
      case "abort-fetch":
        return this.line.abort(effect.fetch);
      case "hash":
        clock.in(1, () => this.handle({ type: "hashed", segment: effect.segment, chunk: effect.chunk, token: effect.token, hash: hashOf(effect.payload) }));
        return;
      case "find-signed":
      case "fetch-list":
      case "check-list":
        return this.publisher?.execute(effect);
      case "banned":
      case "refused":
      case "chunk-stored":
      case "segment-evicted":
        this.effects.push(effect);
    }
  }

  #send(to: PeerId, bytes: Uint8Array): void {
    const link = this.#links.get(to);
    if (link === undefined) return;
    const { clock } = this.world;
    const messages = decodeFrame(bytes);
    if ("reason" in messages) throw new Error(messages.reason);
    for (const message of messages) this.sent.push({ to, message, atMs: clock.nowMs });
    link.bufferedBytes += bytes.length;
    const { uplinkBps = 20_000_000 } = this.setting;
    this.#uplinkFreeMs = Math.max(this.#uplinkFreeMs, clock.nowMs) + (bytes.length * 8_000) / uplinkBps;
    const lost = this.world.lossRate > 0 && this.world.random.next() < this.world.lossRate;
    const delayMs = this.#uplinkFreeMs - clock.nowMs + this.#latencyMs(link.other) + (lost ? this.world.retransmitMs : 0);
    clock.at(this.#uplinkFreeMs, () => {
      link.bufferedBytes -= bytes.length;
      if (link.bufferedBytes <= 64 * 1024 && this.#links.get(to) === link) this.handle({ type: "writable", peer: to, bufferedBytes: link.bufferedBytes });
    });
    link.arrivesMs = Math.max(link.arrivesMs, clock.nowMs + delayMs);
    clock.at(link.arrivesMs, () => {
      if (!link.other.#links.has(this.peer)) return;
      for (const message of messages) link.other.handle({ type: "message", peer: this.peer, message });
    });
  }

  #latencyMs(other: Viewer): number {
    return (this.setting.latencyMs ?? 10) + (other.setting.latencyMs ?? 10);
  }

  #stream(track: number): Stream | undefined {
    return [...this.world.streams, ...(this.setting.streams ?? [])].find((s) => s.track === track);
  }

  effectsOf<Type extends Effect["type"]>(type: Type): Of<Type>[] {
    return this.effects.filter((e): e is Of<Type> => e.type === type);
  }
}
