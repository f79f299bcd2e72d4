import type { ChunkHash } from "../../sdk/src/protocol/ids.js";
import { fileState } from "./chunk-hasher.js";
import { CliError } from "./cli-error.js";
import { listFile, remove, replaceList } from "./manifest-file.js";

/** `undefined`: the whole file. */
type Range = { readonly start: number; readonly end: number } | undefined;

/** Lists of segments that have left the playlist and whose files may still be deleted. */
const MAX_RETIRED = 50;

/** The chunk hashes of a playlist's segments, beside them: they come before the manifest, and go with their segments. */
export class ListFiles {
  /** List by segment file, of what the playlist lists, and of what it has dropped. */
  #listed = new Map<string, string>();
  readonly #retired = new Map<string, string>();

  /** Why it could not be written; viewers can do without, and then make the list of the whole segment. */
  async write(path: string, range: Range, hashes: readonly ChunkHash[]): Promise<string | undefined> {
    try {
      await replaceList(listFile(path, range), hashes);
      return undefined;
    } catch (error) {
      if (error instanceof CliError) return error.message;
      throw error;
    }
  }

  /** The playlist lists these now. */
  async keep(segments: readonly { readonly path: string; readonly range: Range }[]): Promise<void> {
    const now = new Map(segments.map(({ path, range }) => [listFile(path, range), path]));
    for (const [list, path] of this.#listed) if (!now.has(list)) this.#retired.set(list, path);
    for (const list of now.keys()) this.#retired.delete(list);
    this.#listed = now;
    for (const [list, path] of this.#retired) {
      const isGone = (await fileState(path)) === undefined;
      if (isGone) await remove(list);
      if (isGone || this.#retired.size > MAX_RETIRED) this.#retired.delete(list);
    }
  }

  /** The playlist is gone. */
  async removeAll(): Promise<void> {
    for (const list of [...this.#listed.keys(), ...this.#retired.keys()]) await remove(list);
    this.#listed.clear();
    this.#retired.clear();
  }
}
