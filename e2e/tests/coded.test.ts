import { expect, note, test } from "../fixtures.js";
import type { Viewer } from "../viewer.js";

test.use({ originConfig: { segmentS: 2, shaping: { clientBps: 12_000_000, latencyMs: 20 } } });

const LIVE = { shoal: { delivery: "coded" }, hls: { liveSyncDurationCount: 4 } } as const;
const WATCH_S = 10;

/** Loses every fourth chunk that the page sends, in its rows' third place: type 8 follows the message's length, the chunk the segment. */
function loseChunks(): void {
  const DATA = 8;
  const send = RTCDataChannel.prototype.send as (this: RTCDataChannel, data: unknown) => void;
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
    const bytes = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : undefined;
    if (bytes?.[2] === DATA && (bytes[16] as number) % 4 === 2) return;
    send.call(this, data);
  };
}

test("any four of eight: tabs play without a stall beside one that loses every fourth chunk, and after it has gone", async ({ open }) => {
  const viewers: Viewer[] = [];
  for (let index = 0; index < 4; index++) viewers.push(await open(index === 0 ? { before: loseChunks } : {}));
  for (const viewer of viewers) {
    await viewer.play("/live-w8/level1.m3u8", LIVE);
    await expect.poll(() => viewer.positionS()).toBeGreaterThan(0);
  }
  const [lossy, ...others] = viewers as [Viewer, ...Viewer[]];
  const last = others.at(-1) as Viewer;
  await last.reaches((await last.positionS()) + WATCH_S);
  // hls.js has one worker of its own.
  const coders = await Promise.all(others.map((viewer) => Promise.resolve(viewer.page.workers().length - 1)));
  await lossy.kill();
  await last.reaches((await last.positionS()) + WATCH_S);
  const stats = await Promise.all(others.map((viewer) => viewer.playerStats()));
  note("coded", { coders, viewers: stats.map(({ offload, rescues, duplicateBytes, peerBytes, errors }) => ({ offload, rescues, duplicates: duplicateBytes / peerBytes, errors })) });
  for (const viewer of others) expect((await viewer.report()).stallMs, viewer.name).toBe(0);
  for (const { offload, bannedPeers } of stats) {
    expect(offload).toBeGreaterThan(0.3);
    expect(bannedPeers).toBe(0);
  }
});
