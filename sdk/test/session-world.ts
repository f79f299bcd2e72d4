import Hls from "hls.js";
import type { Events, HlsConfig } from "hls.js";
import type { JoinReply, JoinRequest, LiveRequest } from "../../signaling-server/src/events.js";
import type { OriginEvents, OriginRequest } from "../src/browser/origin.js";
import type { Admission, SignalingEvents } from "../src/browser/signaling.js";
import type { TransportEvents, TransportOptions } from "../src/browser/webrtc.js";
import { captureController, fragmentLoaderConstructor } from "../src/hls/capture.js";
import { type OpenSession, Player } from "../src/hls/player.js";
import type { ShoalOptions } from "../src/options.js";
import type { Effect, Input } from "../src/protocol/contract.js";
import type { SegmentInfo } from "../src/protocol/segment.js";
import type { ChunkHash, PeerId, SwarmId, WantId } from "../src/protocol/ids.js";
import { Session } from "../src/session.js";
import type { SessionParts } from "../src/session-parts.js";
import * as trust from "../src/trust.js";
import { web } from "./hls-in-node.js";

type Of<Union, Type> = Extract<Union, { type: Type }>;
const NO_FETCHES = { start: 0, alone: 0, seat: 0, slice: 0, rescue: 0, settle: 0, check: 0 };

/** The smallest engine that plays: fetches every want whole from the origin, and keeps a log. */
export class StandInEngine {
  readonly inputs: Input[] = [];
  readonly #effects: Effect[] = [];
  readonly #bodies = new Map<number, { want: WantId; segment: SegmentInfo; parts: Uint8Array[] }>();
  handling = false;
  timeoutMs: number | undefined;
  ticks = 0;
  broken = false;
  playedBytes = 0;

