import type { Delivery, Effect, Input } from "../src/protocol/contract.js";
import type { WantId } from "../src/protocol/ids.js";
import type { SegmentInfo } from "../src/protocol/segment.js";
import type { Clock } from "./world-clock.js";
import type { Stream } from "./world-stream.js";

const PLAYHEAD_MS = 250;
/** hls.js waits a second before it asks again after an error. */
const RETRY_MS = 1_000;

interface Buffer {
  stream: Stream;
  next: number;
  endS: number;
  want: { readonly id: WantId; readonly info: SegmentInfo } | undefined;
  retryMs: number;
}

/** A viewer's player, as hls.js is: segments in order, one at a time and kind, 30 s ahead, or as the live playlist shows them. */
export class Player {
  positionS: number;
  /** Told to stop by its viewer. */
  paused = false;
  stalledMs = 0;
  startupMs: number | undefined;
  readonly delivered: { readonly sequence: number; readonly atMs: number; readonly delivery: Delivery; readonly correct: boolean }[] = [];
  readonly failures: { readonly sequence: number; readonly atMs: number; readonly status: number }[] = [];
  /** Answers to wants that are not open. */
  stray = 0;
  readonly #buffers: Buffer[];
  readonly #startMs: number;
  #playsSinceMs = Infinity;
  #nextWant = 1;
  #gone = false;

  constructor(
    readonly clock: Clock,
    streams: readonly Stream[],
    readonly handle: (input: Input) => void,
    readonly goalS = 30,
    /** Where to begin, seconds; live: that many segments behind the newest. */
    readonly begin?: number,
  ) {
    const [main] = streams;
    if (main === undefined) throw new Error("nothing to play");
    const first = main.live ? main.edge(clock.nowMs) - (begin ?? 2) : Math.floor((begin ?? 0) / main.durationS);
    this.positionS = first * main.durationS;
    this.#startMs = clock.nowMs;
    this.#buffers = streams.map((stream) => ({ stream, next: first, endS: this.positionS, want: undefined, retryMs: 0 }));
  }

  start(): void {
    for (const { stream } of this.#buffers) this.#reload(stream);
    this.#step(0);
  }

  /** The page is closed. */
  stop(): void {
    this.#gone = true;
  }

  seek(positionS: number): void {
    this.positionS = positionS;
    for (const b of this.#buffers) this.#restart(b, b.stream);
    this.#tell();
    this.#ask();
  }

  /** Level switch: what comes next is of another rendition. */
  switchTo(stream: Stream): void {
    const buffer = this.#buffers.find((b) => b.stream.kind === stream.kind);
    if (buffer === undefined) throw new Error("no such kind");
    this.#unwant(buffer);
    buffer.stream = stream;
    this.#reload(stream);
    this.#ask();
  }

  /** Stops wanting anything, for good. */
  quiet(): void {
    this.#gone = true;
    for (const b of this.#buffers) this.#unwant(b);
  }

  get bufferS(): number {
    return Math.min(...this.#buffers.map((b) => b.endS)) - this.positionS;
  }

  get finished(): boolean {
    return this.#buffers.every((b) => !b.stream.live && b.next >= b.stream.count);
  }

  onEffect(effect: Extract<Effect, { type: "deliver" | "progress" | "fail" }>): void {
    const buffer = this.#buffers.find((b) => b.want?.id === effect.want);
    if (buffer?.want === undefined) {
      if (effect.type !== "progress") this.stray++;
      return;
    }
    const { info } = buffer.want;
    const { sequence } = info.ref;
    switch (effect.type) {
      case "progress":
        return;
      case "fail":
        this.failures.push({ sequence, atMs: this.clock.nowMs, status: effect.status });
        buffer.want = undefined;
        buffer.retryMs = this.clock.nowMs + RETRY_MS;
        return;
      case "deliver":
        this.delivered.push({ sequence, atMs: this.clock.nowMs, delivery: effect.delivery, correct: Buffer.concat(effect.payloads).equals(buffer.stream.body(sequence)) });
        this.startupMs ??= this.clock.nowMs - this.#startMs;
        if (this.#playsSinceMs === Infinity && this.#buffers.every((b) => b === buffer || b.endS > this.positionS)) this.#playsSinceMs = this.clock.nowMs;
        buffer.want = undefined;
        buffer.next++;
        buffer.endS = info.startS + info.durationS;
        this.clock.in(5, () => this.#ask());
    }
  }

  #step(elapsedMs: number): void {
    if (this.#gone) return;
    const advanceS = this.paused ? 0 : Math.min(elapsedMs / 1000, Math.max(0, this.bufferS));
    if (!this.paused && this.#playsSinceMs + elapsedMs <= this.clock.nowMs && !this.finished) this.stalledMs += elapsedMs - advanceS * 1000;
    this.positionS += advanceS;
    this.#tell();
    this.#ask();
    this.clock.in(PLAYHEAD_MS, () => this.#step(PLAYHEAD_MS));
  }

  #tell(): void {
    this.handle({ type: "playhead", positionS: this.positionS, playing: !this.paused && this.bufferS > 0.1, rate: 1 });
  }

  #ask(): void {
    const { clock } = this;
    for (const b of this.#buffers) {
      if (this.#gone || b.want !== undefined || clock.nowMs < b.retryMs || b.endS - this.positionS >= this.goalS) continue;
      if (b.stream.live ? b.next > b.stream.edge(clock.nowMs) : b.next >= b.stream.count) continue;
      if (b.stream.live) b.next = Math.max(b.next, b.stream.edge(clock.nowMs) - b.stream.count + 1);
      const info = b.stream.info(b.next);
      b.want = { id: this.#nextWant++ as WantId, info };
      this.handle({ type: "want", want: b.want.id, kind: b.stream.kind, segment: info });
    }
  }

  #restart(buffer: Buffer, stream: Stream): void {
    this.#unwant(buffer);
    buffer.next = Math.floor(this.positionS / stream.durationS);
    buffer.endS = this.positionS;
    buffer.retryMs = 0;
  }

  #unwant(buffer: Buffer): void {
    if (buffer.want === undefined) return;
    const { id } = buffer.want;
    buffer.want = undefined;
    this.handle({ type: "unwant", want: id });
  }

  #reload(stream: Stream): void {
    if (this.#gone || !this.#buffers.some((b) => b.stream === stream)) return;
    const { track, kind, live, bandwidthBps } = stream;
    this.handle({ type: "playlist", track, kind, live, bandwidthBps, segments: stream.playlist(this.clock.nowMs) });
    if (live) this.clock.in(stream.durationS * 1000, () => this.#reload(stream));
  }
}
