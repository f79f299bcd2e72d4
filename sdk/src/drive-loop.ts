import type { Effect, Input } from "./protocol/contract.js";
import type { Engine } from "./protocol/engine.js";

export type DrivenEngine = Pick<Engine, "handle" | "poll" | "nextTimeoutMs" | "tick" | "stats" | "strangers">;

export interface DriveLoopHost {
  /** Carries out one effect. Inputs that this brings about wait until all effects are carried out. */
  readonly execute: (effect: Effect) => void;
  readonly onEffectError: (effect: Effect, error: unknown) => void;
  /** The engine threw: its state is not to be trusted any more. */
  readonly onEngineError: (error: unknown) => void;
}

/** Runs an engine: an input in, then all its effects, then the next input; one timer stands for its clock. Never re-entrant. */
export class DriveLoop {
  readonly #host: DriveLoopHost;
  readonly #inputs: Input[] = [];
  #engine: DrivenEngine | undefined;
  #driving = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAtMs = Infinity;
  #stopped = false;

  constructor(host: DriveLoopHost) {
    this.#host = host;
  }

  get engine(): DrivenEngine | undefined {
    return this.#engine;
  }

  /** What was dispatched before waits for this. */
  start(engine: DrivenEngine): void {
    if (this.#stopped) return;
    this.#engine = engine;
    this.#drive();
  }

  dispatch(input: Input): void {
    if (this.#stopped) return;
    this.#inputs.push(input);
    this.#drive();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#inputs.length = 0;
    this.#engine = undefined;
  }

  /** `first`: what comes before the inputs that wait. */
  #drive(first?: (engine: DrivenEngine) => void): void {
    if (this.#driving || !this.#engine) return;
    this.#driving = true;
    try {
      first?.(this.#engine);
      this.#carryOut();
      // An effect may stop the loop.
      for (let input = this.#inputs.shift(); input && this.#engine; input = this.#inputs.shift()) {
        this.#engine.handle(input, performance.now());
        this.#carryOut();
      }
      this.#arm();
    } catch (error) {
      this.#host.onEngineError(error);
    } finally {
      this.#driving = false;
    }
  }

  #carryOut(): void {
    for (let effect = this.#engine?.poll(); effect; effect = this.#engine?.poll()) {
      try {
        this.#host.execute(effect);
      } catch (error) {
        this.#host.onEffectError(effect, error);
      }
    }
  }

  #arm(): void {
    const atMs = this.#engine?.nextTimeoutMs() ?? Infinity;
    if (atMs === this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    if (atMs < Infinity) this.#timer = setTimeout(this.#onTimer, Math.max(0, Math.ceil(atMs - performance.now())));
  }

  readonly #onTimer = (): void => {
    this.#timerAtMs = Infinity;
    this.#drive((engine) => engine.tick(performance.now()));
  };
}
