import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";

import { StartError } from "./start-flags.js";
import { transcode } from "./transcode.js";

/** A stream of the demo page's list (`/config.json`). */
export interface DemoStream {
  readonly name: string;
  readonly url: string;
  readonly live: boolean;
}

/** The user's own stream, and the folder to mount at `OWN_PATH` when it is a local one. */
export interface OwnStream {
  readonly stream: DemoStream;
  readonly folder?: string;
}

/** Where a local stream is served. */
export const OWN_PATH = "/own";

const READ_TIMEOUT_MS = 5_000;

/**
 * Makes a playable stream of an m3u8 URL, an m3u8 file or a video file.
 *
 * @param temporary - makes a folder that lives as long as the program
 * @throws StartError
 */
export async function ownStream(
  source: string,
  { temporary, say }: { readonly temporary: () => string; readonly say: (sentence: string) => void },
): Promise<OwnStream> {
  if (/^https?:\/\//i.test(source)) return remoteStream(source, say);
  // npm runs its scripts in the project's folder; INIT_CWD is where the user is.
  const file = resolve(process.env["INIT_CWD"] ?? process.cwd(), source);
  if (!existsSync(file) || !statSync(file).isFile()) throw new StartError(`There is no file ${source}.`);
  if (!/\.m3u8?$/i.test(file)) {
    const folder = temporary();
    const playlist = await transcode({ file, folder, say });
    return { stream: { name: basename(file), url: `${OWN_PATH}/${playlist}`, live: false }, folder };
  }
  const live = await isLive(file, async (path) => readFile(path, "utf8"), (uri) => resolve(dirname(file), uri));
  return { stream: { name: basename(file), url: `${OWN_PATH}/${encodeURIComponent(basename(file))}`, live }, folder: dirname(file) };
}

async function remoteStream(source: string, say: (sentence: string) => void): Promise<OwnStream> {
  if (!URL.canParse(source)) throw new StartError(`${source} is not a URL.`);
  const url = new URL(source);
  const live = await isLive(source, readUrl, (uri) => new URL(uri, url).href).catch((error: unknown) => {
    say(`The stream could not be read from here (${reason(error)}); the page tries it all the same.`);
    return false;
  });
  return { stream: { name: decodeURIComponent(url.pathname.split("/").at(-1) ?? "") || url.hostname, url: source, live } };
}

async function readUrl(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(READ_TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer.text();
}

/** A media playlist without an end is live; a master playlist is what its first variant is. */
async function isLive(at: string, read: (at: string) => Promise<string>, follow: (uri: string) => string): Promise<boolean> {
  const text = await read(at);
  if (!text.trimStart().startsWith("#EXTM3U")) throw new StartError(`${at} is not an HLS playlist: it does not begin with #EXTM3U.`);
  if (!text.includes("#EXT-X-STREAM-INF")) return !text.includes("#EXT-X-ENDLIST");
  const variant = text.split("\n").map((line) => line.trim()).find((line) => line !== "" && !line.startsWith("#"));
  return variant !== undefined && !(await read(follow(variant))).includes("#EXT-X-ENDLIST");
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
