import { CodeWork } from "./code-work.js";
import type { EngineOptions } from "./config.js";
import type { CodeEffect, Effect, Input } from "./contract.js";
import { Engine, type EngineStats } from "./engine.js";
import type { PeerId } from "./ids.js";
import { Parity } from "./parity.js";
import { Push } from "./push.js";
import type { EngineState } from "./state.js";

/**
 * An engine with parity sub-streams, for `delivery: "coded"`. Around the engine and not in it, so that what never codes need not have it: it takes
 * DATA that is parity, and asks for coding by an effect of its own.
 */
export class CodedEngine {
  readonly #engine: Engine;
  readonly #work = new CodeWork();
  readonly #parity: Parity;

  constructor(options: EngineOptions) {
    let parity: Parity | undefined;
    this.#engine = new Engine({ ...options, push: (parts) => new Push(parts, (parity = new Parity(parts, this.#work))) });
    this.#parity = parity as unknown as Parity;
  }

  handle(input: Input, nowMs: number): void {
    if (input.type === "coded") this.#work.answer(input, nowMs);
    else if (!this.#isParity(input, nowMs)) this.#engine.handle(input, nowMs);
    const from = input.type === "message" && input.message.type === "HAVE" ? this.inspect().neighbours.get(input.peer) : undefined;
    if (from !== undefined) this.#parity.heard(from, nowMs);
    this.#parity.pump(nowMs);
  }

  tick(nowMs: number): void {
    this.#engine.tick(nowMs);
    // Where nothing is pushed nobody has looked.
    if (this.#parity.dueMs <= nowMs) this.#parity.dueMs = Infinity;
    this.#parity.pump(nowMs);
  }

  poll(): Effect | CodeEffect | undefined {
    const effect = this.#engine.poll();
    const { rebuilder } = this.#parity;
    if (effect?.type === "banned") rebuilder.distrust(effect.peer);
    if (effect?.type !== "chunk-stored") return effect ?? this.#work.poll();
    const source = rebuilder.helperOf(effect.source);
    return source === undefined ? effect : { ...effect, source };
  }

  nextTimeoutMs(): number | undefined {
    const next = Math.min(this.#engine.nextTimeoutMs() ?? Infinity, this.#parity.dueMs);
    return next === Infinity ? undefined : next;
  }

  stats(nowMs: number): EngineStats {
    return this.#engine.stats(nowMs);
  }

  /** See {@link Engine.strangers}. */
  get strangers(): readonly PeerId[] {
    return this.#engine.strangers;
  }

  inspect(): EngineState {
    return this.#engine.inspect();
  }

  #isParity(input: Input, nowMs: number): boolean {
    if (input.type !== "message" || input.message.type !== "DATA") return false;
    const { neighbours, store } = this.#engine.inspect();
    const from = neighbours.get(input.peer);
    const segment = store.get(input.message.segment);
    // What is no parity that was asked for is the engine's to blame.
    return from !== undefined && segment !== undefined && input.message.chunk >= segment.chunks && this.#parity.received(from, input.message, nowMs);
  }
}
