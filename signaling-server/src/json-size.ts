/** Deep enough for any SDP or candidate (they need two); recursion in Socket.IO's encoder stays harmless. */
export const MAX_JSON_DEPTH = 6;

/**
 * Length of `value` as JSON in UTF-8, bytes; undefined when it is no plain JSON, too deep or longer than `maxBytes`. Stops
 * there, so that it never costs more than the bound, and never calls into the value (no toJSON).
 */
export function jsonBytes(value: unknown, maxBytes: number, depth = 0): number | undefined {
  const size = measure(value, maxBytes, depth);
  return size > maxBytes ? undefined : size;
}

const TOO_MUCH = Number.POSITIVE_INFINITY;

function measure(value: unknown, budget: number, depth: number): number {
  if (budget < 0) return TOO_MUCH;
  if (value === null) return 4;
  switch (typeof value) {
    case "boolean":
      return value ? 4 : 5;
    case "number":
      return Number.isFinite(value) ? String(value).length : TOO_MUCH;
    case "string":
      return stringBytes(value, budget);
    case "object":
      return depth >= MAX_JSON_DEPTH ? TOO_MUCH : containerBytes(value, budget, depth);
    default: // bigint, function, symbol, undefined: `unknown` cannot be exhausted
      return TOO_MUCH;
  }
}

function containerBytes(value: object, budget: number, depth: number): number {
  const isArray = Array.isArray(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!isArray && prototype !== Object.prototype && prototype !== null) return TOO_MUCH;
  let size = 1;
  for (const [key, item] of isArray ? value.entries() : Object.entries(value)) {
    // `__proto__` is harmless as it came, and a trap for whoever copies it
    if (key === "__proto__") return TOO_MUCH;
    if (typeof key === "string") size += stringBytes(key, budget - size) + 1;
    size += measure(item, budget - size, depth + 1) + 1;
    if (size > budget + 1) return TOO_MUCH;
  }
  return size === 1 ? 2 : size;
}

/** With quotes and escapes as JSON.stringify writes them. */
function stringBytes(text: string, budget: number): number {
  if (text.length > budget) return TOO_MUCH;
  let size = 2;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === 0x22 || code === 0x5c) size += 2;
    else if (code < 0x20) size += code === 8 || code === 9 || code === 10 || code === 12 || code === 13 ? 2 : 6;
    else if (code < 0x80) size += 1;
    else if (code < 0x800) size += 2;
    else if (code < 0xd800 || code > 0xdfff) size += 3;
    else if (code < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) {
      size += 4;
      i += 1;
    } else size += 6;
  }
  return size;
}

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;
