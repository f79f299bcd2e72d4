import type Hls from "hls.js";
import type { FragmentLoaderContext } from "hls.js";
import type { ReceiptKey } from "./browser/receipt-key.js";
import type { Credentials } from "./credentials/credentials.js";
import { DriveLoop } from "./drive-loop.js";
import type { Want } from "./hls/fragment-loader.js";
import { swarmName } from "./hls/identity.js";
import type { PlayerSession } from "./hls/player.js";
import { Playhead } from "./hls/playhead.js";
import { type LocatedSegment, PlaylistReader } from "./hls/playlist.js";
import type { TrustPart } from "./load-trust.js";
import { OpenWants } from "./open-wants.js";
import type { ShoalOptions } from "./options.js";
import { type Address, hlsSetup, OriginLine } from "./origin-line.js";
import type { Effect } from "./protocol/contract.js";
import type { PeerId, SwarmId } from "./protocol/ids.js";
import type { Message } from "./protocol/message.js";
import { INIT_SEQUENCE } from "./protocol/segment.js";
import { noCounters } from "./protocol/state.js";
import type { SessionParts } from "./session-parts.js";
import type { PlayerStats, ShoalEvents } from "./stats.js";
import { TrackerLine } from "./tracker-line.js";
import { decodeFrame, encodeFrames } from "./wire/frame.js";

const MEMORY_BYTES = 256 * 1024 * 1024;
const MAX_NEIGHBOURS = 12;
/** The tracker is joined when the player has its first segment, so that nothing delays the first picture, or after this long. */
const JOIN_PATIENCE_MS = 1_500;
/** Longest channel name that the tracker takes. */
const CHANNEL_CHARACTERS = 120;
/** A request that nothing was heard of for this long while the player starves is handed to hls.js's own loader, ms. */
const STARVED_MS = 5_000;
/** Less media than this ahead of the playhead is starving, s. */
const STARVED_S = 0.5;

/** Tells the page; `player` is added by who gave this. */
export type Emit = <E extends keyof ShoalEvents>(event: E, detail: Omit<ShoalEvents[E], "player">) => void;

export interface SessionSetting {
  readonly hls: Hls;
  /** Absolute URL of the stream. */
  readonly url: string;
  /** The stream's playlists are loaded already. */
  readonly resumed: boolean;
  readonly options: ShoalOptions;
  readonly parts: SessionParts;
  readonly emit: Emit;
}

type EffectOf<Type extends Effect["type"]> = Extract<Effect, { type: Type }>;

/** 0 before the first byte. */
export const offloadOf = (originBytes: number, peerBytes: number): number => peerBytes / (originBytes + peerBytes || 1);

/** One stream of one Hls instance: puts the engine together with everything that does I/O for it. The only place where they meet. */
export class Session implements PlayerSession {
  readonly #setting: SessionSetting;
  readonly #name: string;
  #peer: PeerId;
  readonly #playlists: PlaylistReader;
  readonly #playhead: Playhead;
  readonly #wants = new OpenWants();
  readonly #errors: Record<string, number> = {};
  readonly #loop: DriveLoop;
  #transport: ReturnType<SessionParts["transport"]> | undefined;
  #tracker: TrackerLine | undefined;
  #join: () => void = () => undefined;
  #joinTimer: ReturnType<typeof setTimeout> | undefined;
  #origin: OriginLine | undefined;
  /** Of a page that has the publisher's key: what is loaded for it, and what stands for the publisher then. */
  #trust: Promise<TrustPart | undefined> | undefined;
  #publisher: InstanceType<TrustPart["PublisherLine"]> | undefined;
  /** Where the build counts receipts: its hash is the peer id. */
  #receiptKey: ReceiptKey | undefined;
  #wakefulness: ReturnType<SessionParts["wakefulness"]> | undefined;
  /** For a tracker that is not joined yet. */
  #live: EffectOf<"live-status"> | undefined;
  /** Why hls.js's own loader does everything; `undefined` while Shoal delivers. */
  #idleReason: string | undefined;
  /** Why no swarm is joined, though Shoal delivers. */
  #aloneReason: string | undefined;
  #isDestroyed = false;
  #controlBytes = 0;
  #bypassedBytes = 0;

