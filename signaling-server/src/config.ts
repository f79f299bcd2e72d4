import type { JoinReply } from "./events.js";
import { DEFAULT_LIMITS, type TrackerLimits } from "./limits.js";

/** Settings of a signaling server. Defaults: {@link DEFAULT_CONFIG}. */
export interface SignalingConfig {
  /** TCP port; 0 lets the system choose. Default 8090. */
  readonly port: number;
  /** Address to listen on. Default: all of them. */
  readonly host: string | undefined;
  /** Origins (`https://example.org`) whose pages may connect. Empty, the default: any. */
  readonly allowOrigins: readonly string[];
  /** STUN and TURN servers told to every joiner. Default none, which connects viewers of one network only. */
  readonly iceServers: JoinReply["iceServers"];
  /** How often a member sends STAT_REPORT, ms. Default 10,000. */
  readonly statIntervalMs: number;
  /**
   * Whose tickets let viewers in: `hs256:` and a secret of 32 bytes or more that the site shares, or `ed25519:` and the site's public key
   * (32 bytes as base64url, or as a PEM). Default none: anybody may join.
   */
  readonly ticketKey: string | undefined;
  /** Also allow HTTP long polling, which needs sticky sessions behind a load balancer. Default false: WebSocket only. */
  readonly polling: boolean;
  /** Take a client's address from the last X-Forwarded-For entry. Only behind a proxy that sets it. Default false. */
  readonly trustProxy: boolean;
  readonly maxConnections: number;
  /** Per IPv4 address or IPv6 /64. */
  readonly maxConnectionsPerAddress: number;
  /** A connection is dead when it answers no ping within `pingIntervalMs + pingTimeoutMs`, ms. Defaults 10,000 and 8,000. */
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** Longest time `close()` waits for clients to take their leave, ms. Default 2,000. */
  readonly closeTimeoutMs: number;
  readonly limits: Partial<TrackerLimits>;
}

/** Socket.IO's own 25 s + 20 s to notice a dead peer is too long for those who wait for its chunks. */
export const DEFAULT_CONFIG: SignalingConfig = {
  port: 8090,
  host: undefined,
  allowOrigins: [],
  iceServers: [],
  statIntervalMs: 10_000,
  ticketKey: undefined,
  polling: false,
  trustProxy: false,
  maxConnections: 50_000,
  maxConnectionsPerAddress: 256,
  pingIntervalMs: 10_000,
  pingTimeoutMs: 8_000,
  closeTimeoutMs: 2_000,
  limits: DEFAULT_LIMITS,
};

/** A setting that cannot be used. `message` is one sentence that names it and says what it takes. */
export class ConfigError extends Error {
  readonly code = "bad-config";
}
