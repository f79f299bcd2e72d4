import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import type { ChunkHash } from "../../sdk/src/protocol/ids.js";
import { CHUNK_BYTES } from "../../sdk/src/protocol/segment.js";

/** 64 chunks: large enough that reading costs little, small enough that hashing keeps nothing else waiting. */
const BLOCK_BYTES = 64 * CHUNK_BYTES;

/** What tells a file from a later one of the same name. */
export interface FileState {
  readonly inode: number;
  readonly modifiedMs: number;
  readonly bytes: number;
}

export interface HashedFile {
  readonly hashes: readonly ChunkHash[];
  readonly sizeBytes: number;
  readonly state: FileState;
}

/** Why there are no hashes: growing, empty or shorter than the byte range is `partial`. */
export type Unreadable = { readonly type: "missing" | "partial" } | { readonly type: "unreadable"; readonly code: string };

/** The chunk hashes of a file, or of the byte range from `start` to `end` (exclusive). Never holds more than a block. */
export async function hashFile(path: string, range: { readonly start: number; readonly end: number } | undefined): Promise<HashedFile | Unreadable> {
  let handle: FileHandle | undefined;
  try {
    // Opening a pipe would wait for its writer.
    if (!(await stat(path)).isFile()) return { type: "unreadable", code: "not a file" };
    handle = await open(path, "r");
    const state = stateOf(await handle.stat());
    const { start, end } = range ?? { start: 0, end: state.bytes };
    if (end > state.bytes || end === start) return { type: "partial" };
    const hashes = await hashBlocks(handle, start, end);
    const isSettled = range !== undefined || isSame(state, stateOf(await handle.stat()));
    return hashes === undefined || !isSettled ? { type: "partial" } : { hashes, sizeBytes: end - start, state };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return code === "ENOENT" || code === "ENOTDIR" ? { type: "missing" } : { type: "unreadable", code };
  } finally {
    await handle?.close();
  }
}

/** `undefined`: there is no such file now. */
export async function fileState(path: string): Promise<FileState | undefined> {
  const stats = await stat(path).catch(() => undefined);
  return stats && stateOf(stats);
}

export const isFolder = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isDirectory() ?? false;

export const isSame = (a: FileState, b: FileState): boolean => a.inode === b.inode && a.modifiedMs === b.modifiedMs && a.bytes === b.bytes;

const stateOf = ({ ino, mtimeMs, size }: Stats): FileState => ({ inode: ino, modifiedMs: mtimeMs, bytes: size });

/** `undefined`: the file became shorter meanwhile. */
async function hashBlocks(handle: FileHandle, start: number, end: number): Promise<ChunkHash[] | undefined> {
  const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, end - start));
  const hashes: ChunkHash[] = [];
  for (let at = start; at < end; at += BLOCK_BYTES) {
    const length = Math.min(BLOCK_BYTES, end - at);
    const { bytesRead } = await handle.read(block, 0, length, at);
    if (bytesRead < length) return undefined;
    for (let i = 0; i < length; i += CHUNK_BYTES) {
      const digest = createHash("sha256").update(block.subarray(i, Math.min(i + CHUNK_BYTES, length))).digest("hex");
      hashes.push(digest.slice(0, 32) as ChunkHash);
    }
  }
  return hashes;
}
