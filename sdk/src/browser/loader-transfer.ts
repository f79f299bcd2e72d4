import type { HlsConfig, LoaderCallbacks, LoaderConfiguration, LoaderContext, LoaderStats } from "hls.js";
import type { ByteRange, ResponseHead } from "./response-head.js";
import { loaderContext, type StartTransfer } from "./transfer.js";

/**
 * Requests through the loader that the page gave hls.js, or hls.js's own with the page's xhrSetup: headers, credentials
 * and detours keep working. The body comes whole, at the end.
 */
export function loaderTransfers(config: HlsConfig): StartTransfer {
  return (request, events) => {
    const startMs = performance.now();
    let ended = false;
    let loader: InstanceType<HlsConfig["loader"]> | undefined;
    const end = (report: () => void): void => {
      if (ended) return;
      ended = true;
      report();
      // As hls.js does: after the callback.
      loader?.destroy();
    };
    const failed = (status: number, timedOut: boolean): void => end(() => events.onFailed({ status, timedOut }));
    const callbacks: LoaderCallbacks<LoaderContext> = {
      onSuccess: ({ data, code }, stats?: LoaderStats) => {
        if (typeof data !== "object") return failed(0, false);
        const bytes = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data as ArrayBuffer);
        end(() => {
          // A loader that keeps no times leaves the whole request.
          const { first = 0, end: last = 0 } = stats?.loading ?? {};
          const bodyMs = first > 0 && last >= first ? last - first : performance.now() - startMs;
          events.onHead({ ...headOf(bytes.byteLength, code, request.range), bodyMs });
          if (bytes.byteLength > 0) events.onBytes(bytes);
          events.onDone();
        });
      },
      onError: ({ code }) => failed(code, false),
      onTimeout: () => failed(0, true),
      onAbort: () => failed(0, false),
    };
    // Later: a loader with a cache of its own may call back at once.
    queueMicrotask(() => {
      if (ended) return;
      try {
        loader = new config.loader(config);
        loader.load(loaderContext(request), policy(request.timeToFirstByteMs, request.timeoutMs), callbacks);
      } catch {
        failed(0, false);
      }
    });
    return () => end(() => loader?.abort());
  };
}

/** Loaders give no headers, and not all give the status: a body as long as what was asked for is taken to be just that. */
function headOf(bodyBytes: number, code: number | undefined, range: ByteRange | undefined): ResponseHead {
  const isPart = range !== undefined && (code === 206 || (code !== 200 && bodyBytes === range.end - range.start));
  if (!isPart) return { startByte: 0, sizeBytes: bodyBytes, bodyBytes };
  const endsTheFile = bodyBytes < range.end - range.start;
  return { startByte: range.start, sizeBytes: endsTheFile ? range.start + bodyBytes : undefined, bodyBytes };
}

/** No retries: the engine decides what a failure means. */
function policy(maxTimeToFirstByteMs: number, maxLoadTimeMs: number): LoaderConfiguration {
  return {
    loadPolicy: { maxTimeToFirstByteMs, maxLoadTimeMs, timeoutRetry: null, errorRetry: null },
    maxRetry: 0,
    timeout: maxLoadTimeMs,
    retryDelay: 0,
    maxRetryDelay: 0,
  };
}
