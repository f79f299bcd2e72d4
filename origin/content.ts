import { open, realpath, stat } from "node:fs/promises";
import { extname, resolve, sep } from "node:path";

/** Something to answer with: its size is known, its bytes are read in slices. */
export interface Content {
  readonly type: string;
  readonly sizeBytes: number;
  /** Bytes from `start` up to, not including, `end`. */
  read(start: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".m3u8": "application/vnd.apple.mpegurl",
  ".ts": "video/mp2t",
  ".mp4": "video/mp4",
  ".m4s": "video/iso.segment",
  ".m4v": "video/mp4",
  ".m4a": "audio/mp4",
  ".aac": "audio/aac",
  ".mp3": "audio/mpeg",
  ".vtt": "text/vtt; charset=utf-8",
  ".webvtt": "text/vtt; charset=utf-8",
  ".key": "application/octet-stream",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

/** The MIME type of a path by its extension. */
export function contentType(path: string): string {
  return CONTENT_TYPES[extname(path).toLowerCase()] ?? "application/octet-stream";
}

/** Bytes that are already in memory. */
export function bytesContent(path: string, bytes: Uint8Array): Content {
  return {
    type: contentType(path),
    sizeBytes: bytes.length,
    read: async (start, end) => bytes.subarray(start, end),
    close: async () => {},
  };
}

/** A file of the mounted folder (by URL path, without a final slash) whose path is the longest that matches. */
export async function mountedContent(mounts: ReadonlyMap<string, string>, path: string): Promise<Content | undefined> {
  const [prefix, folder] =
    [...mounts].filter(([candidate]) => path.startsWith(`${candidate}/`)).sort((a, b) => b[0].length - a[0].length)[0] ?? [];
  return prefix === undefined || folder === undefined ? undefined : fileContent(folder, path.slice(prefix.length + 1));
}

/**
 * A file below `folder`, or undefined when there is none. A folder means its index.html. Neither `..` nor a
 * symbolic link leads out.
 */
export async function fileContent(folder: string, path: string): Promise<Content | undefined> {
  try {
    const root = await realpath(folder);
    let file = await realpath(resolve(root, `.${sep}${path}`));
    if (!isInside(root, file)) return undefined;
    if ((await stat(file)).isDirectory()) file = await realpath(resolve(file, "index.html"));
    if (!isInside(root, file)) return undefined;
    const handle = await open(file, "r");
    const { size } = await handle.stat();
    return {
      type: contentType(file),
      sizeBytes: size,
      async read(start, end) {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
        return buffer.subarray(0, bytesRead);
      },
      close: () => handle.close(),
    };
  } catch {
    return undefined;
  }
}

function isInside(root: string, file: string): boolean {
  return file === root || file.startsWith(root.endsWith(sep) ? root : root + sep);
}
