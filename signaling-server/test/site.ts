import { generateKeyPairSync, randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import type { JoinReply, JoinRequest, JoinTicket } from "../src/events.js";
import { swarmIdOf } from "../src/channel-ticket.js";
import { joinRequest } from "./world.js";

const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
export const SECRET = "a secret of the site, long enough";
export const SWARM = "https://cdn.example/live/master.m3u8";

/** A JWT as a site makes it, good for five minutes; `over` replaces claims, `undefined` leaves one out. */
export function jwt(over: Readonly<Record<string, unknown>> = {}, key: Parameters<SignJWT["sign"]>[0] = new TextEncoder().encode(SECRET), alg = "HS256"): Promise<string> {
  const claims = { swarm: SWARM, sub: "viewer-1", jti: randomUUID(), exp: Math.floor(Date.now() / 1000) + 300, ...over };
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(key);
}

/** A site that signs with Ed25519: what its server takes for `ticketKey`, and its private key. */
export function ed25519Site() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return { ticketKey: `ed25519:${publicKey.export({ format: "jwk" }).x}`, pem: `ed25519:${publicKey.export({ format: "pem", type: "spki" }).toString()}`, privateKey };
}

/** A browser with its key. */
export class Holder {
  private constructor(
    readonly key: string,
    private readonly privateKey: Awaited<ReturnType<typeof crypto.subtle.importKey>>,
  ) {}

  static async create(): Promise<Holder> {
    const { privateKey, publicKey } = await crypto.subtle.generateKey(ECDSA, false, ["sign", "verify"]);
    return new Holder(Buffer.from(await crypto.subtle.exportKey("raw", publicKey)).toString("base64url"), privateKey);
  }

  async ticket(request: { swarm: string; peer: string }, token: string): Promise<JoinTicket> {
    const bytes = Buffer.concat([Buffer.from("shoal join\0"), Buffer.from(request.swarm + request.peer, "hex"), Buffer.from(token)]);
    return { jwt: token, key: this.key, proof: Buffer.from(await crypto.subtle.sign(ECDSA, this.privateKey, bytes)).toString("base64url") };
  }

  /** The join of peer `n`. */
  async join(n: number, token: string, over: Partial<JoinRequest> = {}): Promise<JoinRequest> {
    const request = joinRequest(n, { swarm: await swarmIdOf(SWARM), ...over });
    return { ...request, ticket: await this.ticket(request, token) };
  }
}

/** A channel ticket's fields, checked against its issuer's signature. */
export async function readChannelTicket({ channel, issuer }: NonNullable<JoinReply["ticket"]>) {
  const bytes = Buffer.from(channel, "base64url");
  const key = await crypto.subtle.importKey("raw", Buffer.from(issuer, "base64url"), ECDSA, false, ["verify"]);
  const hex = (from: number, to: number): string => bytes.subarray(from, to).toString("hex");
  return {
    length: bytes.length, magic: bytes.toString("latin1", 0, 13), version: bytes[13], swarm: hex(14, 30), peer: hex(30, 38), holder: hex(38, 54),
    expiresMs: bytes.readUIntBE(54, 6), isSigned: await crypto.subtle.verify(ECDSA, key, bytes.subarray(60), bytes.subarray(0, 60)),
  };
}
