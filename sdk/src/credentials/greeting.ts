import { concat } from "./bytes.js";
import { CHANNEL_TICKET_BYTES } from "./channel-ticket.js";
import { KEY_BYTES, SIGNATURE_BYTES } from "./perm-key.js";

/**
 * What two peers say to each other before, and beside, the engine's messages. A frame of the engine never begins with two zero
 * bytes, since it has no message of length 0.
 */
export type Greeting =
  /** First: who I am, what I may, and what you are to sign. */
  | { readonly type: "hello"; readonly nonce: Uint8Array<ArrayBuffer>; readonly key: Uint8Array<ArrayBuffer>; readonly ticket: Uint8Array<ArrayBuffer> }
  /** Second, when the other's HELLO is there. */
  | { readonly type: "proof"; readonly signature: Uint8Array<ArrayBuffer> }
  /** Later: the same key's next ticket. */
  | { readonly type: "ticket"; readonly ticket: Uint8Array<ArrayBuffer> };

/** ISO/IEC 9798-3 wants a number that never comes again. */
export const NONCE_BYTES = 16;

const TYPES = ["hello", "proof", "ticket"] as const;
const HEADER_BYTES = 3;

export const isGreeting = (bytes: Uint8Array): boolean => bytes[0] === 0 && bytes[1] === 0;

export function encodeGreeting(greeting: Greeting): Uint8Array<ArrayBuffer> {
  const header = Uint8Array.of(0, 0, TYPES.indexOf(greeting.type));
  switch (greeting.type) {
    case "hello": return concat(header, greeting.nonce, greeting.key, greeting.ticket);
    case "proof": return concat(header, greeting.signature);
    case "ticket": return concat(header, greeting.ticket);
  }
}

/** Undefined for anything that {@link encodeGreeting} cannot have made. Never throws; the fields are copies. */
export function decodeGreeting(bytes: Uint8Array): Greeting | undefined {
  if (!isGreeting(bytes)) return undefined;
  const body = new Uint8Array(bytes.subarray(HEADER_BYTES));
  const type = TYPES[bytes[2] ?? TYPES.length];
  if (type === "proof") return body.length === SIGNATURE_BYTES ? { type, signature: body } : undefined;
  if (type === "ticket") return body.length === CHANNEL_TICKET_BYTES ? { type, ticket: body } : undefined;
  const ticket = body.slice(NONCE_BYTES + KEY_BYTES);
  if (type === undefined || body.length !== NONCE_BYTES + KEY_BYTES + ticket.length || (ticket.length !== 0 && ticket.length !== CHANNEL_TICKET_BYTES)) return undefined;
  return { type, nonce: body.slice(0, NONCE_BYTES), key: body.slice(NONCE_BYTES, NONCE_BYTES + KEY_BYTES), ticket };
}
