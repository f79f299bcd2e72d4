import type { ChannelTicket, JoinTicket } from "../../../signaling-server/src/events.js";
import type { Link, LinkEvents, LinkOptions } from "../browser/link.js";
import { concat, ofBase64Url, ofHex, toBase64Url } from "./bytes.js";
import { checkTicket } from "./channel-ticket.js";
import { type PermKey, permKey } from "./perm-key.js";
import { type LinkHost, ProvenLink } from "./proven-link.js";

/** Where a site's ticket comes from: itself, or asked for again each time that one is needed. */
export type TicketSource = string | (() => Promise<string>);

type OpenLink = (options: LinkOptions, events: LinkEvents) => Link;

/** Keys of trackers that were told to us; the last ones, since a tracker that starts anew has a new one. */
const MAX_ISSUERS = 3;
/** How long a neighbour with an expired ticket is borne with: its next one is on its way. */
const GRACE_MS = 5_000;
/** Longest timer that a browser has. */
const MAX_STAY_MS = 2 ** 31 - 1;

/** Opens what a session needs to say who it is and to ask others. */
export async function openCredentials(setting: { readonly swarm: string; readonly peer: string; readonly ticket?: TicketSource | undefined }): Promise<Credentials> {
  return new Credentials(setting, await permKey());
}

/** Who a session is: towards the tracker by the site's ticket and its key, towards peers by its key and the tracker's ticket. */
export class Credentials {
  readonly #source: TicketSource | undefined;
  readonly #swarm: string;
  readonly #peer: string;
  readonly #key: PermKey;
  readonly #links = new Set<ProvenLink>();
  #channel: Uint8Array<ArrayBuffer> = new Uint8Array();
  #issuers: readonly Uint8Array<ArrayBuffer>[] = [];
  /** What the tracker's clock shows at `performance.now() === 0`. */
  #epochMs = performance.timeOrigin;

  constructor({ swarm, peer, ticket }: { readonly swarm: string; readonly peer: string; readonly ticket?: TicketSource | undefined }, key: PermKey) {
    this.#swarm = swarm;
    this.#peer = peer;
    this.#source = ticket;
    this.#key = key;
  }

  /** For a JOIN now; rejects where the site has none to give. */
  async joinTicket(): Promise<JoinTicket> {
    const jwt = typeof this.#source === "function" ? await this.#source() : (this.#source ?? "");
    if (typeof jwt !== "string" || jwt === "") throw new TypeError("the ticket option gave no text");
    const proof = await this.#key.sign(concat("shoal join\0", ofHex(this.#swarm), ofHex(this.#peer), jwt));
    return { jwt, key: toBase64Url(this.#key.publicKey), proof: toBase64Url(proof) };
  }

  /** What the tracker gave for it. Neighbours see the new one at once. */
  joined({ channel, issuer, nowMs }: ChannelTicket): void {
    const [ticket, key] = [ofBase64Url(channel), ofBase64Url(issuer)];
    if (!ticket || !key) return;
    this.#channel = ticket;
    this.#epochMs = nowMs - performance.now();
    this.#issuers = [key, ...this.#issuers.filter((other) => toBase64Url(other) !== issuer)].slice(0, MAX_ISSUERS);
    for (const link of this.#links) link.renew();
  }

  /** Links that open only to peers that have proved themselves. */
  guard(open: OpenLink): OpenLink {
    return (options, events) => {
      const link = new ProvenLink(this.#host(), open, options, events);
      this.#links.add(link);
      return link;
    };
  }

  #host(): LinkHost {
    const current = (): Uint8Array<ArrayBuffer> => this.#channel;
    return {
      swarm: this.#swarm,
      peer: this.#peer,
      publicKey: this.#key.publicKey,
      get ticket() {
        return current();
      },
      sign: (bytes) => this.#key.sign(bytes),
      admits: (ticket, peer, permId) => this.#admits(ticket, peer, permId),
      onEnd: (link) => void this.#links.delete(link),
    };
  }

  async #admits(ticket: Uint8Array<ArrayBuffer>, peer: string, permId: string): Promise<number | string> {
    if (this.#source === undefined) return Infinity;
    const nowMs = this.#epochMs + performance.now();
    const expiresMs = await checkTicket(ticket, { swarm: this.#swarm, peer, permId, issuers: this.#issuers, nowMs });
    return typeof expiresMs === "string" ? expiresMs : Math.min(MAX_STAY_MS, expiresMs - nowMs + GRACE_MS);
  }
}
