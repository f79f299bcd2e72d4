import { channelBytes } from "./channel-meter.js";
import type { Arrival } from "../src/contract.js";

const messageBytes = 16 * 1024;
/** A fresh channel that is given more at once stalls for seconds. */
const highWaterBytes = 128 * 1024;

/** Two pages, one data channel and nothing else: what any player's goodput is held against. */
export class BareChannel {
  readonly #connection = new RTCPeerConnection();
  #channel: RTCDataChannel | undefined;
  #bytesBefore = 0;
  #arrivalsBefore = 0;

  async offer(): Promise<string> {
    this.#channel = this.#connection.createDataChannel("bare", { ordered: false });
    return this.#describe(await this.#connection.createOffer());
  }

  async answer(offer: string): Promise<string> {
    this.#bytesBefore = channelBytes.received;
    this.#arrivalsBefore = channelBytes.arrivals.length;
    await this.#connection.setRemoteDescription({ type: "offer", sdp: offer });
    return this.#describe(await this.#connection.createAnswer());
  }

  async accept(answer: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: "answer", sdp: answer });
  }

  /** Resolves when all has been handed to the browser. */
  async send(bytes: number): Promise<void> {
    const channel = this.#channel;
    if (!channel) throw new Error("only the side that offered sends");
    if (channel.readyState !== "open") await once(channel, "open");
    channel.bufferedAmountLowThreshold = highWaterBytes / 2;
    const message = new Uint8Array(messageBytes);
    for (let sent = 0; sent < bytes; sent += messageBytes) {
      if (channel.bufferedAmount >= highWaterBytes) await once(channel, "bufferedamountlow");
      channel.send(message);
    }
  }

  /** What came in since `answer`. */
  received(): { readonly bytes: number; readonly arrivals: readonly Arrival[] } {
    return { bytes: channelBytes.received - this.#bytesBefore, arrivals: channelBytes.arrivals.slice(this.#arrivalsBefore) };
  }

  /** Without trickling: the description has every candidate in it. */
  async #describe(description: RTCSessionDescriptionInit): Promise<string> {
    await this.#connection.setLocalDescription(description);
    while (this.#connection.iceGatheringState !== "complete") await once(this.#connection, "icegatheringstatechange");
    return this.#connection.localDescription?.sdp ?? "";
  }
}

function once(target: EventTarget, event: string): Promise<void> {
  return new Promise((resolve) => target.addEventListener(event, () => resolve(), { once: true }));
}
