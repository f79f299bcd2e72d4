import { SHORT } from "../buffers.js";
import { expect, test } from "../fixtures.js";

declare global {
  /** What passed over the data channels that this page opened, in order. */
  var words: string[];
}

/** What is sent over a channel that the page opened goes out half a second later. */
function holdFirstWord(): void {
  globalThis.words = [];
  const held = new WeakMap<RTCDataChannel, ArrayBuffer[] | undefined>();
  const { send } = RTCDataChannel.prototype;
  const { createDataChannel } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.createDataChannel = function (this: RTCPeerConnection, ...given) {
    const channel = createDataChannel.apply(this, given);
    held.set(channel, []);
    channel.addEventListener("message", () => words.push("heard"));
    channel.addEventListener("open", () => setTimeout(() => {
      words.push("said");
      for (const frame of held.get(channel) ?? []) Reflect.apply(send, channel, [frame]);
      held.set(channel, undefined);
    }, 500));
    return channel;
  };
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: string | Blob | ArrayBuffer | ArrayBufferView): void {
    const frames = held.get(this);
    if (frames && ArrayBuffer.isView(data)) frames.push(new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength).slice().buffer);
    else Reflect.apply(send, this, [data]);
  };
}

// Chromium loses now and then what arrives while it opens the caller's channel: a HANDSHAKE in twenty, on a busy machine.
test("who is called says nothing before the caller's first word", async ({ open }) => {
  const viewers = [await open({ before: holdFirstWord }), await open({ before: holdFirstWord })];
  for (const viewer of viewers) await viewer.play("/vod-8/level0.m3u8", { hls: SHORT });
  // Either may be the one who calls.
  const wordsOfCaller = async (): Promise<string[]> => (await Promise.all(viewers.map(({ page }) => page.evaluate(() => words)))).flat();
  await expect.poll(wordsOfCaller).toContain("heard");
  expect((await wordsOfCaller())[0]).toBe("said");
  for (const viewer of viewers) await viewer.reaches(2);
});
