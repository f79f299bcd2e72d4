import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { segmentRoot } from "../../sdk/src/manifest/chunk-list.js";
import { MAX_MANIFEST_SEGMENTS, type ManifestEntry, encodeManifest } from "../../sdk/src/manifest/layout.js";
import { playlistId, relativePath, segmentName } from "../../sdk/src/manifest/names.js";
import { INIT_SEQUENCE, MAX_SEGMENT_BYTES } from "../../sdk/src/protocol/segment.js";
import { type FileState, type Unreadable, fileState, hashFile, isSame } from "./chunk-hasher.js";
import { CliError, fileErrorCode } from "./cli-error.js";
import type { ContentKey } from "./content-key.js";
import { ListFiles } from "./list-files.js";
import { removeManifest, replaceManifest } from "./manifest-file.js";
import { type ListedFile, type MediaPlaylist, parseMedia } from "./playlist.js";
import type { PlaylistFile } from "./stream-folder.js";

/** Segments hashed at a time: reading one waits while another is hashed. */
const PARALLEL = 4;
/** A segment file this many from the end may still be corrected by its packager; older ones are not looked at again. */
const CORRECTABLE = 16;

interface Signed {
  readonly entry: ManifestEntry;
  /** `undefined` for byte ranges, whose file grows. */
  readonly state: FileState | undefined;
}

export interface Publication {
  readonly ended: boolean;
  readonly segments: number;
  readonly mediaBytes: number;
  readonly manifestBytes: number;
  /** Files that the playlist lists and that are not there, or not whole yet: what a watcher waits for. */
  readonly awaited: readonly string[];
  /** Files that may change once more. */
  readonly correctable: readonly string[];
  /** One sentence a file that cannot be signed, whatever one waits for. */
  readonly warnings: readonly string[];
  /** Whether the manifest was written: not when it says what the last one said. */
  readonly isNew: boolean;
}

/** The manifest of one media playlist, kept up to date. What it remembers is what the playlist lists, nothing more. */
export class Publisher {
  /** May be set anew: a playlist has another name once its master playlist is there. */
  playlist: PlaylistFile;
  readonly #key: ContentKey;
  readonly #lists = new ListFiles();
  #signed = new Map<string, Signed>();
  #newest = -1;
  #signedMs = 0;
  #lastBody = "";
  #lastText = "";

  constructor(playlist: PlaylistFile, key: ContentKey) {
    this.playlist = playlist;
    this.#key = key;
  }

