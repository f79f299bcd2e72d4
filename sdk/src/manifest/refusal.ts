import type { MissingCode } from "./manifest-shelf.js";

/** Something that is not played. `url`: of the segment, or of the playlist where that is not known. */
export interface Refusal {
  readonly code: MissingCode | "not-in-manifest" | "altered" | "unsignable";
  readonly url: string;
  /** It is not waited for any longer. */
  readonly isFinal: boolean;
  /** One sentence: what is wrong and who can mend it. */
  readonly message: string;
}

const MESSAGES: Readonly<Record<Refusal["code"], string>> = {
  "no-manifest": "There is no manifest beside the playlist; run shoal publish, and serve the .shoal files like the playlist.",
  "not-in-manifest": "The manifest does not have this segment; see that shoal publish --watch runs and that the manifest is cached no longer than the playlist.",
  "bad-signature": "The manifest beside the playlist is not signed with contentKey; sign with the key's private part, or correct contentKey.",
  "other-playlist": "The manifest beside the playlist belongs to another stream or playlist; publish this one.",
  malformed: "What lies beside the playlist as its manifest is none; publish again.",
  "bad-key": "contentKey is no key; set it to what shoal keygen has printed.",
  unsupported: "This browser or page cannot check Ed25519 signatures: they need https and Chromium 137, Firefox 129 or Safari 17.",
  altered: "What the origin sends is not what was signed; publish again if the segment was changed on purpose.",
  unsignable: "hls.js asked for less than a segment (low latency, or AES-128 with byte ranges), which cannot be checked; package it otherwise.",
};

export const refusal = (code: Refusal["code"], url: string, isFinal: boolean): Refusal => ({ code, url, isFinal, message: MESSAGES[code] });

export const isRefusalCode = (text: string): text is Refusal["code"] => text in MESSAGES;
