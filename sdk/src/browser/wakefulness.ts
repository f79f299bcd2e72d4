/** A page hidden for this long may be slowed down at any time: first its timers, then all of it. */
const DROWSY_MS = 20_000;

/** Whether the page runs as it should, or sleeps: hidden for long, or frozen. Awake until told otherwise. */
export class Wakefulness {
  readonly #onChange: (awake: boolean) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #awake = true;

  constructor(onChange: (awake: boolean) => void) {
    this.#onChange = onChange;
    // None where there is no page.
    globalThis.document?.addEventListener("visibilitychange", this.#look);
    globalThis.document?.addEventListener("freeze", this.#sleep);
    globalThis.document?.addEventListener("resume", this.#look);
    this.#look();
  }

  destroy(): void {
    clearTimeout(this.#timer);
    globalThis.document?.removeEventListener("visibilitychange", this.#look);
    globalThis.document?.removeEventListener("freeze", this.#sleep);
    globalThis.document?.removeEventListener("resume", this.#look);
  }

  readonly #look = (): void => {
    clearTimeout(this.#timer);
    if (globalThis.document?.visibilityState === "hidden") this.#timer = setTimeout(this.#sleep, DROWSY_MS);
    else this.#tell(true);
  };

  readonly #sleep = (): void => this.#tell(false);

  #tell(awake: boolean): void {
    if (awake === this.#awake) return;
    this.#awake = awake;
    this.#onChange(awake);
  }
}
