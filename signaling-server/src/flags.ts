import { parseArgs } from "node:util";
import { ConfigError, DEFAULT_CONFIG, type SignalingConfig } from "./config.js";
import type { JoinReply } from "./events.js";
import { ticketKeyProblem } from "./ticket-key.js";
import { DEFAULT_LIMITS, type TrackerLimits } from "./limits.js";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
interface Draft extends Mutable<Omit<SignalingConfig, "limits">> {
  limits: Mutable<TrackerLimits>;
}

interface Flag {
  readonly name: string;
  /** How its value is shown; undefined for a switch. */
  readonly value: string | undefined;
  readonly help: string;
  /** Puts the parsed text into the draft; throws ConfigError. */
  readonly set: (draft: Draft, text: string, name: string) => void;
}

/** `undefined`: help was asked for. Flags win over environment variables (SHOAL_PORT for --port, and so on). Throws {@link ConfigError}. */
export function parseConfig(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): SignalingConfig | undefined {
  const given = readArgv(argv);
  if (given.help === true) return undefined;
  const draft: Draft = { ...DEFAULT_CONFIG, limits: { ...DEFAULT_LIMITS } };
  for (const flag of FLAGS) {
    const fromEnv = env[envName(flag.name)];
    if (fromEnv !== undefined && fromEnv !== "") flag.set(draft, fromEnv, envName(flag.name));
    const fromArgv = given[flag.name];
    if (fromArgv !== undefined) flag.set(draft, String(fromArgv), `--${flag.name}`);
  }
  return draft;
}

export const envName = (flag: string): string => `SHOAL_${flag.toUpperCase().replaceAll("-", "_")}`;

/** What --help prints. */
export function helpText(): string {
  const lines = FLAGS.map((flag) => `  ${`--${flag.name} ${flag.value ?? ""}`.padEnd(40)}${flag.help}`);
  return ["Usage: npm run signaling -- [flags]", "", "Shoal's signaling server: helps the viewers of a stream to find and reach each other.", "", ...lines, `  ${"--help".padEnd(40)}This text.`, "", "Every flag can be given as an environment variable: SHOAL_PORT for --port, SHOAL_MAX_PEERS for --max-peers."].join("\n");
}

const whole = (min: number, max: number, put: (draft: Draft, value: number) => void) => (draft: Draft, text: string, name: string) => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) throw new ConfigError(`${name} takes a whole number from ${min} to ${max}, not "${clip(text)}".`);
  put(draft, value);
};

const toggle = (put: (draft: Draft, value: boolean) => void) => (draft: Draft, text: string, name: string) => {
  if (!["true", "false", "1", "0"].includes(text)) throw new ConfigError(`${name} takes true or false, not "${clip(text)}".`);
  put(draft, text === "true" || text === "1");
};

