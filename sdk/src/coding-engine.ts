import { rebuildInWorker } from "./browser/coder.js";
import type { DrivenEngine, DriveLoop } from "./drive-loop.js";
import { CodedEngine } from "./protocol/coded-engine.js";
import type { EngineOptions } from "./protocol/config.js";
import type { CodeEffect, Effect, Input } from "./protocol/contract.js";
import type { EngineStats } from "./protocol/engine.js";
import type { PeerId } from "./protocol/ids.js";

/** A coded engine as the session knows engines: what it wants coded is done in a worker, and the answer goes through the loop as any other. */
export class CodingEngine implements DrivenEngine {
  readonly #engine: CodedEngine;
  readonly #loop: Pick<DriveLoop, "dispatch">;

  constructor(options: EngineOptions, loop: Pick<DriveLoop, "dispatch">) {
    this.#engine = new CodedEngine(options);
    this.#loop = loop;
  }

  handle(input: Input, nowMs: number): void {
    this.#engine.handle(input, nowMs);
  }

  tick(nowMs: number): void {
    this.#engine.tick(nowMs);
  }

  poll(): Effect | undefined {
    for (let effect = this.#engine.poll(); effect !== undefined; effect = this.#engine.poll()) {
      if (effect.type !== "code") return effect;
      void this.#code(effect);
    }
    return undefined;
  }

  nextTimeoutMs(): number | undefined {
    return this.#engine.nextTimeoutMs();
  }

  stats(nowMs: number): EngineStats {
    return this.#engine.stats(nowMs);
  }

  /** See the engine's. */
  get strangers(): readonly PeerId[] {
    return this.#engine.strangers;
  }

  async #code({ token, known, wanted }: CodeEffect): Promise<void> {
    this.#loop.dispatch({ type: "coded", token, payloads: await rebuildInWorker({ known, wanted }) });
  }
}
