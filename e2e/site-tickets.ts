import { randomUUID } from "node:crypto";
import { SignJWT } from "jose";

const SECRET = "the site's secret, which it shares with its signaling server";

/** What the signaling server is given. */
export const TICKET_KEY = `hs256:${SECRET}`;

/** A ticket as a site gives it. */
export function ticket({ swarm, viewer = randomUUID(), lifetimeS = 300 }: { swarm: string; viewer?: string; lifetimeS?: number }): Promise<string> {
  const expS = Date.now() / 1000 + lifetimeS;
  return new SignJWT({ swarm, sub: viewer, jti: randomUUID(), exp: expS }).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(SECRET));
}
