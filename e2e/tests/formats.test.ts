import { WHOLE_STREAM } from "../buffers.js";
import { expect, note, test } from "../fixtures.js";

const formats = [
  { name: "fMP4 with audio of its own", path: "/vod-fmp4/master.m3u8", files: 15 },
  { name: "byte ranges of one file", path: "/vod-byterange/level0.m3u8", files: 30 },
  { name: "AES-128", path: "/vod-aes/level0.m3u8", files: 30 },
];

for (const { name, path, files } of formats) {
  test(`${name}: plays, and comes from peers`, async ({ open, origin }) => {
    const [first, second] = [await open(), await open()];
    await first.play(path, { hls: WHOLE_STREAM });
    await first.handed(files);
    await second.play(path, { hls: WHOLE_STREAM });
    await second.handed(files);
    await second.reaches(2);
    const { peerBytes, errors } = await second.playerStats();
    const originBytes = origin.log().filter(({ viewer, path: file }) => viewer === "v2" && !/\.(m3u8|key)$/.test(file)).reduce((sum, entry) => sum + entry.bytesSent, 0);
    note("second viewer", { peerBytes, originBytes });
    expect(peerBytes).toBeGreaterThan(originBytes);
    expect(errors).toEqual({});
    expect((await second.report()).fatalErrors).toEqual([]);
  });
}
