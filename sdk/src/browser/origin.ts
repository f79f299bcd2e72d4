import type { FragmentLoaderContext, HlsConfig } from "hls.js";
import type { FetchId } from "../protocol/ids.js";
import { MAX_SEGMENT_BYTES } from "../protocol/segment.js";
import { Clip } from "./clip.js";
import { fetchTransfers } from "./fetch-transfer.js";
import { loaderTransfers } from "./loader-transfer.js";
import type { ByteRange } from "./response-head.js";
import type { StartTransfer, TransferEvents } from "./transfer.js";

/** One request to the origin. */
export interface OriginRequest {
  readonly id: FetchId;
  readonly url: string;
  /** Bytes wanted, counted from the segment's start; without it the whole segment. */
  readonly range?: ByteRange | undefined;
  /** The segment's own place in the file at `url` (EXT-X-BYTERANGE); without it the file is the segment. */
  readonly within?: ByteRange | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** hls.js's own request for the segment, where there was one. */
  readonly context?: FragmentLoaderContext | undefined;
  /** Until the response headers. `Infinity` for no bound. */
  readonly timeToFirstByteMs: number;
  /** Until the last byte. `Infinity` for no bound. */
  readonly timeoutMs: number;
}

/** All positions and sizes are counted from the segment's start. Nothing is called from inside `fetch` or `abort`. */
export interface OriginEvents {
  /** `startByte`: 0 when the origin ignored the range. `sizeBytes`: of the whole segment, where the origin told it. */
  readonly onHead: (id: FetchId, head: { readonly startByte: number; readonly sizeBytes: number | undefined; readonly bodyMs?: number }) => void;
  /** The next bytes, in order; the receiver may keep the array. */
  readonly onBytes: (id: FetchId, bytes: Uint8Array) => void;
  readonly onDone: (id: FetchId) => void;
  /** `status`: the HTTP status; 0 for a network error, a time-out, a body that broke off, or one longer than any segment. */
  readonly onFailed: (id: FetchId, failure: { readonly status: number; readonly timedOut: boolean }) => void;
}

/** The page's hls.js configuration, which says how its origin wants to be asked. */
export interface OriginConfig {
  /** The Hls instance's own configuration, complete. */
  readonly config: HlsConfig;
  /** `Hls.DefaultConfig.loader` of the page's hls.js. */
  readonly defaultLoader: HlsConfig["loader"];
}

interface Ongoing {
  stop: () => void;
  firstByteTimer: ReturnType<typeof setTimeout> | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
  receivedBytes: number;
}

type Failure = Parameters<OriginEvents["onFailed"]>[1];

/** Nobody could share it, and memory is not without end. */
const TOO_LONG: Failure = { status: 0, timedOut: false };

/** HTTP requests to the origin, made as the page's hls.js would make them. */
export class HttpOrigin {
  readonly #events: OriginEvents;
  readonly #start: StartTransfer;
  readonly #streams: boolean;
  readonly #ongoing = new Map<FetchId, Ongoing>();

  constructor(events: OriginEvents, hls?: OriginConfig) {
    this.#events = events;
    this.#streams = hls === undefined || !usesLoader(hls);
    this.#start = hls && !this.#streams ? loaderTransfers(hls.config) : fetchTransfers(hls?.config.fetchSetup);
  }

  /** Begins a request. `id` must be new. */
  fetch(request: OriginRequest): void {
    const { id, timeToFirstByteMs, timeoutMs } = request;
    const clip = request.within && new Clip(request.within);
    const ongoing: Ongoing = { stop: () => {}, firstByteTimer: undefined, timer: undefined, receivedBytes: 0 };
    this.#ongoing.set(id, ongoing);
    ongoing.stop = this.#start(
      { url: request.url, range: absoluteRange(request), headers: request.headers ?? {}, context: request.context, timeToFirstByteMs, timeoutMs },
      this.#transferEvents(id, ongoing, clip),
    );
    const timeOut = (): void => this.#fail(id, ongoing, { status: 0, timedOut: true });
    // A loader shows its first byte together with its last, and keeps the time to it by itself.
    if (this.#streams && Number.isFinite(timeToFirstByteMs)) ongoing.firstByteTimer = setTimeout(timeOut, timeToFirstByteMs);
    if (Number.isFinite(timeoutMs)) ongoing.timer = setTimeout(timeOut, timeoutMs);
  }

  /** Ends a request; nothing is called for it afterwards. */
  abort(id: FetchId): void {
    const ongoing = this.#ongoing.get(id);
    if (ongoing) this.#end(id, ongoing);
  }

  /** Ends all requests. */
  destroy(): void {
    for (const id of this.#ongoing.keys()) this.abort(id);
  }

  #transferEvents(id: FetchId, ongoing: Ongoing, clip: Clip | undefined): TransferEvents {
    const isOngoing = (): boolean => this.#ongoing.get(id) === ongoing;
    return {
      onHead: (head) => {
        if (!isOngoing()) return;
        clearTimeout(ongoing.firstByteTimer);
        const { startByte, sizeBytes } = clip?.head(head) ?? head;
        if ((sizeBytes ?? 0) > MAX_SEGMENT_BYTES) return this.#fail(id, ongoing, TOO_LONG);
        this.#events.onHead(id, { startByte, sizeBytes, ...(head.bodyMs !== undefined && { bodyMs: head.bodyMs }) });
      },
      onBytes: (bytes) => {
        if (!isOngoing()) return;
        const own = clip?.bytes(bytes) ?? bytes;
        ongoing.receivedBytes += own.byteLength;
        if (ongoing.receivedBytes > MAX_SEGMENT_BYTES) return this.#fail(id, ongoing, TOO_LONG);
        if (own.byteLength > 0) this.#events.onBytes(id, own);
        // The origin ignored the range, and the rest of a long file is coming: enough.
        if (clip?.isComplete && this.#end(id, ongoing)) this.#events.onDone(id);
      },
      onDone: () => {
        if (this.#end(id, ongoing)) this.#events.onDone(id);
      },
      onFailed: (failure) => this.#fail(id, ongoing, failure),
    };
  }

  #fail(id: FetchId, ongoing: Ongoing, failure: Failure): void {
    if (this.#end(id, ongoing)) this.#events.onFailed(id, failure);
  }

  /** False when it had ended already. */
  #end(id: FetchId, ongoing: Ongoing): boolean {
    if (this.#ongoing.get(id) !== ongoing) return false;
    this.#ongoing.delete(id);
    clearTimeout(ongoing.firstByteTimer);
    clearTimeout(ongoing.timer);
    ongoing.stop();
    return true;
  }
}

/** Whether the page has set up requests in a way that only its loader knows: an xhrSetup, or a loader of its own. */
function usesLoader({ config, defaultLoader }: OriginConfig): boolean {
  if (config.xhrSetup) return true;
  // With `progressive`, hls.js itself puts its fetch loader in; a page's own loader switches `progressive` off.
  return config.loader !== defaultLoader && !config.progressive;
}

function absoluteRange({ range, within }: OriginRequest): ByteRange | undefined {
  if (within === undefined) return range;
  const { start, end } = range ?? { start: 0, end: within.end - within.start };
  return { start: within.start + start, end: Math.min(within.start + end, within.end) };
}
