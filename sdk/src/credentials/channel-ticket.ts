import { isSigned } from "../browser/ecdsa.js";
import { toHex } from "../wire/hex.js";
import { SIGNATURE_BYTES } from "./perm-key.js";

/** `shoal ticket` and a zero byte, version, swarm, peer, PermID, expiry; ARCHITECTURE.md has the layout. */
const MAGIC = "shoal ticket\0\u0001";
const BODY_BYTES = MAGIC.length + 16 + 8 + 16 + 6;
export const CHANNEL_TICKET_BYTES = BODY_BYTES + SIGNATURE_BYTES;

/** Who shows a ticket, and what it is looked at by. */
export interface TicketHolder {
  readonly swarm: string;
  readonly peer: string;
  readonly permId: string;
  /** Public keys that the tracker has named to us. */
  readonly issuers: readonly Uint8Array<ArrayBuffer>[];
  /** By the tracker's clock, ms since 1970. */
  readonly nowMs: number;
}

/** When a ticket ends that lets this holder in, ms since 1970, or what is wrong with it. */
export async function checkTicket(ticket: Uint8Array<ArrayBuffer>, { swarm, peer, permId, issuers, nowMs }: TicketHolder): Promise<number | string> {
  if (ticket.length === 0) return "no ticket";
  const body = ticket.slice(0, BODY_BYTES);
  const hex = (from: number, bytes: number): string => toHex(body.subarray(MAGIC.length + from, MAGIC.length + from + bytes));
  if (ticket.length !== CHANNEL_TICKET_BYTES || String.fromCharCode(...body.subarray(0, MAGIC.length)) !== MAGIC) return "no channel ticket";
  if (hex(0, 16) !== swarm) return "ticket for another swarm";
  // Its signature would be right: it was somebody's.
  if (hex(24, 16) !== permId) return "stolen ticket: issued to another key";
  if (hex(16, 8) !== peer) return "replayed ticket: issued to another peer";
  const expiresMs = Number.parseInt(hex(40, 6), 16);
  if (expiresMs <= nowMs) return "expired ticket";
  for (const issuer of issuers) if (await isSigned(issuer, ticket.slice(BODY_BYTES), body)) return expiresMs;
  return "ticket not signed by the tracker";
}
