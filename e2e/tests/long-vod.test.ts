import { SHORT, WHOLE_STREAM } from "../buffers.js";
import { expect, note, test } from "../fixtures.js";

for (const segments of [256, 320]) {
  test(`a newcomer sees all that a full peer has of a VoD of ${segments} segments`, async ({ open, origin }) => {
    const full = await open();
    await full.play(`/vod-${segments}/level0.m3u8`, { hls: WHOLE_STREAM });
    await full.handed(segments, { timeoutMs: 40_000 });
    // Far from the origin peers are the faster source, also after a seek.
    origin.set({ shaping: { clientBps: 3_000_000, latencyMs: 100 } });
    const newcomer = await open();
    await newcomer.play(`/vod-${segments}/level0.m3u8`, { hls: SHORT });
    await newcomer.neighbours(1);
    await newcomer.reaches(1);
    const before = await newcomer.playerStats();
    const lastS = segments * 2 - 4;
    for (const positionS of [100, lastS, 258, lastS - 60]) {
      await newcomer.seek(positionS);
      await newcomer.reaches(positionS + 0.5);
    }
    const after = await newcomer.playerStats();
    note("newcomer", [before, after].map(({ fetches, originBytes, peerBytes }) => ({ fetches, originBytes, peerBytes })));
    // A lone neighbour's word is spot-checked against the origin, a chunk at a time; nothing else comes from there.
    expect({ ...after.fetches, check: 0 }).toEqual({ ...before.fetches, check: 0 });
    expect(after.originBytes - before.originBytes).toBeLessThan(0.05 * (after.peerBytes - before.peerBytes));
  });
}
