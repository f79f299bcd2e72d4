import { oracleCopies } from "./oracle.js";
import type { World } from "./world.js";

/** The state of a world at one second. */
export interface Sample {
  readonly second: number;
  readonly viewers: number;
  readonly meanBufferS: number;
  /** What the worst twentieth has. */
  readonly lowBufferS: number;
  /** Viewers whose picture stands. */
  readonly stalled: number;
  /** Origin bytes of the last seconds over bytes played in them, taken from 1. */
  readonly offload: number;
  /** Viewers whose live stream uplinks could carry. */
  readonly oracleCopies: number;
}

/** Seconds over which a sample's offload is taken: one segment's bytes come in a burst. */
const WINDOW = 5;

/** A world, second by second: for the plot and for the eye. */
export class Timeline {
  readonly samples: Sample[] = [];
  readonly #world: World;
  readonly #totals: { readonly origin: number; readonly played: number }[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  sample(second: number): void {
    const { meter, present, setting: { stream } } = this.#world;
    this.#totals.push({ origin: meter.originTotal, played: meter.playedBytes });
    const before = this.#totals.at(-1 - WINDOW) ?? { origin: 0, played: 0 };
    const now = this.#totals.at(-1) ?? before;
    const buffers = [...present].filter((m) => m.player.startedMs !== undefined).map((m) => m.player.bufferS).sort((a, b) => a - b);
    const played = now.played - before.played;
    this.samples.push({
      second,
      viewers: present.size,
      meanBufferS: buffers.reduce((sum, b) => sum + b, 0) / Math.max(1, buffers.length),
      lowBufferS: buffers[Math.floor(buffers.length / 20)] ?? 0,
      stalled: buffers.filter((b) => b < 0.05).length,
      offload: played === 0 ? 0 : 1 - (now.origin - before.origin) / played,
      oracleCopies: oracleCopies([...present].map(({ setting: { access, conduct } }) => ({ upBps: conduct === "leech" ? 0 : access.upPayloadBps, hardNat: access.hardNat })), stream.rateBps),
    });
  }
}
