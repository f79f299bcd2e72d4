/** A range of bytes; `end` is exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What the headers of a response say about its body. */
export interface ResponseHead {
  /** Where in the file the body begins. */
  readonly startByte: number;
  /** Of the whole file; undefined when the origin did not tell, or told it where CORS hides it. */
  readonly sizeBytes: number | undefined;
  /** Of the body; undefined when it is not known beforehand. */
  readonly bodyBytes: number | undefined;
  /** How long the body had been coming when it was handed over whole, ms; absent where it streams. */
  readonly bodyMs?: number;
}

/** Reads status and headers of a successful answer to a request for `asked`, or for the whole file. */
export function readHead(response: Pick<Response, "status" | "headers">, asked: ByteRange | undefined): ResponseHead {
  const bodyBytes = isIdentity(response.headers) ? readLength(response.headers) : undefined;
  if (response.status !== 206) return { startByte: 0, sizeBytes: bodyBytes, bodyBytes };
  const told = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get("content-range")?.trim() ?? "");
  if (told) {
    const [start, last, size] = told.slice(1).map(Number) as [number, number, number];
    return { startByte: start, sizeBytes: Number.isNaN(size) ? undefined : size, bodyBytes: last - start + 1 };
  }
  // Content-Range is hidden from other sites unless the origin exposes it; Content-Length never is.
  const start = asked?.start ?? 0;
  const endsTheFile = bodyBytes !== undefined && asked !== undefined && bodyBytes < asked.end - asked.start;
  return { startByte: start, sizeBytes: endsTheFile ? start + bodyBytes : undefined, bodyBytes };
}

/**
 * Whether Content-Length counts the bytes that arrive. CORS hides Content-Encoding but not Content-Type, and it is text
 * that servers compress.
 */
function isIdentity(headers: Headers): boolean {
  const encoding = headers.get("content-encoding") ?? "identity";
  return encoding === "identity" && !/^text\/|json|xml|mpegurl/i.test(headers.get("content-type") ?? "");
}

function readLength(headers: Headers): number | undefined {
  const length = headers.get("content-length");
  return length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
}
