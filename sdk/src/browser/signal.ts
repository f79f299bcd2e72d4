import type { SignalData } from "../../../signaling-server/src/events.js";

/**
 * What two peers say to each other through the tracker to open a connection. `attempt` names one try of one side, so that
 * a late candidate of an abandoned try never reaches the next one.
 */
export type Signal =
  /** `proves`: this side opens to nobody who does not prove who he is, and does so itself. */
  | { readonly type: "offer" | "answer"; readonly attempt: string; readonly sdp: string; readonly proves: boolean }
  | { readonly type: "candidate"; readonly attempt: string; readonly candidate: RTCIceCandidateInit }
  /** This try will not succeed: no room, or given up. */
  | { readonly type: "refuse"; readonly attempt: string };

/** Data-channel descriptions of Chromium and Firefox are near 600 bytes without candidates and below 4 KB with them. */
const MAX_SDP_CHARACTERS = 16 * 1024;
const MAX_CANDIDATE_CHARACTERS = 1024;
/** They come by themselves as well, one by one, and are counted then: each has the browser knock at an address. */
const CANDIDATES = /^a=candidate.*\r?\n?/gm;

/** Reads what a stranger sent; undefined when it is not a signal. */
export function parseSignal(data: SignalData): Signal | undefined {
  const { type, attempt, sdp, candidate, proves = false } = data;
  if (typeof attempt !== "string" || !/^[0-9a-f]{8}$/.test(attempt)) return undefined;
  if (type === "refuse") return { type, attempt };
  if (type === "offer" || type === "answer") return isSdp(sdp) ? { type, attempt, sdp: sdp.replace(CANDIDATES, ""), proves: proves === true } : undefined;
  if (type !== "candidate") return undefined;
  const parsed = parseCandidate(candidate);
  return parsed && { type, attempt, candidate: parsed };
}

/** One data channel only: a description with sound or pictures in it would make the browser allocate decoders, one of many channels open many connections. */
function isSdp(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_SDP_CHARACTERS && /^m=application /m.test(value) && value.match(/^m=/gm)?.length === 1;
}

function parseCandidate(value: unknown): RTCIceCandidateInit | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { candidate, sdpMid, sdpMLineIndex } = value as Readonly<Record<string, unknown>>;
  if (typeof candidate !== "string" || candidate.length > MAX_CANDIDATE_CHARACTERS) return undefined;
  if (typeof sdpMid !== "string" && typeof sdpMLineIndex !== "number") return undefined;
  return {
    candidate,
    sdpMid: typeof sdpMid === "string" ? sdpMid.slice(0, 32) : null,
    sdpMLineIndex: typeof sdpMLineIndex === "number" ? sdpMLineIndex : null,
  };
}
