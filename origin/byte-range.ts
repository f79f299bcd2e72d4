/** A half-open range of a body. */
export interface BodyRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a Range header (RFC 9110, 14.1.2) against a body's size. Several ranges, other units and nonsense count as
 * no header, as the RFC allows; a range outside the body is "unsatisfiable".
 */
export function parseRange(header: string | undefined, sizeBytes: number): BodyRange | "unsatisfiable" | undefined {
  const [, firstText = "", lastText = ""] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "") ?? [];
  if (firstText === "" && lastText === "") return undefined;
  if (firstText === "") {
    const suffix = Math.min(Number(lastText), sizeBytes);
    return suffix === 0 ? "unsatisfiable" : { start: sizeBytes - suffix, end: sizeBytes };
  }
  const start = Number(firstText);
  const end = lastText === "" ? sizeBytes : Math.min(Number(lastText) + 1, sizeBytes);
  if (lastText !== "" && Number(lastText) < start) return undefined;
  return start >= sizeBytes ? "unsatisfiable" : { start, end };
}
