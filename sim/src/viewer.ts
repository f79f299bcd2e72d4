import { CodedEngine } from "../../sdk/src/protocol/coded-engine.js";
import type { CodeEffect, Effect, Input } from "../../sdk/src/protocol/contract.js";
import { Engine } from "../../sdk/src/protocol/engine.js";
import type { FetchId, PeerId, WantId } from "../../sdk/src/protocol/ids.js";
import { signedBelief } from "../../sdk/src/protocol/signed-judge.js";
import { Push, SUBSTREAMS } from "../../sdk/src/protocol/push.js";
import { Receipts } from "../../sdk/src/protocol/receipts.js";
import { PARITIES } from "../../sdk/src/protocol/rows.js";
import { frameLength } from "../../sdk/src/wire/frame.js";
import type { SeatsMessage } from "../../signaling-server/src/events.js";
import type { Access } from "./access.js";
import type { Clock, Task } from "./clock.js";
import { type Conduct, type Culprit, tamper } from "./conduct.js";
import { Line, type Parcel } from "./link.js";
import { type HttpRequest } from "./origin.js";
import { Player, type PlayerEvents, type PlayerHost } from "./player.js";
import { PublisherLine } from "./publisher-line.js";
import { answerReceipt, WORK_MS } from "./receipt-signature.js";
import { codedPayload, hashOf, isGenuine, type Media, type Stream, SWARM } from "./stream.js";
import { TrackerLine } from "./tracker-line.js";
import { Transport } from "./transport.js";
import type { World } from "./world.js";

export interface ViewerSetting {
  readonly index: number;
  readonly peer: PeerId;
  readonly access: Access;
  readonly conduct: Conduct;
  /** What the player starts with, and goes to then. */
  readonly level: Stream;
  readonly best: Stream;
  readonly seed: number;
}

/** As sdk/src/session.ts has it. */
const MEMORY_BYTES = 256 * 1024 * 1024;
const MAX_NEIGHBOURS = 12;
/** The tracker is joined with the first segment, or after this long. */
const JOIN_PATIENCE_MS = 1_500;

/** One viewer of the mesh: an unchanged engine, and everything around it that a browser would be. */
export class Viewer implements PlayerHost, Task {
  readonly engine: Engine | CodedEngine;
  readonly player: Player;
  readonly transport: Transport;
  readonly uplink: Line;
  readonly downlink: Line;
  readonly shaper = { freeMs: 0 };
  readonly joinedMs: number;
  readonly events: PlayerEvents;
  gone = false;
  goneMs: number | undefined;
  duplicatesBefore = 0;
  /** DATA payload sent and received since the warm-up. */
  givenBytes = 0;
  takenBytes = 0;
  readonly #tracker: TrackerLine;
  /** Where the page has the publisher's key. */
  readonly #publisher: PublisherLine | undefined;
  readonly #culprit: Culprit;
  readonly #requests = new Map<FetchId, HttpRequest>();
  readonly #inputs: Input[] = [];
  #driving = false;
  #later: (() => void)[] = [];
  #wakeMs = Infinity;
  #stuckMs = -1;
  #stuckSteps = 0;

  constructor(
    readonly world: World,
    readonly setting: ViewerSetting,
  ) {
    const { clock, setting: { player }, meter, options: { delivery } } = world;
    this.joinedMs = clock.nowMs;
    const { signed } = world.setting;
    this.#publisher = signed ? new PublisherLine(this) : undefined;
    const options = { ...(signed && { belief: signedBelief }), peer: this.peer, swarm: SWARM, seed: setting.seed, serves: setting.conduct !== "leech", memoryBytes: MEMORY_BYTES, maxNeighbours: MAX_NEIGHBOURS, delivery: delivery === "seats" || delivery === "origin" ? "mesh" : delivery, receipts: (parts: ConstructorParameters<typeof Receipts>[0]) => new Receipts(parts) } as const;
    this.engine = delivery === "coded" ? new CodedEngine(options) : new Engine({ ...options, push: (parts) => new Push(parts) });
    this.transport = new Transport(this);
    this.uplink = new Line(setting.access.upBps);
    this.downlink = new Line(setting.access.downBps);
    this.events = meter.forPlayer(this, () => world.departs(this));
    this.player = new Player(this, setting.level, player, setting.best);
    this.#tracker = new TrackerLine(this);
    this.#culprit = { conduct: setting.conduct, peer: this.peer, index: this.index, isAwake: () => 2 * this.clock.nowMs > 1000 * world.setting.seconds, other: () => world.besides(this)?.peer };
  }

