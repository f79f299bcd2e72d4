/** What a {@link ShoalError} is about. */
export type ShoalErrorCode = "bad-tracker" | "bad-swarm" | "bad-content-key" | "bad-memory" | "bad-upload" | "bad-neighbours" | "bad-delivery";

/** A setting that cannot work, thrown by the constructor of `Shoal`. Nothing is thrown once a stream plays. */
export class ShoalError extends Error {
  override readonly name = "ShoalError";

  /** `message` is one sentence that says what to do. */
  constructor(readonly code: ShoalErrorCode, message: string) {
    super(message);
  }
}
