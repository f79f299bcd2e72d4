import type { webcrypto } from "node:crypto";
import type { ChannelTicket } from "./events.js";

/** What a channel ticket says: this key's owner may be this peer of this swarm until then. */
export interface ChannelClaims {
  readonly swarm: string;
  readonly peer: string;
  /** PermID of the key: see {@link permIdOf}. */
  readonly holder: string;
  /** Ms since 1970. */
  readonly expiresMs: number;
}

/** What channel tickets and the proofs of peers are signed with: every browser with data channels has it. */
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const MAGIC = "shoal ticket\0";
const VERSION = 1;

/** Signs channel tickets. Its key lives as long as the process: who holds a ticket of an earlier one joins again anyway. */
export class ChannelTicketIssuer {
  private constructor(
    private readonly privateKey: webcrypto.CryptoKey,
    /** The public key, as in {@link ChannelTicket.issuer}. */
    readonly issuer: string,
  ) {}

  static async create(): Promise<ChannelTicketIssuer> {
    const { privateKey, publicKey } = (await crypto.subtle.generateKey(ECDSA, false, ["sign", "verify"]));
    return new ChannelTicketIssuer(privateKey, toBase64Url(await crypto.subtle.exportKey("raw", publicKey)));
  }

  async issue(claims: ChannelClaims, nowMs: number): Promise<ChannelTicket> {
    const body = Buffer.alloc(MAGIC.length + 1 + 16 + 8 + 16 + 6);
    let at = body.write(MAGIC, "latin1");
    at = body.writeUInt8(VERSION, at);
    for (const id of [claims.swarm, claims.peer, claims.holder]) at += body.write(id, at, "hex");
    body.writeUIntBE(claims.expiresMs, at, 6);
    const signature = await crypto.subtle.sign(ECDSA, this.privateKey, body);
    return { channel: toBase64Url(Buffer.concat([body, Buffer.from(signature)])), issuer: this.issuer, expiresMs: claims.expiresMs, nowMs };
  }
}

/** Whether the owner of `key` signed `shoal join`, a zero byte, swarm, peer and JWT. False for what is no key, too. */
export async function isProven({ swarm, peer, ticket }: { swarm: string; peer: string; ticket: { jwt: string; key: string; proof: string } }): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("raw", Buffer.from(ticket.key, "base64url"), ECDSA, false, ["verify"]);
    const signed = Buffer.concat([Buffer.from("shoal join\0"), Buffer.from(swarm + peer, "hex"), Buffer.from(ticket.jwt)]);
    return await crypto.subtle.verify(ECDSA, key, Buffer.from(ticket.proof, "base64url"), signed);
  } catch {
    return false;
  }
}

/** First 128 bits of SHA-256 over the public key, as hex. */
export const permIdOf = (key: string): Promise<string> => sha256Hex32(Buffer.from(key, "base64url"));

/** As the SDK makes a swarm's id of its name. */
export const swarmIdOf = (name: string): Promise<string> => sha256Hex32(Buffer.from(name));

const sha256Hex32 = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> => Buffer.from(await crypto.subtle.digest("SHA-256", bytes), 0, 16).toString("hex");

const toBase64Url = (bytes: ArrayBuffer | Uint8Array): string => Buffer.from(bytes as ArrayBuffer).toString("base64url");