  get clock(): Clock {
    return this.world.clock;
  }

  get index(): number {
    return this.setting.index;
  }

  get peer(): PeerId {
    return this.setting.peer;
  }

  get access(): Access {
    return this.setting.access;
  }

  start(): void {
    this.player.start();
    this.clock.in(JOIN_PATIENCE_MS, () => {
      if (!this.gone) this.#tracker.join();
    });
  }

  leave(silently: boolean): void {
    if (this.gone) return;
    this.player.close();
    this.gone = true;
    this.transport.leave(silently);
    this.#tracker.leave(silently);
    for (const request of this.#requests.values()) request.abort();
  }

  // --- what the player asks of its host

  loadPlaylist(then: () => void): void {
    const { roundTripMs, latencyMs } = this.world.origin.setting;
    this.clock.in(roundTripMs + latencyMs, () => {
      if (!this.gone) then();
    });
  }

  want(id: WantId, media: Media): void {
    this.world.checker.wanted(this, media);
    this.handle({ type: "want", want: id, kind: "main", segment: media.info });
  }

  unwant(id: WantId): void {
    this.handle({ type: "unwant", want: id });
  }

  // --- the drive loop: as the SDK's, in virtual time

  handle(input: Input): void {
    if (this.gone) return;
    if (input.type === "connected" && this.setting.conduct === "polluter") this.#tracker.misbehaved(input.peer);
    if (input.type === "playlist" && this.#publisher) {
      const stream = this.world.levels[input.track - 1];
      if (stream) this.#publisher.lookUp(stream);
    }
    this.#inputs.push(input);
    if (this.#driving) return;
    this.#drive();
    this.#arm();
  }

  /** After what runs now, as a microtask would. */
  later(run: () => void): void {
    if (!this.#driving) return run();
    this.#later.push(run);
  }

  /** The engine's timer. */
  run(nowMs: number): void {
    if (this.gone || nowMs !== this.#wakeMs) return;
    this.#wakeMs = Infinity;
    this.world.trace.event(nowMs, 3, this.index, 0);
    this.#driving = true;
    this.#guard();
    this.engine.tick(nowMs);
    this.#carryOut();
    this.#drive();
    this.#arm();
  }

  received(from: PeerId, parcel: Parcel, nowMs: number): void {
    this.world.trace.event(nowMs, 1, this.index, parcel.bytes);
    for (const message of parcel.messages) {
      if (this.gone) return;
      if (message.type === "DATA" && this.world.meter.on) this.takenBytes += message.payload.length;
      this.#inputs.push({ type: "message", peer: from, message });
      this.#drive();
    }
    this.#arm();
  }

  /** Inputs that wait, and all that comes of them. */
  #drive(): void {
    const { clock } = this.world;
    this.#driving = true;
    for (;;) {
      const input = this.#inputs.shift();
      if (input !== undefined) {
        this.#guard();
        this.engine.handle(input, clock.nowMs);
        this.#carryOut();
      } else if (this.#later.length > 0) {
        const later = this.#later;
        this.#later = [];
        for (const run of later) run();
      } else break;
    }
    this.#driving = false;
  }

  /** One timer for what the engine wants to be called for next. */
  #arm(): void {
    this.world.checker.stepped(this);
    const dueMs = this.engine.nextTimeoutMs();
    if (dueMs === undefined || this.gone) return;
    // No browser's timer is quicker.
    const { clock } = this.world;
    const wakeMs = Math.max(dueMs, clock.nowMs + 1);
    if (wakeMs < this.#wakeMs) {
      this.#wakeMs = wakeMs;
      clock.at(wakeMs, this);
    }
  }

  #guard(): void {
    const { nowMs } = this.clock;
    if (this.#stuckMs !== nowMs) this.#stuckSteps = 0;
    this.#stuckMs = nowMs;
    if (++this.#stuckSteps > 20_000) throw new Error(`viewer ${this.index}: time stands still at ${nowMs} ms`);
  }

  #carryOut(): void {
    for (let effect = this.engine.poll(); effect !== undefined; effect = this.engine.poll()) this.#execute(effect);
  }

  #execute(effect: Effect | CodeEffect): void {
    const { world } = this;
    switch (effect.type) {
      case "send": {
        const { conduct } = this.setting;
        const messages = conduct === "honest" ? effect.messages : effect.messages.flatMap((m) => tamper(this.#culprit, m));
        const bytes = frameLength(messages);
        if (messages.length === 0 || !this.transport.send(effect.peer, messages, bytes)) return;
        world.checker.sent(messages, bytes);
        if (!world.meter.on) return;
        world.meter.frame(messages, bytes);
        for (const message of messages) if (message.type === "DATA") this.givenBytes += message.payload.length;
        return;
      }
      case "find-signed":
      case "fetch-list":
      case "check-list":
        return this.#publisher?.execute(effect);
      case "hash": {
        const { segment, chunk, token } = effect;
        this.#inputs.push({ type: "hashed", segment, chunk, token, hash: this.#hashOf(effect) });
        return;
      }
      case "sign-receipt":
      case "check-receipt":
        return this.clock.in(WORK_MS[effect.type], () => this.handle(answerReceipt(effect)));
      case "code":
        this.#inputs.push({ type: "coded", token: effect.token, payloads: this.#code(effect) });
        return;
      case "chunk-stored":
        if (world.meter.on) world.meter.chunkDelay.add(this.clock.nowMs - (world.media(effect.segment)?.appearsMs ?? 0));
        return this.player.chunkStored(effect.segment.id, this.clock.nowMs);
      case "deliver": {
        const media = this.player.wants;
        if (media === undefined) return;
        world.checker.delivered(this, media, effect.payloads);
        if (world.meter.on) world.meter.playedBytes += media.sizeBytes;
        return this.later(() => {
          this.player.delivered(effect.want);
          this.#tracker.join();
        });
      }
      case "fail":
        return this.later(() => this.player.failed(effect.want));
      case "find-peers":
        return this.#tracker.find(effect.count, effect.except);
      case "connect":
        return this.transport.connect(effect.peer);
      case "disconnect":
        return this.transport.disconnect(effect.peer);
      case "reload-playlist":
        return this.player.reload();
      case "live-status":
        return this.#tracker.live(effect);
      case "slice-missing":
        return this.#tracker.missing(effect);
      case "fetch":
        return this.#fetch(effect);
      case "abort-fetch":
        this.#requests.get(effect.fetch)?.abort();
        this.#requests.delete(effect.fetch);
        return;
      case "banned":
        this.#tracker.misbehaved(effect.peer);
        world.meter.banned(effect.peer, world.isHonest(effect.peer));
        return;
      case "progress":
      case "segment-evicted":
    }
  }

  #hashOf({ segment, chunk, payload }: Extract<Effect, { type: "hash" }>): ReturnType<typeof hashOf> {
    const media = this.world.media(segment);
    return isGenuine(payload, segment, chunk) ? (media?.hashes[chunk] ?? hashOf(segment, chunk, true)) : hashOf(segment, chunk, false);
  }

  /** Takes no time: a row of 64 KiB is coded in a third of a millisecond. */
  #code({ segment, row, known, wanted }: CodeEffect): Uint8Array[] {
    const chunks = this.world.media(segment)?.chunks ?? 0;
    const numberOf = (index: number): number => (index < SUBSTREAMS ? row * SUBSTREAMS + index : chunks + row * PARITIES + index - SUBSTREAMS);
    const genuine = known.every(({ index, bytes }) => bytes.length === 0 || isGenuine(bytes, segment, numberOf(index)));
    return wanted.map(({ index, lengthBytes }) => codedPayload(segment, numberOf(index), { bytes: lengthBytes, genuine }));
  }

  #fetch({ fetch, segment, range, reason }: Extract<Effect, { type: "fetch" }>): void {
    const media = this.world.media(segment);
    if (media === undefined) return this.handle({ type: "origin-failed", fetch, status: 404, timedOut: false });
    const over = (): void => void this.#requests.delete(fetch);
    this.#requests.set(fetch, this.world.origin.fetch(this, { media, range, reason }, {
      head: (startByte, sizeBytes) => this.handle({ type: "origin-head", fetch, startByte, sizeBytes }),
      bytes: (bytes) => this.handle({ type: "origin-bytes", fetch, bytes }),
      done: () => {
        over();
        this.handle({ type: "origin-done", fetch });
      },
      failed: (status) => {
        over();
        this.handle({ type: "origin-failed", fetch, status, timedOut: false });
      },
    }));
  }

  // --- what the tracker says

  signal(to: PeerId, what: string): void {
    this.#tracker.signal(to, what);
  }

  signalled(from: string, what: string, isNew: boolean): void {
    if (isNew) this.handle({ type: "newcomer", peer: from as PeerId });
    this.transport.signalled(from as PeerId, what);
  }

  seated(seats: SeatsMessage): void {
    this.#tracker.seats(seats);
  }

  trackerDown(): void {
    this.#tracker.down();
    this.handle({ type: "tracker-down" });
  }
}
