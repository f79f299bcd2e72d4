import { decode } from "../../sdk/src/wire/codec.js";

/** Messages sent and their bytes, by type. */
export type MessageCounts = Record<string, { count: number; bytes: number }>;

/** Looks into everything that data channels send from now on. */
export function countMessages(): MessageCounts {
  const counts: MessageCounts = {};
  const { send } = RTCDataChannel.prototype;
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: string | Blob | ArrayBuffer | ArrayBufferView): void {
    const bytes = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : data instanceof ArrayBuffer ? new Uint8Array(data) : undefined;
    const type = bytes === undefined ? "foreign" : decode(bytes).type;
    const entry = (counts[type] ??= { count: 0, bytes: 0 });
    entry.count++;
    entry.bytes += bytes?.length ?? 0;
    Reflect.apply(send, this, [data]);
  };
  return counts;
}