  handle(input: Input): void {
    if (this.handling) throw new Error("re-entered");
    this.handling = true;
    this.inputs.push(input);
    if (this.broken) throw new Error("a bug in the engine");
    this.#react(input);
    this.handling = false;
  }
  emit(effect: Effect): void { this.#effects.push(effect); }
  poll(): Effect | undefined { return this.#effects.shift(); }
  nextTimeoutMs(): number | undefined { return this.timeoutMs; }
  tick(): void { this.ticks++; this.timeoutMs = undefined; }
  stats() {
    return {
      neighbours: [], playedBytes: this.playedBytes, originBytes: this.playedBytes, peerBytes: 0, uploadedBytes: 0, duplicateBytes: 0,
      rescues: 0, fetches: NO_FETCHES, storedBytes: 0, bannedPeers: 0, segments: 0,
    };
  }
  all<T extends Input["type"]>(type: T): Of<Input, T>[] { return this.inputs.filter((input): input is Of<Input, T> => input.type === type); }

  #react(input: Input): void {
    if (input.type === "want") {
      const fetch = (this.#bodies.size + 1) as Of<Effect, "fetch">["fetch"];
      this.#bodies.set(fetch, { want: input.want, segment: input.segment, parts: [] });
      this.emit({ type: "fetch", fetch, segment: input.segment.ref, range: undefined, reason: "start" });
    } else if (input.type === "origin-bytes") {
      this.#bodies.get(input.fetch)!.parts.push(input.bytes);
    } else if (input.type === "origin-done") {
      const { want, parts } = this.#bodies.get(input.fetch)!;
      const originBytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
      this.playedBytes += originBytes;
      this.emit({ type: "deliver", want, payloads: parts, delivery: { originBytes, peerBytes: 0, storeBytes: 0, wantedMs: 0, firstByteMs: 1, completeMs: 2, throughputBps: 1e6, originTtfbMs: 20 } });
    } else if (input.type === "origin-failed") {
      const body = this.#bodies.get(input.fetch);
      if (body) this.emit({ type: "fail", want: body.want, status: input.status, timedOut: input.timedOut });
    }
  }
}

/** A real Hls instance with a session on a stand-in engine, an in-memory origin, tracker and transport. */
export function sessionWorld(files: Readonly<Record<string, string | Uint8Array>>, setting: { options?: Partial<ShoalOptions>; unsupported?: "no-webrtc" | "insecure-context"; hls?: Partial<HlsConfig>; loadTrust?: SessionParts["loadTrust"]; receiptKey?: SessionParts["receiptKey"] } = {}) {
  const plain = web(files);
  const world = {
    requests: plain.requests,
    engines: [] as StandInEngine[],
    fetched: [] as OriginRequest[],
    joins: [] as JoinRequest[],
    tracker: undefined as SignalingEvents | undefined,
    transport: undefined as TransportEvents | undefined,
    transportOptions: undefined as TransportOptions | undefined,
    admission: undefined as Admission | undefined,
    calls: [] as string[],
    reports: 0,
    lives: [] as Omit<LiveRequest, "swarm">[],
    awake: undefined as ((awake: boolean) => void) | undefined,
    events: [] as { event: string; detail: unknown }[],
    get engine(): StandInEngine { return world.engines.at(-1)!; },
    up(reply: Partial<JoinReply> = {}): void { world.tracker!.onUp({ ok: true, peers: [], size: 1, iceServers: [], statIntervalMs: 30_000, ...reply }); },
    player: undefined as unknown as Player,
    hls: undefined as unknown as Hls,
    loaded: [] as { url: string; data: Uint8Array }[],
  };
  const log = (name: string) => (): void => void world.calls.push(name);
  const parts: SessionParts = {
    engine: () => { const engine = new StandInEngine(); world.engines.push(engine); return engine as unknown as ReturnType<SessionParts["engine"]>; },
    transport: (options, events) => {
      world.transport = events;
      world.transportOptions = options;
      return { connect: (peer) => events.onConnected(peer), signal: log("signal"), send: log("send"), disconnect: log("disconnect"), useIceServers: log("ice"), destroy: log("transport destroyed") };
    },
    tracker: (_address, request, events, admission) => {
      world.tracker = events;
      world.admission = admission;
      world.joins.push(request);
      return { connect: log("join"), find: log("find"), signal: log("signal"), report: () => void world.reports++, live: (status) => void world.lives.push(status), missing: log("missing"), misbehaved: log("misbehaved"), destroy: log("tracker destroyed") };
    },
    origin: (events: OriginEvents) => ({
      fetch: (request) => {
        world.fetched.push(request);
        const file = files[new URL(request.url).pathname];
        setTimeout(() => {
          if (!(file instanceof Uint8Array)) return events.onFailed(request.id, { status: 404, timedOut: false });
          const { start, end } = request.within ?? { start: 0, end: file.byteLength };
          events.onHead(request.id, { startByte: 0, sizeBytes: end - start });
          events.onBytes(request.id, file.slice(start, end));
          events.onDone(request.id);
        }, 1);
      },
      abort: log("abort"), destroy: log("origin destroyed"),
    }),
    wakefulness: (onChange) => {
      world.awake = onChange;
      return { destroy: log("wakefulness destroyed") };
    },
    receiptKey: setting.receiptKey,
    hash: async () => "0".repeat(32) as ChunkHash,
    swarmId: async (name) => `swarm of ${name}` as SwarmId,
    randomHex: (bytes) => "ab".repeat(bytes),
    loadTrust: () => setting.loadTrust?.() ?? Promise.resolve(trust),
    unsupported: () => setting.unsupported,
  };
  const options = { tracker: "https://tracker.example", ...setting.options };
  const open: OpenSession = (hls, stream) => new Session({ hls, ...stream, options, parts, emit: (event, detail) => void world.events.push({ event, detail }) });
  world.hls = new Hls({
    loader: plain.loader, startFragPrefetch: true, enableWorker: false, ...setting.hls,
    fLoader: fragmentLoaderConstructor({
      userLoader: undefined, source: () => world.player.session,
      onFallback: (_config, code) => world.player.session?.report(code, ""), onBypassed: (_config, bytes) => world.player.session?.countBypassed(bytes),
      ...(options.contentKey !== undefined && { check: (_config, context, data) => world.player.session?.check(context, data) ?? Promise.resolve(403) }),
    }),
    fpsController: captureController(undefined, false, (hls) => { world.player = new Player(hls, open, log("ended")); }),
  });
  world.hls.on("hlsFragLoaded" as Events.FRAG_LOADED, (_event, { frag, payload }) => {
    world.loaded.push({ url: frag.url ?? "", data: new Uint8Array(payload) });
    // The media is made up: parsed, it would be an error, and hls.js would load it again.
    world.hls.stopLoad();
  });
  return world;
}

export const PEER = "00112233445566aa" as PeerId;
