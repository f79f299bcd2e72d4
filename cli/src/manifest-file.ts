import { rename, rm, writeFile } from "node:fs/promises";
import { listSuffix } from "../../sdk/src/manifest/names.js";
import type { ChunkHash } from "../../sdk/src/protocol/ids.js";
import { CliError, fileErrorCode } from "./cli-error.js";

/** Of everything that is written beside a stream. */
export const MANIFEST_SUFFIX = ".shoal";
export const UNFINISHED_SUFFIX = ".shoal.tmp";

/** Where the manifest of a playlist goes. */
export const manifestFile = (playlistFile: string): string => playlistFile + MANIFEST_SUFFIX;

/** Where the chunk hashes of a segment go. */
export const listFile = (path: string, range: { readonly start: number; readonly end: number } | undefined): string => path + listSuffix(range);

/** 16 bytes each, in order: unsigned, since the manifest's root says whether they are true. @throws CliError */
export const replaceList = (file: string, hashes: readonly ChunkHash[]): Promise<void> => replace(file, Buffer.from(hashes.join(""), "hex"));

/** Replaces the manifest in one step: who reads it sees the old one or the new one. @throws CliError */
export const replaceManifest = (playlistFile: string, bytes: Uint8Array): Promise<void> => replace(manifestFile(playlistFile), bytes);

/** For a playlist that is gone. */
export const removeManifest = (playlistFile: string): Promise<void> => remove(manifestFile(playlistFile));

export const remove = (file: string): Promise<void> => rm(file, { force: true });

async function replace(file: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${file}.tmp`;
  try {
    await writeFile(unfinished, bytes);
    await rename(unfinished, file);
  } catch (error) {
    await remove(unfinished).catch(() => undefined);
    throw new CliError("write", `${file} cannot be written (${fileErrorCode(error)}); make its folder writable and see that the disk is not full.`);
  }
}
