import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, note, test } from "../fixtures.js";
import type { Viewer } from "../viewer.js";

/** Folder of streams that others have packaged, each in a folder of its own. By hand: the project has none. */
const FOLDER = process.env["SHOAL_FOREIGN_MEDIA"] ?? "";
/** Longest a stream is watched, s. */
const WATCH_S = 20;

const masters = FOLDER !== "" && existsSync(FOLDER) ? masterPlaylists(FOLDER) : [];

if (masters.length === 0) test.skip("streams that others have packaged (set SHOAL_FOREIGN_MEDIA to their folder)", () => {});

for (const path of masters) {
  test(`${path} plays from peers as far as plain hls.js plays it`, async ({ open, origin }) => {
    origin.mount("/foreign", FOLDER);
    const [plain, first, second] = [await open({ checksBytes: false }), await open({ checksBytes: false }), await open({ checksBytes: false })];
    await plain.play(`/foreign/${path}`, { shoal: false });
    const reachedS = await watch(plain);
    await first.play(`/foreign/${path}`);
    await first.reaches(1);
    await second.play(`/foreign/${path}`);
    const both = await Promise.all([watch(first), watch(second)]);
    const [handed, , handedByPeers] = [await plain.report(), await first.report(), await second.report()];
    for (const reached of both) expect(reached).toBeGreaterThan(reachedS - 1);
    expect((await second.playerStats()).peerBytes).toBeGreaterThan(0);
    const truth = new Map(handed.handed.map((file) => [file.path, file.sha256]));
    for (const file of handedByPeers.handed) if (truth.has(file.path)) expect(file.sha256, file.path).toBe(truth.get(file.path));
    expect(handedByPeers.fatalErrors).toEqual(handed.fatalErrors);
    const { peerBytes, originBytes, errors } = await second.playerStats();
    note(path, { reachedS, peerBytes, originBytes, errors, plainStallMs: handed.stallMs, stallMs: handedByPeers.stallMs });
  });
}

/** Where the playhead is at the end of the stream or after {@link WATCH_S}. */
async function watch(viewer: Viewer): Promise<number> {
  const startS = await viewer.page.waitForFunction(() => globalThis.viewer.positionS() > 0).then(() => viewer.positionS());
  await expect.poll(async () => {
    const { ended, positionS } = await viewer.report();
    return ended || positionS >= startS + WATCH_S;
  }, { timeout: 40_000 }).toBe(true);
  return Math.min(await viewer.positionS(), startS + WATCH_S);
}

function masterPlaylists(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".m3u8") && readFileSync(join(folder, name), "utf8").includes("#EXT-X-STREAM-INF"));
}
