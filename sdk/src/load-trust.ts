/** What only pages need that set an option about trust: a part of its own, `shoal-trust.js`, loaded when it is. */
export type TrustPart = typeof import("./trust.js");

/** Rejects when the file cannot be loaded. For the script tag `load-trust-beside-tag.ts` stands in, with the same names. */
export const loadTrust = (): Promise<TrustPart> => import("./trust.js");
