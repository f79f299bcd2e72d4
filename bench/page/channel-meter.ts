import type { Arrival } from "../src/contract.js";

/**
 * Counts the bytes of every data channel of the page, control messages included, in the same way for every player.
 * Imported before any player, so that nobody holds on to the unpatched constructor.
 */

export interface ChannelBytes {
  sent: number;
  received: number;
  /** Channels that opened. */
  channels: number;
  /** Received bytes by time: one entry for each {@link bucketMs} in which any arrived. */
  readonly arrivals: Arrival[];
}

/** Short against the time a segment takes, long against the time between two messages. */
export const bucketMs = 50;

export const channelBytes: ChannelBytes = { sent: 0, received: 0, channels: 0, arrivals: [] };

const watched = new WeakSet<RTCDataChannel>();
const NativeConnection = globalThis.RTCPeerConnection;
const nativeSend = RTCDataChannel.prototype.send as (this: RTCDataChannel, data: unknown) => void;

RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown): void {
  nativeSend.call(this, data);
  channelBytes.sent += messageBytes(data);
};

globalThis.RTCPeerConnection = class extends NativeConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    this.addEventListener("datachannel", (event) => watch(event.channel));
  }

  override createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
    const channel = super.createDataChannel(label, options);
    watch(channel);
    return channel;
  }
};

function watch(channel: RTCDataChannel): void {
  if (watched.has(channel)) return;
  watched.add(channel);
  channel.addEventListener("open", () => channelBytes.channels++);
  channel.addEventListener("message", (event) => onReceived(messageBytes(event.data)));
}

function onReceived(bytes: number): void {
  channelBytes.received += bytes;
  const atMs = Math.floor(performance.now() / bucketMs) * bucketMs;
  const last = channelBytes.arrivals.at(-1);
  if (last?.atMs === atMs) last.bytes += bytes;
  else channelBytes.arrivals.push({ atMs, bytes });
}

function messageBytes(data: unknown): number {
  if (typeof data === "string") return data.length;
  if (data instanceof Blob) return data.size;
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return data.byteLength;
  return 0;
}
