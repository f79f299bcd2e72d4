import { errors, jwtVerify, type JWTPayload } from "jose";
import { ChannelTicketIssuer, isProven, permIdOf, swarmIdOf } from "./channel-ticket.js";
import type { TicketedJoin, TicketVerdict } from "./contract.js";
import type { ErrorReply } from "./events.js";
import { refusal, REFUSALS } from "./refusal.js";
import type { TicketKey } from "./ticket-key.js";

/** How far the site's clock may be off. */
const CLOCK_TOLERANCE_S = 5;
/** Tickets are short-lived: each has to be remembered until it expires. */
const MAX_LIFETIME_S = 24 * 3600;
const MAX_NAME_CHARS = 256;

/** Checks the site's tickets for the tracker and has channel tickets ready for it; all the cryptography there is. */
export class TicketOffice {
  private constructor(
    private readonly key: TicketKey,
    private readonly issuer: ChannelTicketIssuer,
  ) {}

  static async open(key: TicketKey): Promise<TicketOffice> {
    return new TicketOffice(key, await ChannelTicketIssuer.create());
  }

  /** Never rejects. */
  async check(request: TicketedJoin): Promise<TicketVerdict> {
    try {
      return await this.#check(request);
    } catch (error) {
      return joseProblem(error);
    }
  }

  async #check(request: TicketedJoin): Promise<TicketVerdict> {
    const { swarm, peer, ticket } = request;
    const { payload } = await jwtVerify(ticket.jwt, this.key.key, { algorithms: this.key.algorithms, clockTolerance: CLOCK_TOLERANCE_S, requiredClaims: ["exp", "jti", "sub", "swarm"] });
    const nowMs = Date.now();
    const claims = readClaims(payload);
    if (claims === undefined) return invalid(`sub, jti and swarm have to be texts, sub and jti of at most ${MAX_NAME_CHARS} characters, and exp at most a day away`);
    if ((await swarmIdOf(claims.swarm)) !== swarm) return refusal("ticket-other-swarm", "This ticket is for another swarm; its swarm claim has to be the SDK's swarm option, or the stream's URL without its query.");
    if (!(await isProven(request))) return refusal("ticket-unproven", "The key that came with this ticket has not signed the request; sign it with the key's private half.");
    const holder = await permIdOf(ticket.key);
    const expiresMs = Math.floor((claims.expS + CLOCK_TOLERANCE_S) * 1000);
    const channel = await this.issuer.issue({ swarm, peer, holder, expiresMs }, nowMs);
    return { ok: true, grant: { id: claims.id, viewer: claims.viewer, holder, lifetimeMs: expiresMs - nowMs, channel } };
  }
}

function readClaims({ exp = 0, jti = "", sub = "", swarm }: JWTPayload): { expS: number; id: string; viewer: string; swarm: string } | undefined {
  const isName = (text: string): boolean => text !== "" && text.length <= MAX_NAME_CHARS;
  if (typeof swarm !== "string" || !isName(jti) || !isName(sub) || !(exp <= Date.now() / 1000 + MAX_LIFETIME_S)) return undefined;
  return { expS: exp, id: jti, viewer: sub, swarm };
}

function joseProblem(error: unknown): ErrorReply {
  if (error instanceof errors.JWTExpired) return REFUSALS.ticketExpired;
  if (error instanceof errors.JWTClaimValidationFailed) return invalid(`its claim ${error.claim} ${error.reason === "missing" ? "is missing" : "does not hold"}`);
  if (error instanceof errors.JWSSignatureVerificationFailed) return invalid("its signature is not by the key of this server's ticket-key");
  return invalid("it is no JWT of the kind that this server's ticket-key is for");
}

const invalid = (what: string): ErrorReply => refusal("ticket-invalid", `This ticket cannot be used: ${what}.`);