/** In the order --help shows them. */
export const FLAGS: readonly Flag[] = [
  { name: "port", value: "<number>", help: "Port to listen on; 0 lets the system choose. Default 8090.", set: whole(0, 65_535, (draft, value) => (draft.port = value)) },
  { name: "host", value: "<address>", help: "Address to listen on. Default: all.", set: (draft, text) => (draft.host = text) },
  { name: "allow-origin", value: "<origin,...>", help: "Only pages of these origins may connect. Default: any.", set: setOrigins },
  { name: "ice-servers", value: "<JSON>", help: 'STUN and TURN servers told to viewers: [{"urls":"stun:..."}]. Default none.', set: setIceServers },
  { name: "stat-interval", value: "<seconds>", help: "How often viewers report. Default 10.", set: whole(1, 3600, (draft, value) => (draft.statIntervalMs = value * 1000)) },
  { name: "max-peers", value: "<number>", help: "Peers in one swarm. Default 100000.", set: whole(2, 10_000_000, (draft, value) => (draft.limits.peersPerSwarm = value)) },
  { name: "max-swarms", value: "<number>", help: "Swarms in all. Default 50000.", set: whole(1, 10_000_000, (draft, value) => (draft.limits.swarms = value)) },
  { name: "max-swarms-per-connection", value: "<number>", help: "Default 4.", set: whole(1, 64, (draft, value) => (draft.limits.swarmsPerConnection = value)) },
  { name: "max-connections", value: "<number>", help: "Default 50000.", set: whole(1, 10_000_000, (draft, value) => (draft.maxConnections = value)) },
  { name: "max-connections-per-address", value: "<number>", help: "Per IPv4 address or IPv6 /64. Default 256.", set: whole(1, 10_000_000, (draft, value) => (draft.maxConnectionsPerAddress = value)) },
  { name: "max-signal-bytes", value: "<bytes>", help: "Size of one relayed signal. Default 16384.", set: whole(1024, 262_144, (draft, value) => (draft.limits.signalBytes = value)) },
  { name: "max-signals-per-second", value: "<number>", help: "Per connection, with bursts of ten times as many. Default 50.", set: whole(1, 10_000, (draft, value) => (draft.limits.signals = { perSecond: value, burst: value * 10 })) },
  { name: "max-peers-per-viewer", value: "<number>", help: "Tabs and devices of one ticket's viewer at a time. Default 8.", set: whole(1, 10_000, (draft, value) => (draft.limits.peersPerViewer = value)) },
  { name: "ticket-key", value: "<key>", help: "Only with a ticket of the site: hs256:<secret>, or ed25519:<public key>. Default: anybody.", set: setTicketKey },
  { name: "polling", value: undefined, help: "Also allow HTTP long polling (needs sticky sessions behind a load balancer).", set: toggle((draft, value) => (draft.polling = value)) },
  { name: "trust-proxy", value: undefined, help: "Take client addresses from X-Forwarded-For. Only behind a proxy that sets it.", set: toggle((draft, value) => (draft.trustProxy = value)) },
];

function readArgv(argv: readonly string[]): Record<string, string | boolean | undefined> {
  const flags = FLAGS.map((flag) => [flag.name, { type: flag.value === undefined ? "boolean" : "string" }] as const);
  try {
    return parseArgs({ args: [...argv], options: { ...Object.fromEntries(flags), help: { type: "boolean" } } }).values as Record<string, string | boolean | undefined>;
  } catch (error) {
    const problem = error instanceof Error ? (error.message.split(/[.\n]/)[0] ?? "") : String(error);
    throw new ConfigError(`${clip(problem)}; --help lists the flags.`);
  }
}

function setOrigins(draft: Draft, text: string, name: string): void {
  const origins = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  if (origins.length === 1 && origins[0] === "*") return void (draft.allowOrigins = []);
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) throw new ConfigError(`${name} takes origins like https://example.org, separated by commas, not "${clip(origin)}".`);
  }
  draft.allowOrigins = origins;
}

function setTicketKey(draft: Draft, text: string, name: string): void {
  const problem = ticketKeyProblem(text);
  if (problem !== undefined) throw new ConfigError(`${name} ${problem}`);
  draft.ticketKey = text;
}

function setIceServers(draft: Draft, text: string, name: string): void {
  let servers: unknown;
  try {
    servers = JSON.parse(text);
  } catch {
    servers = undefined;
  }
  if (!Array.isArray(servers) || servers.length > 16 || !servers.every(isIceServer)) {
    throw new ConfigError(`${name} takes a JSON list of at most 16 servers like [{"urls":"stun:stun.example.org:3478"}], each with urls (stun:, turn: or turns:) and, for TURN, username and credential.`);
  }
  draft.iceServers = servers;
}

function isIceServer(value: unknown): value is JoinReply["iceServers"][number] {
  if (typeof value !== "object" || value === null) return false;
  const { urls, username, credential, ...rest } = value as Record<string, unknown>;
  const list: unknown[] = Array.isArray(urls) ? urls : [urls];
  const isUrl = (url: unknown) => typeof url === "string" && /^(stun|stuns|turn|turns):[^\s]+$/.test(url);
  const isText = (text: unknown) => text === undefined || typeof text === "string";
  return list.length > 0 && list.every(isUrl) && isText(username) && isText(credential) && Object.keys(rest).length === 0;
}

const clip = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}...` : text);
