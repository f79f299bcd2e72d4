/** Keeps the HELLOs that the page sends, and puts another's channel ticket into them when `loot` is set. Runs in the page, before its scripts. */
export function tamperWithGreetings(): void {
  const AT = 3 + 16 + 65;
  const page = globalThis as unknown as { hellos: number[][]; loot?: number[] };
  page.hellos = [];
  const send = RTCDataChannel.prototype.send as (this: RTCDataChannel, data: unknown) => void;
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
    const bytes = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice() : undefined;
    if (bytes?.[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 0) return send.call(this, data);
    page.hellos.push([...bytes]);
    send.call(this, page.loot ? new Uint8Array([...bytes.subarray(0, AT), ...page.loot.slice(AT)]) : bytes);
  };
}
