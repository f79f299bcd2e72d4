import type { SignalData } from "../../../signaling-server/src/events.js";
import type { PeerId } from "../protocol/ids.js";
import { randomHex } from "./random-hex.js";
import { type Link, type LinkEvents, type LinkOptions, openLink } from "./link.js";
import { parseSignal, type Signal } from "./signal.js";

export { isWebRtcSupported } from "./link.js";

/** What happens to neighbours. Never called from inside `connect`, `send` or `disconnect`, but for `onSignal`. */
export interface TransportEvents {
  /** To be brought to `peer` by the tracker, in order. */
  readonly onSignal: (peer: PeerId, data: SignalData) => void;
  /** `permId`: who it has proved to be, where links are guarded. */
  readonly onConnected: (peer: PeerId, permId?: string) => void;
  /** A connection or a try ended that {@link WebRtcTransport.disconnect} did not end. */
  readonly onDisconnected: (peer: PeerId, reason: string) => void;
  readonly onMessage: (peer: PeerId, bytes: Uint8Array) => void;
  /** What was sent has drained to 64 KiB or less. */
  readonly onWritable: (peer: PeerId, bufferedBytes: number) => void;
}

export interface TransportOptions {
  /** This side's own id: decides who wins when both dial at once. */
  readonly self: PeerId;
  /** STUN and TURN servers. Default: none. */
  readonly iceServers?: readonly RTCIceServer[];
  /** Nothing but TURN servers is connected directly. */
  readonly relayOnly?: boolean | undefined;
  /** Bound on connections and tries together, those that others began included. Default 32. */
  readonly maxPeers?: number;
  /** Opens one connection; for tests. */
  readonly openLink?: OpenLink;
  /** Makes links that open only to peers that have proved who they are; those that do not want to are not connected. */
  readonly guard?: ((open: OpenLink) => OpenLink) | undefined;
}

type OpenLink = (options: LinkOptions, events: LinkEvents) => Link;

interface Neighbour {
  readonly link: Link;
  readonly attempt: string;
  readonly initiator: boolean;
  open: boolean;
}

/** Data channels to all neighbours of one session. What a neighbour does wrong ends its connection and nothing else. */
export class WebRtcTransport {
  readonly #self: PeerId;
  readonly #events: TransportEvents;
  readonly #maxPeers: number;
  readonly #openLink: OpenLink;
  readonly #proves: boolean;
  readonly #neighbours = new Map<PeerId, Neighbour>();
  readonly #relayOnly: boolean | undefined;
  #iceServers: readonly RTCIceServer[];
  #destroyed = false;

  constructor(options: TransportOptions, events: TransportEvents) {
    this.#self = options.self;
    this.#events = events;
    this.#maxPeers = options.maxPeers ?? 32;
    const { guard, openLink: open = openLink } = options;
    this.#openLink = guard ? guard(open) : open;
    this.#proves = guard !== undefined;
    this.#iceServers = options.iceServers ?? [];
    this.#relayOnly = options.relayOnly;
  }

  /** For connections opened from now on. */
  useIceServers(iceServers: readonly RTCIceServer[]): void {
    this.#iceServers = iceServers;
  }

