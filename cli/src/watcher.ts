import { type FSWatcher, watch } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type FileState, fileState, isFolder, isSame } from "./chunk-hasher.js";
import { CliError } from "./cli-error.js";
import type { ContentKey } from "./content-key.js";
import { MANIFEST_SUFFIX, UNFINISHED_SUFFIX, manifestFile } from "./manifest-file.js";
import { Publisher } from "./publisher.js";
import type { PlaylistFile, StreamFolder } from "./stream-folder.js";

/** What file system events miss (network drives, new folders, lost events) is seen this much later, ms. */
const POLL_MS = 1_000;
/** A playlist that looks cut off is read again after this long, ms. */
const REREAD_MS = 20;
/** After this long a playlist that is gone stays gone, ms: some packagers delete it before they write it anew. */
const GONE_MS = 3_000;
/** Sentences that are not said twice. */
const MAX_SAID = 1_000;

/** One playlist under watch. */
interface Desk {
  readonly publisher: Publisher;
  isBusy: boolean;
  isDirty: boolean;
  isAnnounced: boolean;
  foundMs: number;
  /** The playlist file when it was last read. */
  state: FileState | undefined;
  awaited: readonly string[];
  correctable: ReadonlySet<string>;
}

/** Signs what a live packager writes, as its playlists list it. */
export class Watcher {
  readonly #folder: StreamFolder;
  readonly #key: ContentKey;
  readonly #say: (sentence: string) => void;
  readonly #desks = new Map<string, Desk>();
  readonly #watched = new Map<string, { readonly watcher: FSWatcher; readonly inode: number }>();
  readonly #said = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #refreshing: Promise<void> | undefined;
  #isStale = false;
  #isStopped = false;

  constructor(setting: { readonly folder: StreamFolder; readonly key: ContentKey; readonly say: (sentence: string) => void }) {
    this.#folder = setting.folder;
    this.#key = setting.key;
    this.#say = setting.say;
  }

