import type Hls from "hls.js";
import type { FragmentLoaderContext } from "hls.js";
import type { OriginEvents } from "./browser/origin.js";
import type { JoinReply, StatReport } from "../../signaling-server/src/events.js";
import type { LocatedSegment } from "./hls/playlist.js";
import type { PlayerSession } from "./hls/player.js";
import type { Want } from "./hls/fragment-loader.js";
import { type FileRange, swarmName } from "./hls/identity.js";
import { Playhead } from "./hls/playhead.js";
import { PlaylistReader } from "./hls/playlist.js";
import type { Effect, Input } from "./protocol/contract.js";
import type { FetchId, PeerId, SwarmId, WantId } from "./protocol/ids.js";
import { INIT_SEQUENCE } from "./protocol/segment.js";
import type { ShoalOptions } from "./options.js";
import type { SessionParts } from "./session-parts.js";
import type { PlayerStats, ShoalEvents } from "./stats.js";

const MEMORY_BYTES = 256 * 1024 * 1024;
const MAX_NEIGHBOURS = 12;
/** Longest channel name that the tracker takes. */
const CHANNEL_CHARACTERS = 120;
/** A request that nothing was heard of for this long while the player starves is handed to hls.js's own loader, ms. */
const STARVED_MS = 5_000;

/** Tells the page; `player` is added by the session. */
export type Emit = <E extends keyof ShoalEvents>(event: E, detail: Omit<ShoalEvents[E], "player">) => void;

interface OpenWant {
  readonly id: WantId;
  readonly want: Want;
  heardMs: number;
}

type EffectOf<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;

/**
 * One stream of one Hls instance: owns the engine and everything that does I/O for it. The only place where they meet:
 * an input goes in, the effects that come out are carried out after the engine has returned, inputs that arise meanwhile
 * wait their turn, and one timer stands for the engine's clock.
 */
export class Session implements PlayerSession {
  readonly #hls: Hls;
  readonly #options: ShoalOptions;
  readonly #parts: SessionParts;
  readonly #emit: Emit;
  readonly #url: string;
  readonly #name: string;
  readonly #peer: PeerId;
  readonly #playlists: PlaylistReader;
  readonly #playhead: Playhead;
  readonly #wants = new Map<WantId, OpenWant>();
  readonly #wantIds = new Map<Want, WantId>();
  /** Origin requests under way, by the segment they are for. */
  readonly #fetches = new Map<FetchId, string>();
  readonly #errors: Record<string, number> = {};
  readonly #inputs: Input[] = [];
  #driving = false;
  #nextWant = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAtMs = Infinity;
  #statTimer: ReturnType<typeof setInterval> | undefined;
  #engine: ReturnType<SessionParts["engine"]> | undefined;
  #transport: ReturnType<SessionParts["transport"]> | undefined;
  #tracker: ReturnType<SessionParts["tracker"]> | undefined;
  #origin: ReturnType<SessionParts["origin"]> | undefined;
  /** Why hls.js's own loader does everything; `undefined` while Shoal delivers. */
  #idleReason: string | undefined;
  #trackerState: PlayerStats["tracker"] = "connecting";
  #trackerReason: string | undefined;
  #swarmSize = 0;
  #controlBytes = 0;
  #bypassedBytes = 0;
  #destroyed = false;

