import { decodeFrame, frameLength } from "../../sdk/src/wire/frame.js";

/** Messages sent and their bytes, by type. */
export type MessageCounts = Record<string, { count: number; bytes: number }>;

/** Looks into everything that data channels send from now on. */
export function countMessages(): MessageCounts {
  const counts: MessageCounts = {};
  const { send } = RTCDataChannel.prototype;
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: string | Blob | ArrayBuffer | ArrayBufferView): void {
    if (ArrayBuffer.isView(data)) count(counts, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    Reflect.apply(send, this, [data]);
  };
  return counts;
}

function count(counts: MessageCounts, frame: Uint8Array): void {
  const messages = decodeFrame(frame);
  if ("type" in messages) throw new Error(messages.reason);
  for (const message of messages) {
    const entry = (counts[message.type] ??= { count: 0, bytes: 0 });
    entry.count++;
    entry.bytes += frameLength([message]);
  }
}
