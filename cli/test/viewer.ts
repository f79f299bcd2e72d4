import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { M3U8Parser } from "hls.js";
import { isChunkList, manifestUrl, openManifest, segmentName } from "../../sdk/src/manifest/manifest.js";
import { listUrl } from "../../sdk/src/manifest/names.js";
import type { ChunkHash } from "../../sdk/src/protocol/ids.js";
import { CHUNK_BYTES } from "../../sdk/src/protocol/segment.js";

/** Some web server's address of a folder; viewers know nothing else. */
export const SITE = "https://viewers.example/tok=abc/films";

/** Checks every segment of a playlist as a viewer would that has it from a neighbour; returns how many were good. */
export async function checkAll(folder: string, stream: string, playlist: string, contentKey: string, site = SITE): Promise<number> {
  const playlistUrl = `${site}/${playlist}?token=me`;
  const serve = (url: string): Buffer => readFileSync(join(folder, decodeURIComponent(url.slice(site.length).replace(/\?.*/, ""))));
  const manifest = await openManifest(serve(manifestUrl(playlistUrl)), { contentKey, streamUrl: `${site}/${stream}`, playlistUrl });
  if (manifest.type === "refused") throw new Error(manifest.reason);
  const details = M3U8Parser.parseLevelPlaylist(serve(playlistUrl).toString(), playlistUrl, 0, "main" as never, 0, null);
  const files = details.fragments.flatMap((fragment) => (fragment.initSegment ? [fragment.initSegment, fragment] : [fragment]));
  const good = new Set<string>();
  for (const { sn, url, byteRangeStartOffset: rangeStart = 0, byteRangeEndOffset: rangeEnd = 0 } of files) {
    const signed = manifest.find(sn === "initSegment" ? "init" : sn, segmentName(playlistUrl, { url, rangeStart, rangeEnd }));
    const whole = serve(url);
    const bytes = rangeEnd > rangeStart ? whole.subarray(rangeStart, rangeEnd) : whole;
    if (signed?.sizeBytes === bytes.length && (await isChunkList(chunkHashes(bytes), signed))) good.add(`${sn} ${url}`);
    // The list beside the segment is the one that was signed.
    const list = serve(listUrl({ url, rangeStart, rangeEnd })).toString("hex").match(/.{32}/g) as ChunkHash[] | null;
    if (signed && !(await isChunkList(list ?? [], signed))) throw new Error(`the list beside ${url} is not the one that was signed`);
    const polluted = Buffer.from(bytes);
    polluted[polluted.length - 1]! ^= 1;
    if (signed && (await isChunkList(chunkHashes(polluted), signed))) throw new Error("a polluted segment was believed");
  }
  if (good.size !== manifest.size) throw new Error(`${good.size} of the ${manifest.size} that were signed are good`);
  return good.size;
}

function chunkHashes(bytes: Uint8Array): ChunkHash[] {
  const chunks = Array.from({ length: Math.ceil(bytes.length / CHUNK_BYTES) }, (_, i) => bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES));
  return chunks.map((chunk) => createHash("sha256").update(chunk).digest("hex").slice(0, 32) as ChunkHash);
}