  /** Dials; `onConnected` or `onDisconnected` follows within 10 s. Nothing happens while `peer` is connected or dialled. */
  connect(peer: PeerId): void {
    if (this.#destroyed || this.#neighbours.has(peer)) return;
    if (this.#isFull) this.#reportLater(peer, "no room");
    else this.#open(peer, { attempt: randomHex(4), initiator: true });
  }

  /** What the tracker brought from `from`. */
  signal(from: PeerId, data: SignalData): void {
    if (this.#destroyed || from === this.#self) return;
    const signal = parseSignal(data);
    const neighbour = this.#neighbours.get(from);
    if (signal === undefined) {
      if (neighbour?.open === false) this.#drop(from, neighbour, "malformed signal");
    } else if (signal.type === "offer") {
      this.#answer(from, signal, neighbour);
    } else if (neighbour?.attempt === signal.attempt) {
      if (signal.type !== "refuse") neighbour.link.signal(signal);
      else if (!neighbour.open) this.#drop(from, neighbour, "refused");
    }
  }

  /** Sends one message; dropped when `peer` is not connected. `bytes` must not change afterwards. */
  send(peer: PeerId, bytes: Uint8Array): void {
    const neighbour = this.#neighbours.get(peer);
    if (neighbour?.open) neighbour.link.send(bytes);
  }

  /** Closes the connection to `peer`, or gives up dialling. No `onDisconnected` follows. */
  disconnect(peer: PeerId): void {
    const neighbour = this.#neighbours.get(peer);
    if (neighbour === undefined) return;
    this.#neighbours.delete(peer);
    neighbour.link.close();
    if (!neighbour.open) this.#refuse(peer, neighbour.attempt);
  }

  /** Closes everything; nothing is called afterwards. */
  destroy(): void {
    this.#destroyed = true;
    for (const neighbour of this.#neighbours.values()) neighbour.link.close();
    this.#neighbours.clear();
  }

  get #isFull(): boolean {
    return this.#neighbours.size >= this.#maxPeers;
  }

  #answer(from: PeerId, offer: Extract<Signal, { type: "offer" | "answer" }>, neighbour: Neighbour | undefined): void {
    if (neighbour !== undefined) {
      if (neighbour.attempt === offer.attempt) return;
      // Both dialled at once: the smaller id's offer stands, and the other side gives up its own.
      if (!neighbour.open && neighbour.initiator && this.#self < from) return;
      // Otherwise the other side has lost, or given up, what we hold.
      neighbour.link.close();
      this.#neighbours.delete(from);
      if (neighbour.open) this.#events.onDisconnected(from, "the peer dialled anew");
    }
    if (this.#isFull || offer.proves !== this.#proves) return this.#refuse(from, offer.attempt);
    this.#open(from, { attempt: offer.attempt, initiator: false })?.signal(offer);
  }

  #open(peer: PeerId, { attempt, initiator }: { attempt: string; initiator: boolean }): Link | undefined {
    const isCurrent = (): boolean => !this.#destroyed && this.#neighbours.get(peer)?.attempt === attempt;
    const events: LinkEvents = {
      onSignal: (data) => isCurrent() && this.#events.onSignal(peer, { ...data, attempt, ...(this.#proves && { proves: true }) }),
      onOpen: (permId) => {
        if (!isCurrent()) return;
        neighbour.open = true;
        this.#events.onConnected(peer, permId);
      },
      onMessage: (bytes) => isCurrent() && this.#events.onMessage(peer, bytes),
      onWritable: (bufferedBytes) => isCurrent() && this.#events.onWritable(peer, bufferedBytes),
      onClosed: (reason) => isCurrent() && this.#drop(peer, neighbour, reason),
    };
    let neighbour: Neighbour;
    try {
      neighbour = { link: this.#openLink({ initiator, iceServers: this.#iceServers, relayOnly: this.#relayOnly, peer }, events), attempt, initiator, open: false };
    } catch {
      this.#reportLater(peer, "the browser refused");
      return undefined;
    }
    this.#neighbours.set(peer, neighbour);
    return neighbour.link;
  }

  #drop(peer: PeerId, neighbour: Neighbour, reason: string): void {
    this.#neighbours.delete(peer);
    neighbour.link.close();
    this.#events.onDisconnected(peer, reason);
  }

  #refuse(peer: PeerId, attempt: string): void {
    this.#events.onSignal(peer, { type: "refuse", attempt });
  }

  #reportLater(peer: PeerId, reason: string): void {
    queueMicrotask(() => {
      if (!this.#destroyed && !this.#neighbours.has(peer)) this.#events.onDisconnected(peer, reason);
    });
  }
}
