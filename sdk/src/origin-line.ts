import type Hls from "hls.js";
import type { FragmentLoaderContext } from "hls.js";
import type { OriginConfig, OriginEvents } from "./browser/origin.js";
import type { FileRange } from "./hls/identity.js";
import type { Effect, Input } from "./protocol/contract.js";
import type { FetchId } from "./protocol/ids.js";
import type { SessionParts } from "./session-parts.js";

/** Where a segment is for this viewer; `context` where hls.js itself asks for it just now. */
export type Address = FileRange & { readonly context?: FragmentLoaderContext | undefined };

export interface OriginLineHost {
  readonly dispatch: (input: Input) => void;
  readonly address: (segmentId: string) => Address | undefined;
  /** A request for this segment began or ended. */
  readonly onBusyChange: (segmentId: string) => void;
}

/** How the page's hls.js asks its origin. */
export const hlsSetup = (hls: Hls): OriginConfig => ({ config: hls.config, defaultLoader: (hls.constructor as typeof Hls).DefaultConfig.loader });

/** The engine's requests to the origin: looks up the viewer's own URL, keeps what is under way. */
export class OriginLine {
  readonly #hls: Hls;
  readonly #host: OriginLineHost;
  readonly #origin: ReturnType<SessionParts["origin"]>;
  /** Segment by request. */
  readonly #underWay = new Map<FetchId, string>();

  constructor(hls: Hls, open: SessionParts["origin"], host: OriginLineHost) {
    this.#hls = hls;
    this.#host = host;
    this.#origin = open(this.#events(), hlsSetup(hls));
  }

  isBusy(segmentId: string): boolean {
    for (const segment of this.#underWay.values()) if (segment === segmentId) return true;
    return false;
  }

  fetch({ fetch: id, segment, range }: Extract<Effect, { type: "fetch" }>): void {
    const address = this.#host.address(segment.id);
    if (!address) return this.#host.dispatch({ type: "origin-failed", fetch: id, status: 0, timedOut: false });
    this.#underWay.set(id, segment.id);
    this.#host.onBusyChange(segment.id);
    const { url, rangeStart, rangeEnd, context } = address;
    const within = rangeEnd > rangeStart ? { start: rangeStart, end: rangeEnd } : undefined;
    const { maxTimeToFirstByteMs, maxLoadTimeMs } = this.#hls.config.fragLoadPolicy.default;
    this.#origin.fetch({ id, url, range, within, context, timeToFirstByteMs: maxTimeToFirstByteMs || Infinity, timeoutMs: maxLoadTimeMs });
  }

  abort(id: FetchId): void {
    this.#origin.abort(id);
    this.#ended(id);
  }

  destroy(): void {
    this.#underWay.clear();
    this.#origin.destroy();
  }

  #events(): OriginEvents {
    const { dispatch } = this.#host;
    return {
      onHead: (fetch, head) => dispatch({ type: "origin-head", fetch, ...head }),
      onBytes: (fetch, bytes) => dispatch({ type: "origin-bytes", fetch, bytes }),
      onDone: (fetch) => {
        this.#ended(fetch);
        dispatch({ type: "origin-done", fetch });
      },
      onFailed: (fetch, failure) => {
        this.#ended(fetch);
        dispatch({ type: "origin-failed", fetch, ...failure });
      },
    };
  }

  #ended(id: FetchId): void {
    const segmentId = this.#underWay.get(id);
    this.#underWay.delete(id);
    if (segmentId !== undefined) this.#host.onBusyChange(segmentId);
  }
}
