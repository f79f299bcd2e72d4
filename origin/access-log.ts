import type { IncomingMessage } from "node:http";

/** One request, as the origin saw it. Times are on the origin's clock. */
export interface AccessEntry {
  readonly atMs: number;
  /** The `v` query parameter, else the `x-viewer` header, else the connection. */
  readonly viewer: string;
  readonly method: string;
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  /** The Range header as sent. */
  readonly range: string | undefined;
  /** 0 when the connection was destroyed before an answer. */
  status: number;
  /** Body bytes handed to the socket so far, of aborted responses too. */
  bytesSent: number;
  endedMs: number | undefined;
  /** Whether the body did not go out whole: the viewer left, or a fault. */
  aborted: boolean;
}

/** Body bytes by path, of the entries that `isCounted` accepts (default: media, that is all but playlists and keys). */
export function bytesByPath(
  entries: readonly AccessEntry[],
  isCounted: (entry: AccessEntry) => boolean = isMedia,
): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const entry of entries) {
    if (isCounted(entry)) bytes.set(entry.path, (bytes.get(entry.path) ?? 0) + entry.bytesSent);
  }
  return bytes;
}

/** All body bytes of the media requests. */
export function mediaBytes(entries: readonly AccessEntry[]): number {
  return [...bytesByPath(entries).values()].reduce((total, bytes) => total + bytes, 0);
}

/** Whether a request was for media: a segment or an init section. */
export function isMedia({ path }: { readonly path: string }): boolean {
  return /\.(ts|m4s|mp4|m4v|m4a|aac|vtt|webvtt)$/i.test(path);
}

/** The entry of a request that has just arrived. */
export function openEntry(request: IncomingMessage, atMs: number): AccessEntry {
  const [rawPath = "/", query = ""] = (request.url ?? "/").split("?", 2);
  const viewerHeader = request.headers["x-viewer"];
  const viewer =
    new URLSearchParams(query).get("v") ??
    (typeof viewerHeader === "string" ? viewerHeader : `connection ${request.socket.remotePort ?? "closed"}`);
  const { method = "GET", headers } = request;
  return { atMs, viewer, method, path: decodePath(rawPath), query, range: headers.range, status: 0, bytesSent: 0, endedMs: undefined, aborted: false };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
