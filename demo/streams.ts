export interface Stream {
  readonly name: string;
  readonly url: string;
  readonly live: boolean;
}

export interface Streams {
  readonly tracker: string;
  readonly streams: readonly Stream[];
  /** The one to play first. */
  readonly first: Stream;
}

/** Reads `/config.json` and the page's query; `undefined` when neither names a stream. */
export async function readStreams(address: URL): Promise<Streams | undefined> {
  const config = await readConfig(address);
  const source = address.searchParams.get("src");
  const listed = config?.streams ?? [];
  const url = source === null ? undefined : absolute(source, address);
  const asked = url === undefined ? undefined : (listed.find((stream) => absolute(stream.url, address) === url) ?? { name: nameOf(url), url, live: false });
  const first = asked ?? listed[0];
  if (first === undefined) return undefined;
  return {
    // Without any tracker the page's own address is tried; where none answers, the stream plays and the page says so.
    tracker: address.searchParams.get("tracker") ?? config?.tracker ?? address.origin,
    streams: listed.includes(first) ? listed : [...listed, first],
    first,
  };
}

/** This page's address with `stream` as the one to play. */
export function addressOf(stream: Stream, address: URL): URL {
  const result = new URL(address);
  result.searchParams.set("src", stream.url);
  return result;
}

async function readConfig(address: URL): Promise<{ tracker?: string; streams: Stream[] } | undefined> {
  const answer = await fetch(new URL("/config.json", address)).catch(() => undefined);
  const config: unknown = answer?.ok === true ? await answer.json().catch(() => undefined) : undefined;
  if (typeof config !== "object" || config === null) return undefined;
  const { tracker, streams } = config as { tracker?: unknown; streams?: unknown };
  return { ...(typeof tracker === "string" ? { tracker } : {}), streams: Array.isArray(streams) ? streams.filter(isStream) : [] };
}

function isStream(value: unknown): value is Stream {
  const stream = value as Partial<Stream> | null;
  return typeof stream?.name === "string" && typeof stream.url === "string" && typeof stream.live === "boolean";
}

function absolute(url: string, base: URL): string {
  return URL.canParse(url, base.href) ? new URL(url, base).href : url;
}

function nameOf(url: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : url;
  return decodeURIComponent(path.split("/").findLast((part) => part !== "") ?? url);
}
