import type { FetchReason } from "../../sdk/src/protocol/contract.js";
import { CHUNK_BYTES } from "../../sdk/src/protocol/segment.js";
import type { Task } from "./clock.js";
import { type Media, originPayload } from "./stream.js";
import type { Line } from "./link.js";
import { HTTP_ACK_BYTES, HTTP_REQUEST_BYTES, httpBytes } from "./wire-cost.js";
import type { World } from "./world.js";

/** TCP's window: 128 KiB on their way to one request. */
const WINDOW_CHUNKS = 8;
/** What waits before the server's line: with more, senders' windows shrink. What has been sent takes its time also when nobody wants it any more. */
const BUFFER_MS = 200;

export interface OriginSetting {
  readonly roundTripMs: number;
  /** Thinking time of each request, ms. */
  readonly latencyMs: number;
  /** What it gives one client, and all together. */
  readonly clientBps: number;
  readonly totalBps: number;
  readonly ranges: boolean;
  /** Whether requests and acknowledgements wait in a viewer's uplink behind what it serves. */
  readonly acksWait: boolean;
}

/** Whoever asked hears what comes of it. */
export interface FetchSink {
  head(startByte: number, sizeBytes: number): void;
  bytes(bytes: Uint8Array): void;
  done(): void;
  failed(status: number): void;
}

export interface FetchRequest {
  readonly media: Media;
  readonly range: { readonly start: number; readonly end: number } | undefined;
  readonly reason: FetchReason;
}

/** The HTTP server. Every byte it sends is counted, also those that nobody takes any more. */
export class Origin {
  /** Faults: part of its rate that is left, and whether it answers 503. */
  rateFactor = 1;
  failing = false;
  /** What it gives all clients together. */
  totalBps: number;
  #freeMs = 0;

  constructor(readonly setting: OriginSetting) {
    this.totalBps = setting.totalBps;
  }

  fetch(viewer: HttpClient, request: FetchRequest, sink: FetchSink): HttpRequest {
    return new HttpRequest(this, viewer, request, sink);
  }

  /** Whether a request that has something under way may send more. */
  hasRoom(nowMs: number): boolean {
    return this.#freeMs - nowMs < BUFFER_MS;
  }

  /** When `bytes` for this client have left, sharing the server's line and the client's share of it. */
  take(bytes: number, shaper: Shaper, nowMs: number): number {
    const bits = httpBytes(bytes) * 8_000;
    const { totalBps, setting: { clientBps } } = this;
    let atMs = nowMs;
    if (totalBps !== Infinity) atMs = this.#freeMs = Math.max(this.#freeMs, atMs) + bits / (totalBps * this.rateFactor);
    if (clientBps !== Infinity) atMs = shaper.freeMs = Math.max(shaper.freeMs, atMs) + bits / (clientBps * this.rateFactor);
    return atMs;
  }
}

/** What the origin needs to know of whoever asks. */
export interface HttpClient {
  readonly world: World;
  readonly index: number;
  readonly gone: boolean;
  readonly downlink: Line;
  readonly uplink: Line;
  readonly shaper: Shaper;
}

export interface Shaper {
  freeMs: number;
}

/** One request: the head after a round trip, then chunk after chunk as fast as origin and downlink allow, a window of them at a time. */
export class HttpRequest implements Task {
  #state: "asking" | "body" | "over" = "asking";
  /** Where in the segment what has arrived ends, what has been sent ends, and the whole ends. */
  #at = 0;
  #sent = 0;
  #end = 0;
  #inFlight = 0;

  constructor(
    readonly origin: Origin,
    readonly viewer: HttpClient,
    readonly request: FetchRequest,
    readonly sink: FetchSink,
  ) {
    viewer.world.meter.originRequest(request.reason);
    const { roundTripMs, latencyMs } = origin.setting;
    viewer.world.clock.at(this.#passUplink(HTTP_REQUEST_BYTES) + roundTripMs + latencyMs, { run: () => this.#answer() });
  }

  abort(): void {
    this.#state = "over";
  }

  run(nowMs: number): void {
    if (this.#state !== "body" || this.viewer.gone) return;
    const { media } = this.request;
    const chunk = this.#at / CHUNK_BYTES;
    const payload = originPayload(media, chunk);
    this.#at += payload.length;
    const last = this.#at >= this.#end;
    this.viewer.world.trace.event(nowMs, 2, this.viewer.index, payload.length);
    this.#acknowledge(nowMs);
    this.sink.bytes(payload);
    if (last && this.#state === "body") {
      this.#state = "over";
      this.sink.done();
    }
  }

  #answer(): void {
    if (this.#state !== "asking" || this.viewer.gone) return;
    const { media, range } = this.request;
    const { ranges } = this.origin.setting;
    this.#at = ranges && range !== undefined ? range.start : 0;
    this.#end = ranges && range !== undefined ? Math.min(range.end, media.sizeBytes) : media.sizeBytes;
    if (this.origin.failing || this.#at >= media.sizeBytes) {
      this.#state = "over";
      return this.sink.failed(this.origin.failing ? 503 : 416);
    }
    this.#state = "body";
    this.#sent = this.#at;
    this.sink.head(this.#at, media.sizeBytes);
    if (this.#isBody) this.#send(this.viewer.world.clock.nowMs);
  }

  /** The window opens when that has got away. */
  #acknowledge(nowMs: number): void {
    const opened = (atMs: number): void => {
      this.#inFlight--;
      if (this.#isBody && !this.viewer.gone) this.#send(atMs);
    };
    const leavesMs = this.#passUplink(HTTP_ACK_BYTES);
    if (leavesMs <= nowMs) opened(nowMs);
    else this.viewer.world.clock.at(leavesMs, { run: opened });
  }

  /** When it will have done. */
  #passUplink(bytes: number): number {
    const { uplink, world: { clock: { nowMs } } } = this.viewer;
    return this.origin.setting.acksWait ? uplink.take(bytes, nowMs) : nowMs;
  }

  get #isBody(): boolean {
    return this.#state === "body";
  }

  /** As much as the window lets out, at the rate of the origin; then it queues for the viewer's line like everything else. */
  #send(nowMs: number): void {
    const { viewer, request, origin } = this;
    while (this.#inFlight < WINDOW_CHUNKS && this.#sent < this.#end && (this.#inFlight === 0 || origin.hasRoom(nowMs))) {
      const bytes = Math.min(CHUNK_BYTES, request.media.sizeBytes - this.#sent);
      this.#sent += bytes;
      this.#inFlight++;
      viewer.world.meter.originSent(request.reason, bytes, request.media);
      const leftMs = origin.take(bytes, viewer.shaper, nowMs);
      const depart = (atMs: number): void => viewer.world.clock.at(viewer.downlink.take(httpBytes(bytes), atMs), this);
      if (leftMs <= nowMs) depart(nowMs);
      else viewer.world.clock.at(leftMs, { run: depart });
    }
  }
}