  constructor(setting: { readonly hls: Hls; readonly url: string; readonly resumed: boolean; readonly options: ShoalOptions; readonly parts: SessionParts; readonly emit: Emit }) {
    this.#hls = setting.hls;
    this.#url = setting.url;
    this.#options = setting.options;
    this.#parts = setting.parts;
    this.#emit = setting.emit;
    this.#name = swarmName(setting.url, setting.options.swarm);
    this.#peer = setting.parts.randomHex(8) as PeerId;
    this.#playlists = new PlaylistReader(setting.hls, (input) => this.#dispatch(input));
    this.#playhead = new Playhead(setting.hls, () => this.#tick());
    this.#idleReason = setting.parts.unsupported();
    if (this.#idleReason !== undefined) this.report(this.#idleReason, "This browser or page cannot share; the stream plays like plain hls.js.");
    else {
      if (setting.resumed) this.#playlists.readKnown();
      void this.#start();
    }
  }

  // --- what hls.js's loader asks for

  locate(context: FragmentLoaderContext): LocatedSegment | undefined {
    return this.#idleReason === undefined && !this.#destroyed ? this.#playlists.locate(context) : undefined;
  }

  want(want: Want): void {
    const id = this.#nextWant++ as WantId;
    this.#wants.set(id, { id, want, heardMs: performance.now() });
    this.#wantIds.set(want, id);
    const isInit = want.segment.ref.sequence === INIT_SEQUENCE;
    const playhead = this.#playhead.state(isInit ? undefined : want.segment.startS);
    this.#dispatch({ type: "playhead", ...playhead });
    // An initialization segment is needed where the player is, whatever the playlist says.
    const segment = isInit ? { ...want.segment, startS: playhead.positionS } : want.segment;
    this.#dispatch({ type: "want", want: id, kind: want.kind, segment });
  }

  unwant(want: Want): void {
    const id = this.#wantIds.get(want);
    if (id === undefined) return;
    this.#forget(id);
    this.#dispatch({ type: "unwant", want: id });
  }

  originBusy(want: Want): boolean {
    for (const segment of this.#fetches.values()) if (segment === want.segment.ref.id) return true;
    return false;
  }

  bufferS(): number {
    return this.#playhead.bufferS();
  }

  // --- what the page sees

  report(code: string, message: string): void {
    this.#errors[code] = (this.#errors[code] ?? 0) + 1;
    // A page is told once; the count is in the stats.
    if (this.#errors[code] === 1) this.#emit("warning", { code, message });
  }

  countBypassed(bytes: number): void {
    this.#bypassedBytes += bytes;
  }

  stats(): PlayerStats {
    const engine = this.#engine?.stats(performance.now());
    const neighbours = engine?.neighbours ?? [];
    const alone = this.#trackerState === "down" && neighbours.length === 0 ? `tracker-down: ${this.#trackerReason ?? ""}` : undefined;
    const reason = this.#destroyed ? "destroyed" : (this.#idleReason ?? alone);
    const originBytes = (engine?.originBytes ?? 0) + this.#bypassedBytes;
    const peerBytes = engine?.peerBytes ?? 0;
    return {
      mode: reason === undefined ? "p2p" : "origin-only",
      reason,
      swarm: this.#name,
      peer: this.#peer,
      tracker: this.#trackerState,
      swarmSize: this.#swarmSize,
      neighbours,
      playedBytes: (engine?.playedBytes ?? 0) + this.#bypassedBytes,
      originBytes,
      peerBytes,
      uploadedBytes: engine?.uploadedBytes ?? 0,
      duplicateBytes: engine?.duplicateBytes ?? 0,
      controlBytes: this.#controlBytes,
      offload: originBytes + peerBytes > 0 ? peerBytes / (originBytes + peerBytes) : 0,
      rescues: engine?.rescues ?? 0,
      fetches: engine?.fetches ?? { start: 0, alone: 0, slice: 0, rescue: 0, settle: 0, check: 0 },
      bufferS: this.#playhead.bufferS(),
      storedBytes: engine?.storedBytes ?? 0,
      bannedPeers: engine?.bannedPeers ?? 0,
      errors: { ...this.#errors },
    };
  }

  /** Leaves the swarm. What hls.js still waits for goes to its own loader. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#playlists.destroy();
    this.#playhead.destroy();
    this.#close();
  }

  // --- the drive loop

  /** Never re-entrant: what effects bring about waits until they are all carried out. */
  #dispatch(input: Input): void {
    if (this.#idleReason !== undefined || this.#destroyed) return;
    this.#inputs.push(input);
    this.#drive();
  }

  #drive(): void {
    if (this.#driving) return;
    this.#driving = true;
    try {
      // `#close` while driving takes the engine away.
      while (this.#engine) {
        const input = this.#inputs.shift();
        if (!input) break;
        this.#engine.handle(input, performance.now());
        this.#carryOut();
      }
      this.#arm();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#driving = false;
    }
  }

  #carryOut(): void {
    for (let effect = this.#engine?.poll(); effect; effect = this.#engine?.poll()) {
      try {
        this.#execute(effect);
      } catch (error) {
        this.report(`effect-${effect.type}`, String(error));
      }
    }
  }

  #arm(): void {
    const atMs = this.#engine?.nextTimeoutMs() ?? Infinity;
    if (atMs === this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    if (atMs < Infinity) this.#timer = setTimeout(() => this.#onTimer(), Math.max(0, Math.ceil(atMs - performance.now())));
  }

  #onTimer(): void {
    this.#timerAtMs = Infinity;
    if (!this.#engine || this.#driving) return;
    this.#driving = true;
    try {
      this.#engine.tick(performance.now());
      this.#carryOut();
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#driving = false;
    }
    this.#drive();
  }

  #execute(effect: Effect): void {
    switch (effect.type) {
      case "deliver": return this.#deliver(effect);
      case "progress": return this.#progress(effect);
      case "fail": return this.#forget(effect.want)?.want.onFailed(effect.status, effect.timedOut);
      case "find-peers": return this.#tracker?.find(effect.count, effect.except);
      case "connect": return this.#transport?.connect(effect.peer);
      case "disconnect":
        this.#transport?.disconnect(effect.peer);
        return this.#emit("neighbour", { peer: effect.peer, connected: false, reason: effect.reason });
      case "banned": return this.#emit("ban", { peer: effect.peer, reason: effect.reason });
      case "send": {
        const bytes = this.#parts.encode(effect.message);
        if (effect.message.type !== "DATA") this.#controlBytes += bytes.byteLength;
        return this.#transport?.send(effect.peer, bytes);
      }
      case "fetch": return this.#fetch(effect);
      case "abort-fetch":
        this.#fetches.delete(effect.fetch);
        return this.#origin?.abort(effect.fetch);
      case "hash": return void this.#hash(effect);
      case "chunk-stored": {
        const { segment: ref, chunk, chunks, source } = effect;
        const { startS, durationS } = this.#playlists.info(ref.id) ?? { startS: 0, durationS: 0 };
        return this.#emit("chunk", { track: ref.track, sequence: ref.sequence, startS, durationS, chunk, chunks, source });
      }
      case "segment-evicted": return;
    }
  }

  #deliver({ want: id, payloads, delivery }: EffectOf<"deliver">): void {
    const open = this.#forget(id);
    if (!open) return;
    const { context, segment } = open.want;
    open.want.onDelivered(payloads, delivery);
    const { originBytes, peerBytes, storeBytes } = delivery;
    const { ref, startS, durationS } = segment;
    this.#emit("segment", { url: context.url, track: ref.track, sequence: ref.sequence, startS, durationS, originBytes, peerBytes, storeBytes });
  }

  #progress({ want, loadedBytes, sizeBytes }: EffectOf<"progress">): void {
    const open = this.#wants.get(want);
    if (!open) return;
    open.heardMs = performance.now();
    open.want.onProgress(loadedBytes, sizeBytes);
  }

