import { expect, note, test } from "../fixtures.js";

const CAP_BPS = 2_000_000;

/** Keeps the page's connections where the test finds them. */
function keepConnections(): void {
  const page = globalThis as unknown as { connections: RTCPeerConnection[] };
  page.connections = [];
  globalThis.RTCPeerConnection = new Proxy(RTCPeerConnection, {
    construct(target, args: [RTCConfiguration?]) {
      const connection = new target(...args);
      page.connections.push(connection);
      return connection;
    },
  });
}

/** What the browser says it has sent on them, headers of SCTP and DTLS included, bytes. */
async function sentBytes(): Promise<number> {
  let bytes = 0;
  for (const connection of (globalThis as unknown as { connections: RTCPeerConnection[] }).connections)
    for (const stat of (await connection.getStats()).values() as Iterable<{ type: string; bytesSent?: number }>) if (stat.type === "transport") bytes += stat.bytesSent ?? 0;
  return bytes;
}

test("a viewer with maxUploadBps sends no more than that, and as much, where others would take more", async ({ open }) => {
  const giver = await open({ before: keepConnections });
  await giver.play("/vod-320/level2.m3u8", { shoal: { maxUploadBps: CAP_BPS }, hls: { maxBufferLength: 120, maxMaxBufferLength: 120, maxBufferSize: 1e9 } });
  await giver.handed(50, { timeoutMs: 40_000 });
  for (let count = 0; count < 2; count++) await (await open()).play("/vod-320/level2.m3u8", { shoal: { upload: false } });
  await giver.neighbours(2);
  await expect.poll(() => giver.page.evaluate(sentBytes)).toBeGreaterThan(500_000);
  const seconds = 10;
  const before = await giver.page.evaluate(sentBytes);
  const fromMs = Date.now();
  await giver.page.waitForTimeout(seconds * 1_000);
  const bps = (((await giver.page.evaluate(sentBytes)) - before) * 8_000) / (Date.now() - fromMs);
  note("sent", { bps, capBps: CAP_BPS });
  expect(bps).toBeLessThanOrEqual(1.05 * CAP_BPS);
  expect(bps).toBeGreaterThanOrEqual(0.9 * CAP_BPS);
});
