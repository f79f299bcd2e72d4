import type { FragmentLoaderContext, LoaderContextType } from "hls.js";
import type { ByteRange, ResponseHead } from "./response-head.js";

/** One HTTP request, as a way of making it needs it. */
export interface TransferRequest {
  readonly url: string;
  /** Of the file at `url`; the whole file without it. */
  readonly range: ByteRange | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeToFirstByteMs: number;
  readonly timeoutMs: number;
  /** hls.js's own request for this segment, where there was one: a page's setup functions and loaders may look into it. */
  readonly context: FragmentLoaderContext | undefined;
}

/** `onHead`, `onBytes` any number of times, then `onDone`; or `onFailed` at any point, and nothing after it. */
export interface TransferEvents {
  readonly onHead: (head: ResponseHead) => void;
  readonly onBytes: (bytes: Uint8Array) => void;
  readonly onDone: () => void;
  /** `status`: 0 for a network error or a broken body. */
  readonly onFailed: (failure: { readonly status: number; readonly timedOut: boolean }) => void;
}

/** Begins a transfer; the function returned ends it, after which nothing is called. Never calls back at once. */
export type StartTransfer = (request: TransferRequest, events: TransferEvents) => () => void;

/** The request in hls.js's words. */
export function loaderContext(request: TransferRequest): FragmentLoaderContext {
  const { rangeStart: _start, rangeEnd: _end, ...template } = request.context ?? ({} as FragmentLoaderContext);
  return {
    ...template,
    url: request.url,
    responseType: "arraybuffer",
    type: "media-fragment" as LoaderContextType.MEDIA_FRAGMENT,
    headers: { ...template.headers, ...request.headers },
    progressData: false,
    ...(request.range && { rangeStart: request.range.start, rangeEnd: request.range.end }),
  };
}
