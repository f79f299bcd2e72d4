import type { Dirent } from "node:fs";
import { readFile, readdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { decodedPath, relativePath } from "../../sdk/src/manifest/names.js";
import { CliError, fileErrorCode } from "./cli-error.js";
import { parseMaster, playlistKind } from "./playlist.js";

/** A media playlist to sign. */
export interface PlaylistFile {
  readonly file: string;
  /** Its address as viewers know it; a file: address where `--base` was not given, good for telling what lies where. */
  readonly url: string;
  /** What its manifest calls it: text of `playlistId`. */
  readonly idText: string;
}

/** Most folders and playlists of one tree: a mistake such as publishing a whole disk ends soon. */
const MAX_FOLDERS = 1_000;
const MAX_PLAYLISTS = 10_000;

/** A folder of HLS streams, or one playlist and what it lists. */
export class StreamFolder {
  readonly root: string;
  /** `undefined`: every playlist of the folder. */
  readonly #only: string | undefined;
  readonly #base: URL | undefined;
  /** All folders of the last {@link find} that hold playlists or might. */
  folders: readonly string[] = [];

  constructor(setting: { readonly root: string; readonly only: string | undefined; readonly base: URL | undefined }) {
    this.root = setting.root;
    this.#only = setting.only;
    this.#base = setting.base;
  }

  /** `isAwaited`: the playlist may come later, as its packager has not started. @throws CliError */
  static async open(target: string, base: URL | undefined, isAwaited: boolean): Promise<StreamFolder> {
    const path = resolve(target);
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isDirectory() === true) return new StreamFolder({ root: path, only: undefined, base });
    const isPlaylistToCome = isAwaited && path.endsWith(".m3u8") && (await stat(dirname(path)).catch(() => undefined))?.isDirectory() === true;
    if (stats === undefined && !isPlaylistToCome) throw new CliError("playlist", `There is no ${target}; give the folder of an HLS stream, or one of its playlists.`);
    return new StreamFolder({ root: dirname(path), only: path, base });
  }

  /** All media playlists, by file name. `isStrict`: what a master playlist lists has to be there. @throws CliError */
  async find(isStrict: boolean): Promise<PlaylistFile[]> {
    const texts = this.#only === undefined ? await this.#readAll() : await this.#readOnly(this.#only);
    const others = new Set<string>();
    /** Media playlists, and where each lies as seen from the master playlists that list it. */
    const media = new Map<string, Set<string>>();
    for (const [file, text] of texts) {
      if (playlistKind(text) === "media" && !/^#EXT-X-I-FRAMES-ONLY/m.test(text) && !media.has(file)) media.set(file, new Set());
      if (playlistKind(text) !== "master") continue;
      const url = this.#urlOf(file);
      const master = parseMaster(text, url);
      for (const address of master.others) others.add(this.#fileOf(file, address));
      for (const address of master.media) {
        const path = this.#fileOf(file, address);
        if ((await stat(path).catch(() => undefined)) === undefined) {
          if (isStrict) throw missingPlaylist(file, address, this.#base);
          continue;
        }
        const listed = media.get(path) ?? new Set<string>();
        media.set(path, listed.add(relativePath(url, address)));
      }
    }
    for (const file of others) media.delete(file);
    if (this.#only !== undefined) this.folders = [...new Set([this.root, ...[...media.keys()].map((file) => dirname(file))])];
    return [...media].map(([file, seenAs]) => ({ file, url: this.#urlOf(file), idText: this.#idText(file, seenAs) })).sort((a, b) => (a.file < b.file ? -1 : 1));
  }

  #idText(file: string, seenAs: ReadonlySet<string>): string {
    if (this.#base !== undefined) return decodedPath(this.#urlOf(file));
    const [text = basename(file), another] = seenAs;
    if (another !== undefined) throw new CliError("playlist", `Several master playlists in different folders list ${file}; say with --base under which address viewers find ${this.root}.`);
    return text;
  }

  #urlOf(file: string): string {
    if (this.#base === undefined) return pathToFileURL(file).href;
    return new URL(relative(this.root, file).split(sep).map(encodeURIComponent).join("/"), this.#base).href;
  }

  #fileOf(playlistFile: string, address: string): string {
    return join(dirname(playlistFile), relativePath(this.#urlOf(playlistFile), address));
  }

  async #readOnly(file: string): Promise<Map<string, string>> {
    const text = await readFile(file, "utf8").catch((error: unknown) => {
      if (fileErrorCode(error) === "ENOENT") return undefined;
      throw new CliError("playlist", `${file} cannot be read (${fileErrorCode(error)}); make it readable for this user.`);
    });
    if (text === undefined) return new Map();
    if (text !== "" && playlistKind(text) === "none") throw new CliError("playlist", `${file} is no HLS playlist; give an m3u8 or the folder it is in.`);
    return new Map([[file, text]]);
  }

  async #readAll(): Promise<Map<string, string>> {
    const texts = new Map<string, string>();
    const folders = [this.root];
    for (const folder of folders) {
      if (folders.length > MAX_FOLDERS || texts.size > MAX_PLAYLISTS) throw new CliError("playlist", `${this.root} has too many folders or playlists; publish a smaller folder.`);
      const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown): Dirent[] => {
        if (folder !== this.root) return [];
        throw new CliError("playlist", `${folder} cannot be read (${fileErrorCode(error)}); make it readable for this user.`);
      });
      for (const entry of entries) {
        const path = join(folder, entry.name);
        if (entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules") folders.push(path);
        if (!entry.isDirectory() && entry.name.endsWith(".m3u8")) texts.set(path, await readFile(path, "utf8").catch(() => ""));
      }
    }
    this.folders = folders;
    return texts;
  }
}

function missingPlaylist(master: string, address: string, base: URL | undefined): CliError {
  const isElsewhere = base === undefined ? !address.startsWith("file:") : new URL(address).host !== base.host;
  return new CliError("playlist", isElsewhere
    ? `${master} lists ${address.slice(0, 200)}, which is not in this folder; say with --base under which address viewers find the folder, or publish that playlist where its files are.`
    : `${master} lists ${relativePath(pathToFileURL(master).href, address)}, which is not there; write all playlists before publishing, or use --watch.`);
}
