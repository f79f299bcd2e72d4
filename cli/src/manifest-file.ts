import { rename, rm, writeFile } from "node:fs/promises";
import { CliError, fileErrorCode } from "./cli-error.js";

export const MANIFEST_SUFFIX = ".shoal";
export const UNFINISHED_SUFFIX = ".shoal.tmp";

/** Where the manifest of a playlist goes. */
export const manifestFile = (playlistFile: string): string => playlistFile + MANIFEST_SUFFIX;

/** Replaces the manifest in one step: who reads it sees the old one or the new one. @throws CliError */
export async function replaceManifest(playlistFile: string, bytes: Uint8Array): Promise<void> {
  const unfinished = playlistFile + UNFINISHED_SUFFIX;
  try {
    await writeFile(unfinished, bytes);
    await rename(unfinished, manifestFile(playlistFile));
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw new CliError("write", `${manifestFile(playlistFile)} cannot be written (${fileErrorCode(error)}); make its folder writable and see that the disk is not full.`);
  }
}

/** For a playlist that is gone. */
export const removeManifest = (playlistFile: string): Promise<void> => rm(manifestFile(playlistFile), { force: true });
