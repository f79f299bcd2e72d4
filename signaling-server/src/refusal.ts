import type { ErrorCode, ErrorReply } from "./events.js";

export function refusal(code: ErrorCode, message: string): ErrorReply {
  return { ok: false, code, message };
}

export const REFUSALS = {
  rateLimited: refusal("rate-limited", "Too many events; wait a few seconds and send fewer."),
  receiverBusy: refusal("rate-limited", "That peer gets too many signals; try it again in a few seconds or choose another."),
  notAMember: refusal("not-a-member", "Join this swarm first."),
  unknownPeer: refusal("unknown-peer", "That peer is not in this swarm (any more); choose another or send find."),
  toItself: refusal("bad-payload", "Send signals to another peer than yourself."),
  secondId: refusal("bad-payload", "This connection is in that swarm under another peer id; leave first."),
  peerIdTaken: refusal("peer-id-taken", "Another peer has this id; join with a new random one."),
  tooManySwarms: refusal("too-many-swarms", "This connection is in as many swarms as it may be; leave one first."),
  serverFull: refusal("too-many-swarms", "This server holds as many swarms as it can; try again later or use another server."),
  swarmFull: refusal("swarm-full", "This swarm has as many peers as it may have; play from the origin and try again later."),
  ticketMissing: refusal("ticket-missing", "This server wants a ticket from the site; set the SDK's ticket option."),
  ticketExpired: refusal("ticket-expired", "This ticket has expired; join again with a new one."),
  ticketReplayed: refusal("ticket-replayed", "Another browser has used this ticket; join with one of your own."),
  ticketOfAnother: refusal("peer-id-taken", "The peer of this id joined with another key; join with a new random id."),
  ticketLimit: refusal("ticket-limit", "This viewer is in as many times as one may be; close a tab, or wait half a minute for one that was lost."),
  ticketsFull: refusal("rate-limited", "This server remembers as many tickets as it can; try again later."),
  shuttingDown: refusal("shutting-down", "This server is stopping; connect again in a few seconds."),
} as const;

/** Whether the sender could have known better; a peer that has just left is nobody's fault. */
export const isOffence = (code: ErrorCode): boolean => code === "bad-payload" || code === "rate-limited" || code === "ticket-invalid" || code === "ticket-unproven";
