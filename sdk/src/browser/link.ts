import SimplePeer from "simple-peer";
import { MAX_FRAME_BYTES } from "../protocol/message.js";
import { SendQueue } from "./send-queue.js";
import type { Signal } from "./signal.js";

/** How long a try may take: what is not open by then is behind a NAT that will not open. */
const CONNECT_TIMEOUT_MS = 10_000;
/** How long a line may be dead. The browser calls it disconnected after some 5 s, but failed only after 15. */
const DISCONNECTED_TIMEOUT_MS = 3_000;
/** Host, server-reflexive and relay candidates of several interfaces fit; a flood does not. */
const MAX_REMOTE_CANDIDATES = 64;
/** Messages that may come before this side knows that the channel is open. */
const MAX_EARLY_MESSAGES = 64;

export interface LinkOptions {
  readonly initiator: boolean;
  readonly iceServers: readonly RTCIceServer[];
  /** Own addresses stay unknown to the peer: neither told nor used. */
  readonly relayOnly?: boolean | undefined;
  /** Who is to be at the other end. */
  readonly peer: string;
}

/** What happens to a {@link Link}; never called from inside one of its methods, and never after `close`. */
export interface LinkEvents {
  readonly onSignal: (data: { readonly type: string; readonly [key: string]: unknown }) => void;
  /** `permId`: who the peer has proved to be, where links are guarded. */
  readonly onOpen: (permId?: string) => void;
  readonly onMessage: (bytes: Uint8Array) => void;
  readonly onWritable: (bufferedBytes: number) => void;
  readonly onClosed: (reason: string) => void;
}

/** One connection to one peer: a single data channel, reliable and ordered: buffer maps replace each other. */
export interface Link {
  signal(signal: Signal): void;
  send(bytes: Uint8Array): void;
  /** SDP of this end and of the other, as the connection itself has it. */
  descriptions(): readonly [string, string];
  close(): void;
}

export function openLink(options: LinkOptions, events: LinkEvents): Link {
  return new SimplePeerLink(options, events);
}

/** Whether this browser has data channels. */
export function isWebRtcSupported(): boolean {
  return typeof RTCPeerConnection === "function" && "createDataChannel" in RTCPeerConnection.prototype;
}

class SimplePeerLink implements Link {
  readonly #peer: SimplePeer;
  readonly #events: LinkEvents;
  #timeout: ReturnType<typeof setTimeout>;
  #queue: SendQueue | undefined;
  #early: Uint8Array[] = [];
  #remoteCandidates = 0;
  #described = false;
  #closed = false;
  #reason = "closed by the peer";

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#events = events;
    this.#peer = new SimplePeer({
      initiator: options.initiator,
      trickle: true,
      config: { iceServers: [...options.iceServers], iceTransportPolicy: options.relayOnly ? "relay" : "all" },
      channelConfig: { ordered: true },
    });
    this.#timeout = setTimeout(() => this.#fail("connecting took too long"), CONNECT_TIMEOUT_MS);
    this.#acceptOneChannel();
    this.#peer
      .on("signal", (data) => !this.#closed && this.#events.onSignal(data))
      .on("data", (data) => this.#receive(data))
      .on("connect", () => this.#open())
      .on("iceStateChange", (state) => this.#watch(state))
      .on("error", (error) => (this.#reason = error.message))
      .on("close", () => this.#fail(this.#reason));
  }

  signal(signal: Signal): void {
    if (this.#closed || signal.type === "refuse") return;
    if (signal.type === "candidate" && ++this.#remoteCandidates > MAX_REMOTE_CANDIDATES) return;
    if (signal.type !== "candidate") {
      // A second description would renegotiate a connection that has all it needs.
      if (this.#described) return;
      this.#described = true;
    }
    try {
      this.#peer.signal(signal);
    } catch {
      this.#fail("malformed signal");
    }
  }

  send(bytes: Uint8Array): void {
    if (this.#closed || this.#queue === undefined) return;
    try {
      if (!this.#queue.push(bytes)) this.#fail("the peer does not read");
    } catch {
      this.#fail("the channel is closing");
    }
  }

  descriptions(): readonly [string, string] {
    const connection = this.#peer._pc;
    return [connection?.localDescription?.sdp ?? "", connection?.remoteDescription?.sdp ?? ""];
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#early = [];
    clearTimeout(this.#timeout);
    // simple-peer leaves this one running.
    clearTimeout(this.#peer._iceCompleteTimer ?? undefined);
    this.#peer.destroy();
  }

  /** A second channel opened by the other side would take the first one's place inside simple-peer and leak its timer. */
  #acceptOneChannel(): void {
    const connection = this.#peer._pc;
    const accept = connection?.ondatachannel;
    if (!connection || !accept) return;
    connection.ondatachannel = (event) => {
      if (this.#closed || this.#peer._channel !== null) event.channel.close();
      else accept.call(connection, event);
    };
  }

  /**
   * The caller speaks first: what reaches Chromium while it opens the caller's channel is lost now and then, though the channel is
   * reliable (Chromium 156, on a busy machine, one first message in twenty). Waiting costs nothing, since the caller's first message
   * follows its request for the channel at once.
   */
  #open(): void {
    const channel = this.#peer._channel;
    if (this.#closed || channel === null || (!this.#peer.initiator && this.#early.length === 0)) return;
    clearTimeout(this.#timeout);
    this.#queue = new SendQueue(channel, (bufferedBytes) => !this.#closed && this.#events.onWritable(bufferedBytes));
    channel.addEventListener("bufferedamountlow", () => this.#drain());
    this.#events.onOpen();
    const early = this.#early;
    this.#early = [];
    for (const bytes of early) this.#receive(bytes);
  }

  /** A tab that dies says nothing. */
  #watch(state: RTCIceConnectionState): void {
    if (this.#closed || this.#queue === undefined) return;
    clearTimeout(this.#timeout);
    if (state === "disconnected") this.#timeout = setTimeout(() => this.#fail("the line is dead"), DISCONNECTED_TIMEOUT_MS);
  }

  #drain(): void {
    if (this.#closed) return;
    try {
      this.#queue?.onLow();
    } catch {
      this.#fail("the channel is closing");
    }
  }

  #receive(data: unknown): void {
    if (this.#closed) return;
    if (!(data instanceof Uint8Array)) return this.#fail("a message that is not binary");
    if (data.byteLength > MAX_FRAME_BYTES) return this.#fail("a message over the bound");
    if (this.#queue !== undefined) return this.#events.onMessage(data);
    if (this.#early.push(data) > MAX_EARLY_MESSAGES) return this.#fail("too many early messages");
    if (this.#peer._connected) this.#open();
  }

  #fail(reason: string): void {
    if (this.#closed) return;
    this.close();
    // Later: `send` runs while the engine's effects are being carried out.
    queueMicrotask(() => this.#events.onClosed(reason));
  }
}
