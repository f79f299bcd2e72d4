import { assertInvariants } from "../../sdk/src/protocol/invariants.js";
import { decodeFrame, encodeFrames } from "../../sdk/src/wire/frame.js";
import type { Message } from "../../sdk/src/protocol/message.js";
import { isGenuine, type Media } from "./stream.js";
import type { Viewer } from "./viewer.js";
import type { Member, World } from "./world.js";

/** A request of the player's may take this long while the origin works: after that the engine counts as stuck. */
const STUCK_MS = 30_000;

/** What must hold at any time: safety at once, liveness by the clock. A breach ends the run. */
export class Checker {
  readonly #world: World;
  readonly #every: number;
  #steps = 0;
  #frames = 0;

  /** `every`: each so many steps one engine's books are looked through, and each so many frames one is parsed. */
  constructor(world: World, every: number) {
    this.#world = world;
    this.#every = every;
  }

  stepped(viewer: Viewer): void {
    if (++this.#steps % this.#every !== 0) return;
    assertInvariants(viewer.engine.inspect());
    if (viewer.transport.connections.size > 32) throw new Error(`viewer ${viewer.index}: too many connections`);
  }

  wanted(viewer: Viewer, media: Media): void {
    if (media.appearsMs > this.#world.clock.nowMs) throw new Error(`viewer ${viewer.index} asks for a segment that is not there yet`);
  }

  /** Nothing unverified, nothing of another chunk, nothing missing. */
  delivered(viewer: Viewer, media: Media, payloads: readonly Uint8Array[]): void {
    if (payloads.length !== media.chunks) throw new Error(`viewer ${viewer.index}: ${payloads.length} chunks of ${media.chunks}`);
    for (let i = 0; i < payloads.length; i++) {
      const payload = payloads[i] as Uint8Array;
      if (!isGenuine(payload, media.info.ref, i)) this.#world.meter.pollutedChunksPlayed++;
    }
  }

  /** Each so many frames one is written and parsed as between browsers: the receiver would have understood it, and paid what was reckoned. */
  sent(messages: readonly Message[], bytes: number): void {
    if (++this.#frames % this.#every !== 0) return;
    let length = 0;
    const understood: string[] = [];
    for (const frame of encodeFrames(messages)) {
      length += frame.length;
      const parsed = decodeFrame(frame);
      if ("reason" in parsed) throw new Error(`a frame of ${messages.map((m) => m.type).join(", ")}: ${parsed.reason}`);
      understood.push(...parsed.map((m) => m.type));
    }
    if (length !== bytes || understood.join() !== messages.map((m) => m.type).join()) throw new Error(`a frame of ${messages.map((m) => m.type).join(", ")}: ${length} bytes of ${bytes}, understood as ${understood.join(", ")}`);
  }

  /** Once a second. */
  liveness(members: Iterable<Member>): void {
    const world = this.#world;
    if (world.origin.failing || world.origin.rateFactor < 1 || world.origin.setting.totalBps < Infinity) return;
    for (const member of members)
      if (member.player.waitingForMs > STUCK_MS) throw new Error(`viewer ${member.index} has waited ${member.player.waitingForMs} ms for ${member.player.wants?.info.ref.id}`);
  }
}
