import { SHORT, WHOLE_STREAM } from "../buffers.js";
import { expect, test } from "../fixtures.js";

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
    const before = origin.log().length;
    const lastS = segments * 2 - 4;
    for (const positionS of [100, lastS, 258, lastS - 60]) {
      await newcomer.seek(positionS);
      await newcomer.reaches(positionS + 0.5);
    }
    expect(origin.log().slice(before).filter(({ path }) => path.endsWith(".ts")).map(({ path, range }) => `${path} ${range}`)).toEqual([]);
  });
}
