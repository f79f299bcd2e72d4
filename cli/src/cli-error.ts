export type CliErrorCode = "usage" | "key" | "playlist" | "segment" | "write";

/** A mistake of the user's, or a file that is not what it should be: the program ends with `message`, one sentence that says what to do. */
export class CliError extends Error {
  override readonly name = "CliError";

  constructor(readonly code: CliErrorCode, message: string) {
    super(message);
  }
}

/** Node's own code of a failed file operation, such as ENOENT. */
export const fileErrorCode = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : String(error));