  /**
   * Reads the playlist and signs what it lists.
   * `isStrict`: every segment has to be there and whole; else those that are not are left out.
   * `undefined`, when not strict: the playlist looks cut off, as while it is rewritten in place; one that stays so is believed
   * the next time.
   * @throws CliError
   */
  async publish(isStrict: true): Promise<Publication>;
  async publish(isStrict: boolean): Promise<Publication | undefined>;
  async publish(isStrict: boolean): Promise<Publication | undefined> {
    const { file, url, idText } = this.playlist;
    const text = await this.#read();
    const media = parseMedia(text, url);
    const isRepeated = text === this.#lastText;
    this.#lastText = text;
    if (!isStrict && !isRepeated && (!text.endsWith("\n") || newestOf(media) < this.#newest)) return undefined;
    if (isStrict && media.files.length === 0) throw new CliError("playlist", `${file} lists no segments; publish it when it does, or use --watch.`);
    this.#forgetIfRestarted(media);
    const awaited: string[] = [];
    const warnings: string[] = [];
    const listed = media.files.slice(-MAX_MANIFEST_SEGMENTS);
    const correctable = new Set(listed.slice(-CORRECTABLE).concat(listed.filter(({ sequence }) => sequence === "init")));
    const signed = new Map<string, Signed>();
    await inParallel(listed, async (item) => {
      const path = this.#pathOf(item);
      const result = await this.#sign(item, path, correctable.has(item));
      if ("warning" in result && result.warning !== undefined) warnings.push(result.warning);
      if ("entry" in result) return void signed.set(keyOf(item), result);
      const problem = this.#problem(item, path, result);
      if (isStrict && !this.#isForeign(item)) throw problem;
      if (this.#isForeign(item) || result.type === "unreadable") warnings.push(problem.message);
      if (!this.#isForeign(item)) awaited.push(path);
    });
    this.#signed = signed;
    const entries = [...signed.values()].map(({ entry }) => entry).sort((a, b) => a.sequence - b.sequence || a.name - b.name);
    const body = { ended: media.ended && awaited.length === 0, playlist: await playlistId(idText), entries };
    const manifestBytes = await this.#write(body);
    await this.#lists.keep(listed.filter((item) => signed.has(keyOf(item))).map((item) => ({ path: this.#pathOf(item), range: rangeOf(item) })));
    return {
      ended: body.ended,
      segments: entries.length,
      mediaBytes: entries.reduce((sum, entry) => sum + entry.sizeBytes, 0),
      manifestBytes: manifestBytes ?? 0,
      awaited,
      correctable: [...correctable].filter((item) => rangeOf(item) === undefined).map((item) => this.#pathOf(item)),
      warnings,
      isNew: manifestBytes !== undefined,
    };
  }

  /** Takes away all that was written, for a playlist that is gone. */
  async withdraw(): Promise<void> {
    await removeManifest(this.playlist.file);
    await this.#lists.removeAll();
  }

  async #read(): Promise<string> {
    const { file } = this.playlist;
    try {
      return await readFile(file, "utf8");
    } catch (error) {
      throw new CliError("playlist", `${file} cannot be read (${fileErrorCode(error)}); see that it is there and readable for this user.`);
    }
  }

  /** A packager that starts over uses the same names for other segments. */
  #forgetIfRestarted(media: MediaPlaylist): void {
    const newest = newestOf(media);
    if (newest < this.#newest) this.#signed.clear();
    this.#newest = newest;
  }

  async #sign(item: ListedFile, path: string, isCorrectable: boolean): Promise<(Signed & { readonly warning?: string | undefined }) | Unreadable> {
    const known = this.#signed.get(keyOf(item));
    if (known !== undefined) {
      if (!isCorrectable || known.state === undefined) return known;
      const now = await fileState(path);
      // A segment that was deleted stays true for those who have it.
      if (now === undefined || isSame(now, known.state)) return known;
    }
    const range = rangeOf(item);
    const hashed = await hashFile(path, range);
    if (!("hashes" in hashed)) return hashed;
    if (hashed.sizeBytes > MAX_SEGMENT_BYTES) return { type: "unreadable", code: "larger than 1 GiB" };
    const entry = {
      sequence: item.sequence === "init" ? INIT_SEQUENCE : item.sequence >>> 0,
      name: segmentName(this.playlist.url, item.file),
      sizeBytes: hashed.sizeBytes,
      completedMs: Math.max(0, Math.round(hashed.state.modifiedMs)),
      root: await segmentRoot(hashed.sizeBytes, hashed.hashes),
    };
    return { entry, state: range === undefined ? hashed.state : undefined, warning: await this.#lists.write(path, range, hashed.hashes) };
  }

  /** Bytes written, or `undefined` when the manifest there says the same. */
  async #write(body: Pick<Parameters<typeof encodeManifest>[0], "ended" | "playlist" | "entries">): Promise<number | undefined> {
    const said = JSON.stringify(body);
    if (said === this.#lastBody || body.entries.length === 0) return undefined;
    // A clock that is set back must not make viewers take the new manifest for the older one.
    this.#signedMs = Math.max(Date.now(), this.#signedMs + 1);
    const unsigned = encodeManifest({ ...body, signedMs: this.#signedMs });
    const bytes = Buffer.concat([unsigned, this.#key.sign(unsigned)]);
    await replaceManifest(this.playlist.file, bytes);
    this.#lastBody = said;
    return bytes.length;
  }

  #pathOf(item: ListedFile): string {
    return join(dirname(this.playlist.file), relativePath(this.playlist.url, item.file.url));
  }

  /** On a host of its own, as advertisements are: not this publisher's to sign. */
  #isForeign(item: ListedFile): boolean {
    const { url } = this.playlist;
    return item.isAbsolute && !url.startsWith("file:") && new URL(item.file.url).host !== new URL(url).host;
  }

  #problem(item: ListedFile, path: string, { type, ...more }: Unreadable): CliError {
    const { file, url } = this.playlist;
    const what = item.sequence === "init" ? "an initialization segment" : `segment ${item.sequence}`;
    if (this.#isForeign(item)) return new CliError("segment", `${file}: ${what} is on another host and stays unsigned; viewers that have the contentKey do not play it.`);
    if (item.isAbsolute && url.startsWith("file:")) return new CliError("segment", `${file} gives whole addresses (${what}: ${item.file.url.slice(0, 200)}); say with --base under which address viewers find the folder.`);
    if (type === "missing") return new CliError("segment", `${file} lists ${path} (${what}), which is not there; write all segments before publishing, or use --watch.`);
    if (type === "partial") return new CliError("segment", `${path} (${what} of ${file}) is not complete; publish when it is, or use --watch.`);
    return new CliError("segment", `${path} (${what} of ${file}) cannot be read (${"code" in more ? String(more.code) : ""}); make it a readable file.`);
  }
}

const keyOf = ({ sequence, file }: ListedFile): string => `${sequence} ${file.url} ${file.rangeStart}-${file.rangeEnd}`;

const rangeOf = ({ file }: ListedFile): { start: number; end: number } | undefined =>
  file.rangeEnd > file.rangeStart ? { start: file.rangeStart, end: file.rangeEnd } : undefined;

const newestOf = (media: MediaPlaylist): number => media.files.reduce((newest, { sequence }) => (sequence === "init" ? newest : Math.max(newest, sequence)), -1);

/** Stops at the first failure. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      try {
        await work(items[next++] as T);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}
