import type { ChannelTicket, JoinTicket } from "../../../signaling-server/src/events.js";
import type { Link, LinkEvents, LinkOptions } from "../browser/link.js";
import type { Admission } from "../browser/signaling.js";
import { concat, ofBase64Url, ofHex, toBase64Url } from "./bytes.js";
import { checkTicket } from "./channel-ticket.js";
import { type PermKey, permKey } from "./perm-key.js";
import { type LinkHost, ProvenLink } from "./proven-link.js";

/** Where a site's ticket comes from: itself, or asked for again each time that one is needed. */
export type TicketSource = string | ((swarm: string) => Promise<string>);

type OpenLink = (options: LinkOptions, events: LinkEvents) => Link;

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** Keys of trackers that were told to us; the last ones, since a tracker that starts anew has a new one. */
const MAX_ISSUERS = 3;
/** How long a neighbour with an expired ticket is borne with: its next one is on its way. */
const GRACE_MS = 5_000;
/** Longest timer that a browser has. */
const MAX_STAY_MS = 2 ** 31 - 1;

interface Setting {
  readonly swarm: string;
  /** Of the swarm, as the site knows it. */
  readonly name: string;
  readonly peer: string;
  readonly ticket?: TicketSource | undefined;
  /** PermIDs. */
  readonly friends?: readonly string[] | undefined;
}

/** Opens what a session needs to say who it is and to ask others. */
export const openCredentials = async (setting: Setting): Promise<Credentials> => new Credentials(setting, await permKey());

/** Who a session is: towards the tracker by the site's ticket and its key, towards peers by its key and the tracker's ticket. */
export class Credentials {
  readonly #setting: Setting;
  readonly #key: PermKey;
  readonly #links = new Set<ProvenLink>();
  #channel: Uint8Array<ArrayBuffer> = new Uint8Array();
  #issuers: readonly Uint8Array<ArrayBuffer>[] = [];
  /** What the tracker's clock shows at `performance.now() === 0`. */
  #epochMs = performance.timeOrigin;

  constructor(setting: Setting, key: PermKey) {
    this.#setting = setting;
    this.#key = key;
  }

  /** For joining the tracker; undefined where no tickets are used. */
  get admission(): Admission | undefined {
    const { ticket } = this.#setting;
    return ticket === undefined ? undefined : { joinTicket: () => this.#joinTicket(ticket), isRenewable: typeof ticket === "function" };
  }

  isFriend(permId: string | undefined): boolean {
    return permId !== undefined && this.#setting.friends?.includes(permId) === true;
  }

  /** What the tracker gave at a join. Neighbours see the new one at once. Returns what is wrong. */
  joined(given: ChannelTicket | undefined): string | undefined {
    if (this.#setting.ticket === undefined) return undefined;
    const [ticket, key] = [ofBase64Url(given?.channel ?? "."), ofBase64Url(given?.issuer ?? ".")];
    if (!given || !ticket || !key) return "The signaling server gives no channel tickets, so no peer is connected; start it with --ticket-key, or leave the ticket option out.";
    const { issuer, nowMs } = given;
    this.#channel = ticket;
    this.#epochMs = nowMs - performance.now();
    this.#issuers = [key, ...this.#issuers.filter((other) => toBase64Url(other) !== issuer)].slice(0, MAX_ISSUERS);
    for (const link of this.#links) link.renew();
    return undefined;
  }

  /** Links that open only to peers that have proved themselves. */
  readonly guard = (open: OpenLink): OpenLink => (options, events) => {
    const link = new ProvenLink(this.#host(), open, options, events);
    this.#links.add(link);
    return link;
  };

  async #joinTicket(ticket: TicketSource): Promise<JoinTicket> {
    const { swarm, peer, name } = this.#setting;
    const jwt = typeof ticket === "function" ? await ticket(name) : ticket;
    // The site's word that somebody is not logged in, for one.
    if (typeof jwt !== "string" || !JWT.test(jwt)) throw new TypeError("the ticket option gave no JWT");
    const proof = await this.#key.sign(concat("shoal join\0", ofHex(swarm), ofHex(peer), jwt));
    return { jwt, key: toBase64Url(this.#key.publicKey), proof: toBase64Url(proof) };
  }

  #host(): LinkHost {
    const current = (): Uint8Array<ArrayBuffer> => this.#channel;
    const { swarm, peer: own } = this.#setting;
    return {
      swarm,
      peer: own,
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
    if (this.#setting.ticket === undefined) return Infinity;
    const nowMs = this.#epochMs + performance.now();
    const expiresMs = await checkTicket(ticket, { swarm: this.#setting.swarm, peer, permId, issuers: this.#issuers, nowMs });
    return typeof expiresMs === "string" ? expiresMs : Math.min(MAX_STAY_MS, expiresMs - nowMs + GRACE_MS);
  }
}
