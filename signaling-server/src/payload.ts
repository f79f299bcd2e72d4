import type { FindRequest, JoinRequest, JoinTicket, LiveRequest, MisbehavedRequest, MissingRequest, SignalData, SignalRequest, StatReport } from "./events.js";
import { jsonBytes } from "./json-size.js";
import { SLICES } from "./live-track.js";

/** What is wrong with a payload, as one sentence for its sender. */
export type Problem = string;

export const MAX_CHANNEL_CHARS = 120;
export const MAX_JWT_CHARS = 2_048;
export const MAX_EXCEPT = 256;
export const MAX_STRANGERS = 64;
/** Picture, sound, and both again while the quality changes. */
export const MAX_TRACKS = 4;
/** Totals above this are a lie or a fault, and sums of them would no longer be exact. 16 TiB. */
export const MAX_REPORTED_BYTES = 2 ** 44;

const PEER = /^[0-9a-f]{16}$/;
const SWARM_OR_SECRET = /^[0-9a-f]{32}$/;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** 65 and 64 bytes as base64url. */
const KEY = /^[\w-]{87}$/;
const SIGNATURE = /^[\w-]{86}$/;
/** Control characters and line separators: they would forge lines wherever the name is printed. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

export function parseJoin(payload: unknown): JoinRequest | Problem {
  const isTicketed = isPlainObject(payload) && Object.hasOwn(payload, "ticket");
  const fields = exactly(payload, "swarm", "peer", "secret", "serves", "channel", ...(isTicketed ? (["ticket"] as const) : []));
  if (fields === undefined) return "Send {swarm, peer, secret, serves, channel}, ticket where one is wanted, and nothing else.";
  const { swarm, peer, secret, serves, channel } = fields;
  if (!matches(swarm, SWARM_OR_SECRET)) return BAD_SWARM;
  if (!matches(peer, PEER)) return "Send peer as 16 lowercase hex digits.";
  if (!matches(secret, SWARM_OR_SECRET)) return "Send secret as 32 lowercase hex digits.";
  if (typeof serves !== "boolean") return "Send serves as true or false.";
  if (typeof channel !== "string" || channel.length > MAX_CHANNEL_CHARS || CONTROL.test(channel)) {
    return `Send channel as a text of at most ${MAX_CHANNEL_CHARS} characters without control characters.`;
  }
  if (!isTicketed) return { swarm, peer, secret, serves, channel };
  const ticket = parseTicket(fields.ticket);
  return typeof ticket === "string" ? ticket : { swarm, peer, secret, serves, channel, ticket };
}

function parseTicket(value: unknown): JoinTicket | Problem {
  const fields = exactly(value, "jwt", "key", "proof");
  if (fields === undefined) return "Send ticket as {jwt, key, proof} and nothing else.";
  const { jwt, key, proof } = fields;
  if (!matches(jwt, JWT) || jwt.length > MAX_JWT_CHARS) return `Send ticket.jwt as a JWT of at most ${MAX_JWT_CHARS} characters.`;
  if (!matches(key, KEY) || !matches(proof, SIGNATURE)) return "Send ticket.key as 65 bytes and ticket.proof as 64, base64url without padding.";
  return { jwt, key, proof };
}

export function parseLeave(payload: unknown): { swarm: string } | Problem {
  const fields = exactly(payload, "swarm");
  if (fields === undefined) return "Send {swarm} and nothing else.";
  return matches(fields.swarm, SWARM_OR_SECRET) ? { swarm: fields.swarm } : BAD_SWARM;
}

export function parseFind(payload: unknown): FindRequest | Problem {
  const fields = exactly(payload, "swarm", "count", "except");
  if (fields === undefined) return "Send {swarm, count, except} and nothing else.";
  const { swarm, count, except } = fields;
  if (!matches(swarm, SWARM_OR_SECRET)) return BAD_SWARM;
  if (!isCount(count, 0xffff)) return "Send count as a whole number from 0 to 65535.";
  if (!Array.isArray(except) || except.length > MAX_EXCEPT || !except.every((peer) => matches(peer, PEER))) {
    return `Send except as a list of at most ${MAX_EXCEPT} peer ids.`;
  }
  return { swarm, count, except };
}

export function parseStat(payload: unknown): StatReport | Problem {
  const isAsking = isPlainObject(payload) && Object.hasOwn(payload, "strangers");
  const fields = exactly(payload, "swarm", "segments", "neighbours", "originBytes", "peerBytes", "uploadedBytes", ...(isAsking ? (["strangers"] as const) : []));
  if (fields === undefined) return "Send {swarm, segments, neighbours, originBytes, peerBytes, uploadedBytes}, strangers where there are any, and nothing else.";
  const { swarm, segments, neighbours, originBytes, peerBytes, uploadedBytes } = fields;
  if (!matches(swarm, SWARM_OR_SECRET)) return BAD_SWARM;
  if (!isCount(segments, 0xffff_ffff) || !isCount(neighbours, 0xffff)) return "Send segments and neighbours as whole numbers, 0 or more.";
  if (!isCount(originBytes, MAX_REPORTED_BYTES) || !isCount(peerBytes, MAX_REPORTED_BYTES) || !isCount(uploadedBytes, MAX_REPORTED_BYTES)) {
    return "Send originBytes, peerBytes and uploadedBytes as whole numbers from 0 to 2^44.";
  }
  if (!isAsking) return { swarm, segments, neighbours, originBytes, peerBytes, uploadedBytes };
  const { strangers } = fields;
  if (!Array.isArray(strangers) || strangers.length > MAX_STRANGERS || !strangers.every((peer) => matches(peer, PEER))) return `Send strangers as a list of at most ${MAX_STRANGERS} peers, 16 lowercase hex digits each.`;
  return { swarm, segments, neighbours, originBytes, peerBytes, uploadedBytes, strangers };
}

export function parseSignal(payload: unknown, signalBytes: number): SignalRequest | Problem {
  const fields = exactly(payload, "swarm", "to", "data");
  if (fields === undefined) return "Send {swarm, to, data} and nothing else.";
  const { swarm, to, data } = fields;
  if (!matches(swarm, SWARM_OR_SECRET)) return BAD_SWARM;
  if (!matches(to, PEER)) return "Send to as a peer id of 16 lowercase hex digits.";
  if (!isPlainObject(data) || jsonBytes(data, signalBytes) === undefined) return `Send data as a plain JSON object of at most ${signalBytes} bytes.`;
  if (data.type !== undefined && typeof data.type !== "string") return "Send data.type as a text, or leave it out.";
  return { swarm, to, data: data as SignalData };
}

export function parseLive(payload: unknown): LiveRequest | Problem {
  const fields = exactly(payload, "swarm", "tracks", "willing", "uplinkBps");
  if (fields === undefined) return "Send {swarm, tracks, willing, uplinkBps} and nothing else.";
  const { swarm, tracks, willing, uplinkBps } = fields;
  if (!matches(swarm, SWARM_OR_SECRET)) return BAD_SWARM;
  if (!isSetOfCounts(tracks, MAX_TRACKS, MAX_U32)) return `Send tracks as a list of at most ${MAX_TRACKS} different numbers from 0 to 2^32 - 1.`;
  if (typeof willing !== "boolean") return "Send willing as true or false.";
  if (uplinkBps !== null && !isCount(uplinkBps, MAX_REPORTED_BYTES)) return "Send uplinkBps as a whole number of bits per second, or null while it is unknown.";
  return { swarm, tracks, willing, uplinkBps };
}

export function parseMisbehaved(payload: unknown): MisbehavedRequest | Problem {
  const fields = exactly(payload, "swarm", "peer");
  if (fields === undefined) return "Send {swarm, peer} and nothing else.";
  const { swarm, peer } = fields;
  if (!matches(swarm, SWARM_OR_SECRET)) return BAD_SWARM;
  return matches(peer, PEER) ? { swarm, peer } : "Send peer as 16 lowercase hex digits.";
}

export function parseMissing(payload: unknown): MissingRequest | Problem {
  const fields = exactly(payload, "swarm", "track", "sequence", "slices");
  if (fields === undefined) return "Send {swarm, track, sequence, slices} and nothing else.";
  const { swarm, track, sequence, slices } = fields;
  if (!matches(swarm, SWARM_OR_SECRET)) return BAD_SWARM;
  if (!isCount(track, MAX_U32) || !isCount(sequence, MAX_U32)) return "Send track and sequence as whole numbers from 0 to 2^32 - 1.";
  if (!isSetOfCounts(slices, SLICES, SLICES - 1)) return `Send slices as a list of different numbers from 0 to ${SLICES - 1}.`;
  return { swarm, track, sequence, slices };
}

const MAX_U32 = 0xffff_ffff;

const BAD_SWARM: Problem = "Send swarm as 32 lowercase hex digits.";

const matches = (value: unknown, pattern: RegExp): value is string => typeof value === "string" && pattern.test(value);

const isCount = (value: unknown, max: number): value is number => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;

/** A list without holes of different numbers. */
const isSetOfCounts = (value: unknown, length: number, max: number): value is number[] =>
  Array.isArray(value) && value.length <= length && [...(value as unknown[])].every((item) => isCount(item, max)) && new Set(value).size === value.length;

/** The fields of an object that has these as its own and no others. */
function exactly<Key extends string>(payload: unknown, ...keys: Key[]): Record<Key, unknown> | undefined {
  if (!isPlainObject(payload)) return undefined;
  if (Object.keys(payload).length !== keys.length || !keys.every((key) => Object.hasOwn(payload, key))) return undefined;
  return payload as Record<Key, unknown>;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