  constructor(setting: SessionSetting) {
    this.#setting = setting;
    this.#name = swarmName(setting.url, setting.options.swarm);
    this.#peer = setting.parts.randomHex(8) as PeerId;
    this.#loop = new DriveLoop({
      execute: (effect) => this.#execute(effect),
      onEffectError: (effect, error) => this.report(`effect-${effect.type}`, String(error)),
      onEngineError: (error) => this.#fail(error),
    });
    this.#playlists = new PlaylistReader(setting.hls, (input) => {
      this.#loop.dispatch(input);
      this.#publisher?.playlist(input.track);
    });
    this.#playhead = new Playhead(setting.hls, () => this.#tick());
    const { contentKey } = setting.options;
    if (contentKey !== undefined) this.#trust = this.#openPublisher(contentKey);
    this.#idleReason = setting.parts.unsupported();
    if (this.#idleReason !== undefined) {
      this.#loop.stop();
      this.report(this.#idleReason, "This page cannot share.");
      return;
    }
    if (setting.resumed) this.#playlists.readKnown();
    void this.#start();
  }

  // --- what hls.js's loader asks for

  locate(context: FragmentLoaderContext): LocatedSegment | undefined {
    return this.#idleReason === undefined ? this.#playlists.locate(context) : undefined;
  }

  want(want: Want): void {
    const id = this.#wants.add(want, performance.now());
    const isInit = want.segment.ref.sequence === INIT_SEQUENCE;
    const playhead = this.#playhead.state(isInit ? undefined : want.segment.startS);
    this.#loop.dispatch({ type: "playhead", ...playhead });
    // An initialization segment is needed where the player is; its own start says nothing.
    const segment = isInit ? { ...want.segment, startS: playhead.positionS } : want.segment;
    this.#loop.dispatch({ type: "want", want: id, kind: want.kind, segment });
  }

  unwant(want: Want): void {
    const id = this.#wants.idOf(want);
    if (id === undefined) return;
    this.#wants.take(id);
    this.#loop.dispatch({ type: "unwant", want: id });
  }

  originBusy(want: Want): boolean {
    return this.#origin?.isBusy(want.segment.ref.id) ?? false;
  }

  bufferS(): number {
    return this.#playhead.bufferS();
  }

  estimateBps(): number {
    const { hls } = this.#setting;
    return hls.bandwidthEstimate || hls.config.abrEwmaDefaultEstimate;
  }

  // --- what the page sees

  report(code: string, message: string): void {
    if (this.#isFirst(code)) this.#setting.emit("warning", { code, message });
  }

  /** A page is told once; the count is in the stats. */
  #isFirst(code: string): boolean {
    return (this.#errors[code] = (this.#errors[code] ?? 0) + 1) === 1;
  }

  async check(context: FragmentLoaderContext, data: ArrayBuffer): Promise<number | undefined> {
    await this.#trust;
    return this.#publisher ? this.#publisher.check(context, data) : 403;
  }

  countBypassed(bytes: number): void {
    this.#bypassedBytes += bytes;
  }

  stats(): PlayerStats {
    const engine = this.#loop.engine?.stats(performance.now()) ?? { ...noCounters(), neighbours: [], storedBytes: 0, segments: 0, aheadS: 0 };
    const { neighbours, peerBytes } = engine;
    const tracker = this.#tracker?.state ?? ((this.#idleReason ?? this.#aloneReason) === undefined ? "connecting" : "down");
    const alone = tracker === "down" && neighbours.length === 0 ? `tracker-down: ${this.#tracker?.downReason}` : undefined;
    const reason = this.#idleReason ?? this.#aloneReason ?? alone;
    const originBytes = engine.originBytes + this.#bypassedBytes;
    return {
      ...engine,
      mode: reason === undefined ? "p2p" : "origin-only",
      reason,
      swarm: this.#name,
      peer: this.#peer,
      tracker,
      swarmSize: this.#tracker === undefined || this.#tracker.swarmSize === 0 ? 0 : Math.max(this.#tracker.swarmSize, neighbours.length + 1),
      playedBytes: engine.playedBytes + this.#bypassedBytes,
      originBytes,
      controlBytes: this.#controlBytes,
      offload: offloadOf(originBytes, peerBytes),
      bufferS: this.#playhead.bufferS(),
      errors: { ...this.#errors },
    };
  }

  /** Leaves the swarm. What hls.js still waits for goes to its own loader. */
  destroy(): void {
    this.#isDestroyed = true;
    this.#playlists.destroy();
    this.#playhead.destroy();
    this.#close("destroyed");
    // Only now: what hls.js's own loader brings is looked at until the stream ends.
    this.#publisher?.destroy();
    this.#publisher = undefined;
  }

  // --- effects

  #execute(effect: Effect): void {
    const { emit } = this.#setting;
    switch (effect.type) {
      case "deliver": return this.#deliver(effect);
      case "progress": return this.#progress(effect);
      case "fail": return this.#wants.take(effect.want)?.want.onFailed(effect.status, effect.timedOut);
      case "find-peers": return this.#tracker?.find(effect.count, effect.except);
      case "connect": return this.#transport?.connect(effect.peer);
      case "disconnect":
        this.#transport?.disconnect(effect.peer);
        return emit("neighbour", { peer: effect.peer, connected: false, reason: effect.reason });
      case "live-status":
        this.#live = effect;
        return this.#tracker?.live(effect);
      case "slice-missing": return this.#tracker?.missing(effect);
      case "reload-playlist": return this.#playlists.reload(effect.track);
      case "banned":
        this.#tracker?.misbehaved(effect.peer);
        return emit("ban", { peer: effect.peer, reason: effect.reason });
      case "send":
        for (const frame of encodeFrames(effect.messages)) {
          this.#controlBytes += frame.length;
          this.#transport?.send(effect.peer, frame);
        }
        return this.#discount(effect.messages);
      case "fetch": return this.#origin?.fetch(effect);
      case "abort-fetch": return this.#origin?.abort(effect.fetch);
      case "find-signed":
      case "fetch-list":
      case "check-list":
      case "refused":
        return this.#publisher?.execute(effect);
      case "hash": {
        const { segment, chunk, token, payload } = effect;
        return void this.#setting.parts.hash(payload).then((hash) => this.#loop.dispatch({ type: "hashed", segment, chunk, token, hash }), (error: unknown) => this.#fail(error));
      }
      case "sign-receipt":
      case "check-receipt": return void this.#receiptKey?.answer(effect).then((input) => this.#loop.dispatch(input), (error: unknown) => this.#fail(error));
      case "chunk-stored": {
        const { segment: ref, chunk, chunks, source } = effect;
        const { startS, durationS } = this.#playlists.info(ref.id) ?? { startS: 0, durationS: 0 };
        return emit("chunk", { track: ref.track, sequence: ref.sequence, startS, durationS, chunk, chunks, source });
      }
      case "segment-evicted": return;
    }
  }

  #deliver({ want: id, payloads, delivery }: EffectOf<"deliver">): void {
    const open = this.#wants.take(id);
    if (!open) return;
    const { context, segment } = open.want;
    open.want.onDelivered(payloads, delivery);
    this.#join();
    const { originBytes, peerBytes, storeBytes } = delivery;
    const { ref, startS, durationS } = segment;
    this.#setting.emit("segment", { url: context.url, track: ref.track, sequence: ref.sequence, startS, durationS, originBytes, peerBytes, storeBytes });
  }

  #progress({ want, loadedBytes, sizeBytes }: EffectOf<"progress">): void {
    const open = this.#wants.get(want);
    if (!open) return;
    open.heardMs = performance.now();
    open.want.onProgress(loadedBytes, sizeBytes);
  }

  /** The player's own request knows best (CMCD, headers); for the rest the playlist does. */
  #address(segmentId: string): Address | undefined {
    const context = this.#wants.forSegment(segmentId)[0]?.context;
    if (!context) return this.#playlists.address(segmentId);
    return { url: context.url, rangeStart: context.rangeStart ?? 0, rangeEnd: context.rangeEnd ?? 0, context };
  }

  // --- life

  async #start(): Promise<void> {
    const { hls, options, parts } = this.#setting;
    try {
      // Without a key the id is any, and receipts are not for this session.
      const [swarm, trust, receiptKey] = await Promise.all([parts.swarmId(this.#name), this.#trust, parts.receiptKey?.(this.#name).catch(() => undefined)]);
      if (this.#idleReason !== undefined) return;
      this.#receiptKey = receiptKey;
      this.#peer = receiptKey?.peer ?? this.#peer;
      const { upload: serves = true, maxUploadBps, memoryBytes = MEMORY_BYTES, maxNeighbours = MAX_NEIGHBOURS, delivery = "auto" } = options;
      this.#origin = new OriginLine(hls, parts.origin, {
        dispatch: (input) => this.#loop.dispatch(input),
        address: (segmentId) => this.#address(segmentId),
        onBusyChange: (segmentId) => {
          for (const want of this.#wants.forSegment(segmentId)) want.onTick();
        },
      });
      const seed = Number.parseInt(parts.randomHex(4), 16);
      this.#join = () => {
        clearTimeout(this.#joinTimer);
        this.#join = () => undefined;
        void this.#enter(swarm, serves);
      };
      this.#joinTimer = setTimeout(this.#join, JOIN_PATIENCE_MS);
      this.#loop.start(parts.engine({ peer: this.#peer, swarm, seed, serves, maxUploadBps, memoryBytes, maxNeighbours, delivery, ...(trust && { belief: trust.signedBelief }), ...(receiptKey && { receipts: receiptKey.receipts }) }, this.#loop));
      if (this.#idleReason === undefined) this.#wakefulness = parts.wakefulness((awake) => this.#loop.dispatch({ type: "awake", awake }));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Never rejects: what cannot be loaded leaves everything refused. */
  async #openPublisher(contentKey: string): Promise<TrustPart | undefined> {
    const { hls, url, parts } = this.#setting;
    try {
      const trust = await parts.loadTrust();
      if (this.#isDestroyed) return undefined;
      const setting = { contentKey, streamUrl: () => this.#playlists.streamUrl ?? url, origin: parts.origin, hls: hlsSetup(hls) };
      this.#publisher = new trust.PublisherLine(setting, {
        dispatch: (input) => this.#loop.dispatch(input),
        listed: (track) => this.#playlists.listed(track),
        onRefused: ({ code, url: refusedUrl, isFinal, message }) => (isFinal ? this.#refused(code, refusedUrl, message) : this.report(code, message)),
      });
      for (const track of this.#playlists.trackIds) this.#publisher.playlist(track);
      return trust;
    } catch (error) {
      this.#refused("not-loaded", url, `${String(error)}; serve it beside shoal.min.js.`);
      this.#close("no-trust");
      return undefined;
    }
  }

  #refused(code: string, url: string, message: string): void {
    if (this.#isFirst(`refused-${code}`)) this.#setting.emit("refused", { code, url, message });
  }

  async #enter(swarm: SwarmId, serves: boolean): Promise<void> {
    const { options, parts } = this.#setting;
    const { ticket, friends, permId } = options;
    let credentials: Credentials | undefined;
    let refusal = "no-consent";
    try {
      if (options.consent && (await options.consent()) !== true) throw new Error("no consent");
      refusal = "trust-unavailable";
      if (ticket ?? friends ?? permId) credentials = await (await parts.loadTrust()).openCredentials({ swarm, name: this.#name, peer: this.#peer, ticket, friends });
    } catch (error) {
      return this.#stayAlone(refusal, String(error));
    }
    if (this.#idleReason !== undefined) return;
    this.#transport = this.#openTransport(credentials);
    this.#tracker = this.#joinTracker({ swarm, serves, credentials });
    if (this.#live) this.#tracker.live(this.#live);
  }

  /** Delivers from the origin only, and knows nobody. */
  #stayAlone(reason: string, message: string): void {
    if (this.#idleReason !== undefined) return;
    this.#aloneReason = reason;
    this.report(reason, message);
    this.#loop.dispatch({ type: "tracker-down" });
  }

  #openTransport(credentials: Credentials | undefined): ReturnType<SessionParts["transport"]> {
    const { options, parts, emit } = this.#setting;
    return parts.transport({ self: this.#peer, iceServers: options.iceServers ?? [], relayOnly: options.relayOnly, guard: credentials?.guard }, {
      onSignal: (peer, data) => this.#tracker?.signal(peer, data),
      onConnected: (peer, permId) => {
        emit("neighbour", { peer, connected: true, reason: "", permId });
        this.#loop.dispatch({ type: "connected", peer, friend: credentials?.isFriend(permId) === true });
      },
      onDisconnected: (peer, reason) => {
        emit("neighbour", { peer, connected: false, reason });
        this.#loop.dispatch({ type: "disconnected", peer });
      },
      onMessage: (peer, bytes) => this.#onMessage(peer, bytes),
      onWritable: (peer, bufferedBytes) => this.#loop.dispatch({ type: "writable", peer, bufferedBytes }),
    });
  }

  #onMessage(peer: PeerId, bytes: Uint8Array): void {
    const messages = decodeFrame(bytes);
    if ("reason" in messages) return this.#loop.dispatch({ type: "malformed", peer, reason: messages.reason });
    this.#controlBytes += bytes.length;
    this.#discount(messages);
    for (const message of messages) this.#loop.dispatch({ type: "message", peer, message });
  }

  /** Chunks are not control. */
  #discount(messages: readonly Message[]): void {
    for (const m of messages) if (m.type === "DATA") this.#controlBytes -= m.payload.length;
  }

  #joinTracker({ swarm, serves, credentials }: { swarm: SwarmId; serves: boolean; credentials: Credentials | undefined }): TrackerLine {
    const { options, parts } = this.#setting;
    const request = { swarm, peer: this.#peer, secret: parts.randomHex(16), serves, channel: this.#name.slice(0, CHANNEL_CHARACTERS) };
    return new TrackerLine({ address: options.tracker, request, admission: credentials?.admission }, parts.tracker, {
      dispatch: (input) => this.#loop.dispatch(input),
      onSignal: (peer, data, isNew) => {
        if (isNew) this.#loop.dispatch({ type: "newcomer", peer });
        this.#transport?.signal(peer, data);
      },
      onTicket: (ticket) => {
        const problem = credentials?.joined(ticket);
        if (problem) this.report("tracker-without-tickets", problem);
      },
      onIceServers: (iceServers) => {
        if (!options.iceServers) this.#transport?.useIceServers(iceServers);
      },
      statReport: () => {
        const { segments, neighbours, originBytes, peerBytes, uploadedBytes } = this.stats();
        const strangers = this.#loop.engine?.strangers ?? [];
        return { segments, neighbours: neighbours.length, originBytes, peerBytes, uploadedBytes, ...(strangers.length > 0 && { strangers: [...strangers] }) };
      },
      report: (code, message) => this.report(code, message),
    });
  }

  /** The playhead moved, or a quarter of a second of playing passed. */
  #tick(): void {
    this.#loop.dispatch({ type: "playhead", ...this.#playhead.state() });
    const nowMs = performance.now();
    for (const { id, want, heardMs } of this.#wants) {
      want.onTick();
      if (nowMs - heardMs < STARVED_MS || this.bufferS() > STARVED_S || this.originBusy(want)) continue;
      this.#wants.take(id);
      this.#loop.dispatch({ type: "unwant", want: id });
      want.onAbandoned();
    }
  }

  /** A bug of Shoal's: never the viewer's problem. */
  #fail(error: unknown): void {
    this.report("internal-error", error instanceof Error ? (error.stack ?? error.message) : String(error));
    this.#close("internal-error");
  }

  #close(reason: string): void {
    this.#idleReason ??= reason;
    clearTimeout(this.#joinTimer);
    this.#join = () => undefined;
    this.#loop.stop();
    this.#wakefulness?.destroy();
    this.#tracker?.destroy();
    this.#transport?.destroy();
    this.#origin?.destroy();
    this.#transport = this.#origin = undefined;
    for (const { id, want } of this.#wants) {
      this.#wants.take(id);
      want.onAbandoned();
    }
  }
}