  /** Until `signal` says to stop; what is being written is finished first. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#refresh();
    if (this.#desks.size === 0) this.#say(`Waiting for playlists in ${this.#folder.root}.`);
    const timer = setInterval(() => void this.#poll(), POLL_MS);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#isStopped = true;
    clearInterval(timer);
    for (const { watcher } of this.#watched.values()) watcher.close();
    await this.#refreshing;
    await Promise.all(this.#running);
  }

  async #poll(): Promise<void> {
    await this.#refresh();
    for (const desk of this.#desks.values()) {
      const now = await fileState(desk.publisher.playlist.file);
      const isChanged = now !== undefined && (desk.state === undefined || !isSame(now, desk.state));
      if (isChanged || desk.awaited.length > 0) this.#kick(desk);
      for (const path of desk.awaited) this.#sayOnce(`${path} is listed and not there, or not complete; it is signed when it is.`);
    }
  }

  /** Finds playlists that came and went; what comes while it looks is found by another look. */
  #refresh(): Promise<void> {
    this.#isStale = true;
    this.#refreshing ??= this.#refreshAll().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #refreshAll(): Promise<void> {
    while (this.#isStale && !this.#isStopped) {
      this.#isStale = false;
      await this.#findPlaylists();
    }
  }

  async #findPlaylists(): Promise<void> {
    try {
      const found = await this.#folder.find(false);
      const nowMs = performance.now();
      for (const playlist of found) {
        const known = this.#desks.get(playlist.file);
        if (known === undefined) {
          this.#open(playlist);
          continue;
        }
        known.foundMs = nowMs;
        if (known.publisher.playlist.idText === playlist.idText) continue;
        known.publisher.playlist = playlist;
        this.#kick(known);
      }
      for (const [file, { foundMs, publisher }] of this.#desks) {
        if (nowMs - foundMs < GONE_MS) continue;
        this.#desks.delete(file);
        if ((await fileState(file)) === undefined) await publisher.withdraw();
      }
    } catch (error) {
      this.#report(error);
    }
    await this.#watchFolders();
  }

  #open(playlist: PlaylistFile): void {
    const publisher = new Publisher(playlist, this.#key);
    const desk: Desk = { publisher, isBusy: false, isDirty: false, isAnnounced: false, foundMs: performance.now(), state: undefined, awaited: [], correctable: new Set() };
    this.#desks.set(playlist.file, desk);
    this.#kick(desk);
  }

  async #watchFolders(): Promise<void> {
    const wanted = new Set(this.#folder.folders);
    for (const desk of this.#desks.values()) for (const path of [...desk.awaited, ...desk.correctable]) wanted.add(dirname(path));
    for (const folder of wanted) {
      const inode = (await fileState(folder))?.inode;
      const known = this.#watched.get(folder);
      if (inode === undefined || this.#isStopped || known?.inode === inode) continue;
      known?.watcher.close();
      try {
        const watcher = watch(folder, (event, name) => void this.#onEvent(folder, name, event === "rename"));
        watcher.on("error", () => watcher.close());
        this.#watched.set(folder, { watcher, inode });
      } catch (error) {
        this.#sayOnce(`${folder} cannot be watched (${String(error)}); it is looked at once a second instead.`);
      }
    }
    for (const [folder, { watcher }] of this.#watched) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#watched.delete(folder);
    }
  }

  async #onEvent(folder: string, name: string | null, isEntry: boolean): Promise<void> {
    if (this.#isStopped) return;
    if (name === null) {
      for (const desk of this.#desks.values()) this.#kick(desk);
      return;
    }
    if (name.endsWith(MANIFEST_SUFFIX) || name.endsWith(UNFINISHED_SUFFIX)) return;
    const path = join(folder, name);
    const own = this.#desks.get(path);
    if (own !== undefined) return this.#kick(own);
    if (name.endsWith(".m3u8")) return this.#refresh();
    for (const desk of this.#desks.values()) if (desk.correctable.has(path) || desk.awaited.includes(path)) this.#kick(desk);
    // A rendition's folder: its playlist may be there before the next poll.
    if (isEntry && !this.#watched.has(path) && (await isFolder(path))) await this.#refresh();
  }

  #kick(desk: Desk): void {
    desk.isDirty = true;
    if (desk.isBusy || this.#isStopped) return;
    desk.isBusy = true;
    const work = this.#serve(desk).finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  async #serve(desk: Desk): Promise<void> {
    const { file } = desk.publisher.playlist;
    while (desk.isDirty && !this.#isStopped) {
      desk.isDirty = false;
      try {
        desk.state = await fileState(file);
        if (desk.state === undefined) continue;
        const publication = await desk.publisher.publish(false);
        if (publication === undefined) {
          desk.isDirty = true;
          await new Promise((resolve) => setTimeout(resolve, REREAD_MS));
          continue;
        }
        desk.awaited = publication.awaited;
        desk.correctable = new Set(publication.correctable);
        for (const warning of publication.warnings) this.#sayOnce(warning);
        if (publication.isNew && !desk.isAnnounced) {
          desk.isAnnounced = true;
          this.#say(`${relative(this.#folder.root, manifestFile(file))}: ${publication.segments} segments signed, more as they come`);
          // Its segments may be in folders of their own.
          void this.#refresh();
        }
      } catch (error) {
        this.#report(error);
        // The next poll tries again.
        desk.state = undefined;
      }
    }
    desk.isBusy = false;
  }

  /** What goes wrong with one playlist now may go well with the next change. */
  #report(error: unknown): void {
    this.#sayOnce(error instanceof CliError ? error.message : String(error));
  }

  #sayOnce(sentence: string): void {
    if (this.#said.has(sentence)) return;
    if (this.#said.size >= MAX_SAID) this.#said.clear();
    this.#said.add(sentence);
    this.#say(sentence);
  }
}