  #fetch({ fetch: id, segment, range }: EffectOf<"fetch">): void {
    const file = this.#address(segment.id);
    if (!file || !this.#origin) return this.#dispatch({ type: "origin-failed", fetch: id, status: 0, timedOut: false });
    this.#fetches.set(id, segment.id);
    this.#observeWants(segment.id);
    const { maxTimeToFirstByteMs, maxLoadTimeMs } = this.#hls.config.fragLoadPolicy.default;
    const { url, rangeStart, rangeEnd, context } = file;
    const within = rangeEnd > rangeStart ? { start: rangeStart, end: rangeEnd } : undefined;
    this.#origin.fetch({ id, url, range, within, context, timeToFirstByteMs: maxTimeToFirstByteMs || Infinity, timeoutMs: maxLoadTimeMs });
  }

  /** The player's own request knows best (CMCD, headers); for the rest the playlist does. */
  #address(segmentId: string): (FileRange & { readonly context?: FragmentLoaderContext }) | undefined {
    for (const { want } of this.#wants.values()) {
      const { url, rangeStart = 0, rangeEnd = 0 } = want.context;
      if (want.segment.ref.id === segmentId) return { url, rangeStart, rangeEnd, context: want.context };
    }
    return this.#playlists.address(segmentId);
  }

  #originEvents(): OriginEvents {
    const ended = (fetch: FetchId, input: Input): void => {
      const segmentId = this.#fetches.get(fetch);
      if (segmentId === undefined) return;
      this.#fetches.delete(fetch);
      this.#observeWants(segmentId);
      this.#dispatch(input);
    };
    return {
      onHead: (fetch, head) => this.#dispatch({ type: "origin-head", fetch, ...head }),
      onBytes: (fetch, bytes) => this.#dispatch({ type: "origin-bytes", fetch, bytes }),
      onDone: (fetch) => ended(fetch, { type: "origin-done", fetch }),
      onFailed: (fetch, failure) => ended(fetch, { type: "origin-failed", fetch, ...failure }),
    };
  }

  async #hash({ segment, chunk, token, payload }: EffectOf<"hash">): Promise<void> {
    try {
      const hash = await this.#parts.hash(payload);
      this.#dispatch({ type: "hashed", segment, chunk, token, hash });
    } catch (error) {
      this.report("hash-failed", String(error));
    }
  }

  // --- life

  async #start(): Promise<void> {
    try {
      const swarm: SwarmId = await this.#parts.swarmId(this.#name);
      if (this.#destroyed) return;
      const { upload = true, memoryBytes = MEMORY_BYTES, maxNeighbours = MAX_NEIGHBOURS } = this.#options;
      this.#transport = this.#parts.transport({ self: this.#peer, iceServers: this.#options.iceServers ?? [] }, {
        onSignal: (peer, data) => this.#tracker?.signal(peer, data),
        onConnected: (peer) => {
          this.#emit("neighbour", { peer, connected: true, reason: "" });
          this.#dispatch({ type: "connected", peer });
        },
        onDisconnected: (peer, reason) => {
          this.#emit("neighbour", { peer, connected: false, reason });
          this.#dispatch({ type: "disconnected", peer });
        },
        onMessage: (peer, bytes) => this.#onMessage(peer, bytes),
        onWritable: (peer, bufferedBytes) => this.#dispatch({ type: "writable", peer, bufferedBytes }),
      });
      this.#origin = this.#parts.origin(this.#originEvents(), {
        config: this.#hls.config,
        defaultLoader: (this.#hls.constructor as typeof Hls).DefaultConfig.loader,
      });
      const seed = Number.parseInt(this.#parts.randomHex(4), 16);
      this.#engine = this.#parts.engine({ peer: this.#peer, swarm, seed, serves: upload, memoryBytes, maxNeighbours });
      this.#joinTracker(swarm, upload);
      this.#drive();
    } catch (error) {
      this.#fail(error);
    }
  }

  #joinTracker(swarm: SwarmId, serves: boolean): void {
    const channel = (this.#options.swarm ?? this.#url.replace(/[?#].*$/s, "")).slice(0, CHANNEL_CHARACTERS);
    const request = { swarm, peer: this.#peer, secret: this.#parts.randomHex(16), serves, channel };
    this.#tracker = this.#parts.tracker(this.#options.tracker, request, {
      onUp: (reply) => this.#onTrackerUp(reply),
      onDown: (reason) => {
        this.#trackerState = "down";
        this.#trackerReason = reason;
        clearInterval(this.#statTimer);
        this.report("tracker-down", `The tracker cannot be reached (${reason}); trying goes on.`);
        this.#dispatch({ type: "tracker-down" });
      },
      onPeers: ({ peers, size }) => {
        this.#swarmSize = size;
        this.#dispatch({ type: "tracker-peers", peers: peers as PeerId[], swarmSize: size });
      },
      onSignal: (peer, data) => this.#transport?.signal(peer, data),
      onPeerLeft: (peer) => this.#dispatch({ type: "peer-left", peer }),
      onError: ({ request: what, code, message }) => this.report(`tracker-${what}-${code}`, message),
    });
    this.#tracker.connect();
  }

  #onTrackerUp({ peers, size, iceServers, statIntervalMs }: JoinReply): void {
    this.#trackerState = "connected";
    this.#swarmSize = size;
    if (!this.#options.iceServers) this.#transport?.useIceServers(iceServers);
    clearInterval(this.#statTimer);
    this.#statTimer = setInterval(() => this.#tracker?.report(this.#statReport()), Math.max(1000, statIntervalMs));
    this.#dispatch({ type: "tracker-up" });
    this.#dispatch({ type: "tracker-peers", peers: peers as PeerId[], swarmSize: size });
  }

  #statReport(): Omit<StatReport, "swarm"> {
    const { neighbours, originBytes, peerBytes, uploadedBytes } = this.stats();
    const segments = this.#engine?.stats(performance.now()).segments ?? 0;
    return { segments, neighbours: neighbours.length, originBytes, peerBytes, uploadedBytes };
  }

  #onMessage(peer: PeerId, bytes: Uint8Array): void {
    const message = this.#parts.decode(bytes);
    if (message.type === "malformed") return this.#dispatch({ type: "malformed", peer, reason: message.reason });
    if (message.type !== "DATA") this.#controlBytes += bytes.byteLength;
    this.#dispatch({ type: "message", peer, message });
  }

  /** The playhead moved, or a quarter of a second of playing passed. */
  #tick(): void {
    if (this.#destroyed) return;
    this.#dispatch({ type: "playhead", ...this.#playhead.state() });
    const nowMs = performance.now();
    for (const { id, want, heardMs } of this.#wants.values()) {
      want.onTick();
      if (nowMs - heardMs < STARVED_MS || this.bufferS() > 0.5 || this.originBusy(want)) continue;
      this.report("want-starved", "A segment was late and nobody fetched it; hls.js's own loader took over.");
      this.#forget(id);
      this.#dispatch({ type: "unwant", want: id });
      want.onAbandoned();
    }
  }

  #observeWants(segmentId: string): void {
    for (const { want } of this.#wants.values()) if (want.segment.ref.id === segmentId) want.onTick();
  }

  #forget(id: WantId): OpenWant | undefined {
    const open = this.#wants.get(id);
    this.#wants.delete(id);
    if (open) this.#wantIds.delete(open.want);
    return open;
  }

  /** A bug of Shoal's: never the viewer's problem. */
  #fail(error: unknown): void {
    this.#idleReason ??= "internal-error";
    this.report("internal-error", error instanceof Error ? (error.stack ?? error.message) : String(error));
    this.#close();
  }

  #close(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#statTimer);
    this.#inputs.length = 0;
    this.#fetches.clear();
    this.#tracker?.destroy();
    this.#transport?.destroy();
    this.#origin?.destroy();
    this.#tracker = this.#transport = this.#origin = this.#engine = undefined;
    for (const { id, want } of this.#wants.values()) {
      this.#forget(id);
      want.onAbandoned();
    }
  }
}
