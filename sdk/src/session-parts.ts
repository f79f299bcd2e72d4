import type { JoinRequest } from "../../signaling-server/src/events.js";
import { hashChunk, isHashSupported, swarmIdOf } from "./browser/hash.js";
import { randomHex } from "./browser/random-hex.js";
import { HttpOrigin, type OriginConfig, type OriginEvents } from "./browser/origin.js";
import { type Admission, SignalingClient, type SignalingEvents } from "./browser/signaling.js";
import { isWebRtcSupported, type TransportEvents, type TransportOptions, WebRtcTransport } from "./browser/webrtc.js";
import { Wakefulness } from "./browser/wakefulness.js";
import { loadTrust } from "./load-trust.js";
import { openEngine } from "./with-push.js";
import { receiptKey } from "./with-receipts.js";

/** Everything a session is put together from; a test may replace a part. */
export const SESSION_PARTS = {
  engine: openEngine,
  receiptKey,
  transport: (options: TransportOptions, events: TransportEvents): Pick<WebRtcTransport, "connect" | "signal" | "send" | "disconnect" | "useIceServers" | "destroy"> =>
    new WebRtcTransport(options, events),
  tracker: (address: string, request: JoinRequest, events: SignalingEvents, admission?: Admission): Pick<SignalingClient, "connect" | "find" | "signal" | "report" | "live" | "missing" | "misbehaved" | "destroy"> =>
    new SignalingClient(address, request, events, admission),
  origin: (events: OriginEvents, config: OriginConfig): Pick<HttpOrigin, "fetch" | "abort" | "destroy"> => new HttpOrigin(events, config),
  wakefulness: (onChange: (awake: boolean) => void): Pick<Wakefulness, "destroy"> => new Wakefulness(onChange),
  hash: hashChunk,
  swarmId: swarmIdOf,
  randomHex,
  loadTrust,
  unsupported: unsupportedReason,
};

export type SessionParts = typeof SESSION_PARTS;

/** Why this browser or page cannot exchange chunks. */
export function unsupportedReason(): "no-webrtc" | "insecure-context" | undefined {
  if (!isWebRtcSupported()) return "no-webrtc";
  return isHashSupported() ? undefined : "insecure-context";
}
