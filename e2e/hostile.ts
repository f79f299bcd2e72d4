/** Flips a bit of every chunk that the page sends: a frame begins with the length of its first message, then that one's type. */
export function pollute(): void {
  const DATA = 8;
  const IN_THE_PAYLOAD = 100;
  const send = RTCDataChannel.prototype.send as (this: RTCDataChannel, data: unknown) => void;
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
    const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : undefined;
    if (!bytes || bytes[2] !== DATA) return send.call(this, data);
    const false_ = bytes.slice();
    false_[IN_THE_PAYLOAD]! ^= 1;
    send.call(this, false_);
  };
}
