import type { HlsConfig, Loader, LoaderCallbacks, LoaderConfiguration, LoaderContext, LoaderStats } from "hls.js";
import { vi } from "vitest";

export const PAGE = "https://page.example/";

/** hls.js runs in Node as far as playlists and loaders go; these are the globals it wants for that. */
export function stubBrowser(): void {
  vi.stubGlobal("self", globalThis);
  vi.stubGlobal("location", { href: PAGE });
  vi.stubGlobal("navigator", {});
}

/** A web of files by path, and a `config.loader` that reads it: what hls.js's own loader is to a page. */
export function web(files: Readonly<Record<string, string | Uint8Array>>) {
  const requests: string[] = [];
  class WebLoader implements Loader<LoaderContext> {
    context: LoaderContext | null = null;
    stats: LoaderStats = {
      aborted: false, loaded: 0, retry: 0, total: 0, chunkCount: 0, bwEstimate: 0,
      loading: { start: 0, first: 0, end: 0 }, parsing: { start: 0, end: 0 }, buffering: { start: 0, first: 0, end: 0 },
    };
    #timer: ReturnType<typeof setTimeout> | undefined;
    load(context: LoaderContext, _config: LoaderConfiguration, callbacks: LoaderCallbacks<LoaderContext>): void {
      this.context = context;
      const url = new URL(context.url, PAGE);
      requests.push(url.href);
      const file = files[url.pathname];
      const now = performance.now();
      this.stats.loading = { start: now, first: now, end: now };
      this.#timer = setTimeout(() => {
        if (file === undefined) return callbacks.onError({ code: 404, text: "Not Found" }, context, null, this.stats);
        const data = typeof file === "string" ? file : file.slice(context.rangeStart ?? 0, context.rangeEnd || undefined).buffer;
        this.stats.loaded = this.stats.total = typeof data === "string" ? data.length : data.byteLength;
        callbacks.onSuccess({ url: url.href, data, code: 200 }, this.stats, context, null);
      }, 1);
    }
    abort(): void { clearTimeout(this.#timer); }
    destroy(): void { clearTimeout(this.#timer); }
  }
  return { requests, loader: WebLoader as unknown as HlsConfig["loader"] };
}

export const VOD = {
  "/vod/master.m3u8": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000,RESOLUTION=640x360\n360/index.m3u8?token=me\n",
  "/vod/360/index.m3u8": ["#EXTM3U", "#EXT-X-TARGETDURATION:4", ...[0, 1, 2].flatMap((i) => ["#EXTINF:4,", `${i}.ts?token=me`]), "#EXT-X-ENDLIST", ""].join("\n"),
  "/vod/360/0.ts": new Uint8Array(40_000).fill(1),
  "/vod/360/1.ts": new Uint8Array(40_000).fill(2),
  "/vod/360/2.ts": new Uint8Array(40_000).fill(3),
} as const;
