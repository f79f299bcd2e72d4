import { toHex } from "../wire/hex.js";

/** `bytes` random bytes as lowercase hex, from the browser's own generator. */
export const randomHex = (bytes: number): string => toHex(crypto.getRandomValues(new Uint8Array(bytes)));
