const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/**
 * Lowercase hex digits, two a byte; a table, since every chunk's hash passes here. Joined, not added up: a string made by adding
 * keeps its parts alive until somebody reads it.
 */
export const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => PAIRS[byte]).join("");
