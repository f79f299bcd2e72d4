import type Hls from "hls.js";
import type { Events, FragmentLoaderContext } from "hls.js";
import type { PlayerStats } from "../stats.js";
import type { SegmentSource } from "./fragment-loader.js";

/** A session as a player sees it: one stream of one Hls instance. */
export interface PlayerSession extends SegmentSource {
  stats(): PlayerStats;
  /** An error that the viewer does not notice. */
  report(code: string, message: string): void;
  countBypassed(bytes: number): void;
  /** Whether hls.js may play what its own loader has brought; as `FragmentLoaderHost.check`. */
  check(context: FragmentLoaderContext, data: ArrayBuffer): Promise<number | undefined>;
  destroy(): void;
}

/** `resumed`: the stream's playlists are loaded already. `undefined` where it failed: then the stream plays like plain hls.js. */
export type OpenSession = (hls: Hls, stream: { readonly url: string; readonly resumed: boolean }) => PlayerSession | undefined;

/** One Hls instance: a new session for every stream it loads, none after its end. */
export class Player {
  readonly #hls: Hls;
  readonly #open: OpenSession;
  readonly #onEnd: () => void;
  #session: PlayerSession | undefined;
  #ended = false;

  constructor(hls: Hls, open: OpenSession, onEnd: () => void) {
    this.#hls = hls;
    this.#open = open;
    this.#onEnd = onEnd;
    hls.on("hlsManifestLoading" as Events.MANIFEST_LOADING, this.#onManifest, this);
    hls.on("hlsDestroying" as Events.DESTROYING, this.destroy, this);
  }

  get session(): PlayerSession | undefined {
    return this.#session;
  }

  /** Leaves the swarm; the Hls instance goes on like plain hls.js until it loads another stream. */
  leave(): void {
    const session = this.#session;
    this.#session = undefined;
    session?.destroy();
  }

  /** Comes back after {@link leave}, to the stream that is loaded. */
  enter(): void {
    this.#enter(true);
  }

  destroy(): void {
    this.#hls.off("hlsManifestLoading" as Events.MANIFEST_LOADING, this.#onManifest, this);
    this.#hls.off("hlsDestroying" as Events.DESTROYING, this.destroy, this);
    this.#ended = true;
    this.leave();
    this.#onEnd();
  }

  #onManifest(): void {
    this.leave();
    // Afterwards: hls.js's playlist loader hears of the event later than we do, and its request should not wait for us. The event
    // has the URL as the page gave it, the instance has it absolute.
    queueMicrotask(() => this.#enter(false));
  }

  #enter(resumed: boolean): void {
    const { url } = this.#hls;
    if (!this.#ended && !this.#session && url) this.#session = this.#open(this.#hls, { url, resumed });
  }
}
