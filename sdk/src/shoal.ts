import type Hls from "hls.js";
import type { HlsConfig } from "hls.js";
import { captureController, fragmentLoaderConstructor } from "./hls/capture.js";
import { type OpenSession, Player, type PlayerSession } from "./hls/player.js";
import { loadTrust } from "./load-trust.js";
import type { ShoalOptions } from "./options.js";
import { offloadOf, Session } from "./session.js";
import { SESSION_PARTS, unsupportedReason } from "./session-parts.js";
import { ShoalError } from "./shoal-error.js";
import type { ShoalEvents, ShoalStats } from "./stats.js";
import { checkDelivery } from "./with-push.js";

/** Loader classes made by any Shoal. */
const OURS = new WeakSet<object>();

/** Peer-assisted delivery for the Hls instances made with {@link Shoal.hlsConfig}. */
export class Shoal {
  readonly #players = new Map<HlsConfig, { readonly player: Player; readonly index: number }>();
  readonly #listeners = new Map<keyof ShoalEvents, Set<(detail: never) => void>>();
  #nextIndex = 0;
  #destroyed = false;

  /** @throws {@link ShoalError} when a setting cannot work. */
  constructor(readonly options: ShoalOptions) {
    check(options);
    // Beforehand: the first segment waits for it.
    if (options.contentKey !== undefined) loadTrust().catch(() => undefined);
    globalThis.addEventListener?.("pagehide", this.#onPageHide);
    globalThis.addEventListener?.("pageshow", this.#onPageShow);
  }

  /** Whether this browser can exchange chunks with others; where it cannot, streams play like plain hls.js. */
  static isSupported(): boolean {
    return unsupportedReason() === undefined;
  }

  /** This browser's PermID, 32 hex digits, made at the first call: what others put into their `friends`. Rejects when the file for it cannot be loaded. */
  static async permId(): Promise<string> {
    return (await (await loadTrust()).permKey()).id;
  }

  /** Forgets this browser's key: the next session has another PermID, which nothing connects with this one. */
  static async forgetPermId(): Promise<void> {
    await (await loadTrust()).forgetPermKey();
  }

  /**
   * The configuration of an Hls instance that delivers through this Shoal: `new Hls(shoal.hlsConfig({ ...yours }))`.
   * Yours is kept as it is; `fLoader` and `fpsController` are wrapped. It may be spread, and used for several instances. With a `contentKey`
   * whole segments alone are loaded, since parts of them are not signed: `lowLatencyMode` is off.
   */
  hlsConfig(config: Partial<HlsConfig> = {}): Partial<HlsConfig> {
    // Passed through twice, as when a page uses both the script tag and this: once is enough.
    if (config.fLoader && OURS.has(config.fLoader)) return config;
    const isSigned = this.options.contentKey !== undefined;
    const fLoader = fragmentLoaderConstructor({
      userLoader: config.fLoader,
      source: (own) => this.#session(own),
      onFallback: (own, code, error) => this.#session(own)?.report(code, error === undefined ? "hls.js's own loader took over." : String(error)),
      // Where there is no session, as after `destroy` or for an advertisement's player, nobody can tell.
      ...(isSigned && { check: (own, context, data) => this.#session(own)?.check(context, data) ?? Promise.resolve(403) }),
      onBypassed: (own, bytes) => this.#session(own)?.countBypassed(bytes),
    });
    const fpsController = captureController(config.fpsController, "fpsController" in config, (hls) => this.#attach(hls));
    OURS.add(fLoader);
    return { ...config, fLoader, fpsController, ...(isSigned && { lowLatencyMode: false }) };
  }

  /** Figures over all Hls instances that live now. */
  stats(): ShoalStats {
    const players = [...this.#players.values()].flatMap(({ player }) => player.session?.stats() ?? []);
    const sum = (figure: "playedBytes" | "originBytes" | "peerBytes" | "uploadedBytes"): number => players.reduce((total, stats) => total + stats[figure], 0);
    const originBytes = sum("originBytes");
    const peerBytes = sum("peerBytes");
    return {
      players,
      playedBytes: sum("playedBytes"),
      originBytes,
      peerBytes,
      uploadedBytes: sum("uploadedBytes"),
      offload: offloadOf(originBytes, peerBytes),
      neighbours: players.flatMap((stats) => stats.neighbours).length,
    };
  }

  /** Calls `listener` on every `event`; the function returned stops that. */
  on<E extends keyof ShoalEvents>(event: E, listener: (detail: ShoalEvents[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set<(detail: never) => void>();
    this.#listeners.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** Closes every connection and timer. Hls instances made with it go on like plain hls.js. */
  destroy(): void {
    this.#destroyed = true;
    globalThis.removeEventListener?.("pagehide", this.#onPageHide);
    globalThis.removeEventListener?.("pageshow", this.#onPageShow);
    for (const { player } of this.#players.values()) player.destroy();
    this.#listeners.clear();
  }

  #session(config: HlsConfig): PlayerSession | undefined {
    return this.#players.get(config)?.player.session;
  }

  #attach(hls: Hls): void {
    // An interstitial's player shows an advertisement, mostly another one for each viewer.
    if (this.#destroyed || hls.config.assetPlayerId) return;
    const index = this.#nextIndex++;
    const player = new Player(hls, (own, stream) => this.#open(own, stream, index), () => this.#players.delete(hls.config));
    this.#players.set(hls.config, { player, index });
  }

  #open(hls: Hls, stream: Parameters<OpenSession>[1], index: number): PlayerSession | undefined {
    try {
      return new Session({ hls, ...stream, options: this.options, parts: SESSION_PARTS, emit: (event, detail) => this.#emit(event, { player: index, ...detail }) });
    } catch (error) {
      this.#emit("warning", { player: index, code: "internal-error", message: String(error) });
      return undefined;
    }
  }

  #emit<E extends keyof ShoalEvents>(event: E, detail: { player: number } & Omit<ShoalEvents[E], "player">): void {
    if (event === "refused" && !this.#listeners.get(event)?.size) console.error("Shoal: not played:", detail);
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        (listener as (detail: unknown) => void)(detail);
      } catch (error) {
        // The page's own mistake belongs on the page's console, not into delivery.
        queueMicrotask(() => { throw error; });
      }
    }
  }

  readonly #onPageHide = (): void => {
    for (const { player } of this.#players.values()) player.leave();
  };

  /** Back from the back-forward cache. */
  readonly #onPageShow = (event: PageTransitionEvent): void => {
    if (event.persisted) for (const { player } of this.#players.values()) player.enter();
  };
}

function check(options: ShoalOptions): void {
  const { tracker, swarm, contentKey, maxUploadBps, memoryBytes, maxNeighbours, delivery } = options;
  if (!isTrackerAddress(tracker)) throw new ShoalError("bad-tracker", `Set tracker (data-tracker) to the signaling server's address, https://host[:port]; it is ${JSON.stringify(tracker)}.`);
  if (swarm !== undefined && (typeof swarm !== "string" || swarm === "")) throw new ShoalError("bad-swarm", "Set swarm to a name, or leave it out.");
  if (contentKey !== undefined && !/^[\w-]{43}$/.test(contentKey)) throw new ShoalError("bad-content-key", "Set contentKey to the 43 characters that shoal keygen printed, or leave it out.");
  if (maxUploadBps !== undefined && !(maxUploadBps > 0)) throw new ShoalError("bad-upload", "Set maxUploadBps above 0, in bit/s.");
  if (memoryBytes !== undefined && !(memoryBytes >= 0)) throw new ShoalError("bad-memory", "Set memoryBytes to a number of bytes.");
  if (maxNeighbours !== undefined && !(Number.isInteger(maxNeighbours) && maxNeighbours >= 0)) throw new ShoalError("bad-neighbours", "Set maxNeighbours to a whole number.");
  checkDelivery(delivery);
}

function isTrackerAddress(tracker: unknown): boolean {
  if (typeof tracker !== "string" || tracker === "") return false;
  try {
    return /^(https?|wss?):$/.test(new URL(tracker, globalThis.location?.href).protocol);
  } catch {
    return false;
  }
}
