import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import type { HlsConfig, Loader, LoaderContext } from "hls.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HttpOrigin, type OriginConfig, type OriginRequest } from "../src/browser/origin.js";
import type { FetchId } from "../src/protocol/ids.js";

const file = new Uint8Array(100_000).map((_, index) => index % 251);
const partOfFile = (request: IncomingMessage): [number, number] | undefined => {
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  return range ? [Number(range[1]), Math.min(Number(range[2]) + 1, file.length)] : undefined;
};

/** What the sample origin does, by path. */
const ROUTES: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  "/file": (request, response) => {
    const range = partOfFile(request);
    if (!range) return void response.writeHead(200, { "content-length": file.length }).end(file);
    const [start, end] = range;
    if (start >= file.length) return void response.writeHead(416).end();
    response.writeHead(206, { "content-range": `bytes ${start}-${end - 1}/${file.length}`, "content-length": end - start }).end(file.subarray(start, end));
  },
  "/hidden": (request, response) => {
    const [start, end] = partOfFile(request) ?? [0, file.length];
    response.writeHead(206, { "content-length": end - start }).end(file.subarray(start, end));
  },
  "/no-ranges": (_, response) => void response.writeHead(200, { "content-length": file.length }).end(file),
  "/chunked": (_, response) => void response.writeHead(200).end(file),
  "/gzip": (_, response) => {
    const body = gzipSync(file);
    response.writeHead(200, { "content-encoding": "gzip", "content-length": body.length }).end(body);
  },
  "/truncated": (_, response) => {
    response.writeHead(200, { "content-length": file.length }).write(file.subarray(0, 50_000), () => response.destroy());
  },
  "/missing": (_, response) => void response.writeHead(404).end("no"),
  "/silent": () => {},
  "/stuck": (_, response) => void response.writeHead(200, { "content-length": file.length }).write(file.subarray(0, 1000)),
  "/enormous": (request, response) => {
    const [start, end] = partOfFile(request) ?? [0, file.length];
    response.writeHead(request.headers.range ? 206 : 200, request.headers.range ? { "content-range": `bytes ${start}-${end - 1}/${2 ** 40}` } : { "content-length": 2 ** 40 }).write(file.subarray(start, end));
    if (request.headers.range) response.end();
  },
  "/endless": (_, response) => {
    const megabyte = Buffer.alloc(2 ** 20);
    const more = (): unknown => !response.destroyed && response.write(megabyte, more);
    more();
  },
  "/needs-key": (request, response) => void response.writeHead(request.headers["x-key"] === "secret" ? 200 : 403).end(file),
};

let server: Server;
let base: string;
let requests = 0;

beforeEach(async () => {
  requests = 0;
  server = createServer((request, response) => {
    requests += 1;
    ROUTES[request.url ?? ""]?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

interface Result {
  head?: { startByte: number; sizeBytes: number | undefined };
  bytes: Uint8Array;
  end: "done" | { status: number; timedOut: boolean };
}

/** Fetches once and waits for the end. */
function fetchOnce(path: string, request: Partial<OriginRequest> = {}, hls?: OriginConfig): Promise<Result> {
  return new Promise((resolve) => {
    const parts: Uint8Array[] = [];
    const result: Result = { bytes: new Uint8Array(), end: "done" };
    const end = (how: Result["end"]): void => resolve({ ...result, bytes: new Uint8Array(Buffer.concat(parts)), end: how });
    const origin = new HttpOrigin(
      {
        onHead: (_, head) => (result.head = head),
        onBytes: (_, bytes) => parts.push(bytes),
        onDone: () => end("done"),
        onFailed: (_, failure) => end(failure),
      },
      hls,
    );
    origin.fetch({ id: 1 as FetchId, url: base + path, timeToFirstByteMs: 5_000, timeoutMs: 5_000, ...request });
  });
}

describe("HTTP origin", () => {
  it("fetches a whole file", async () => {
    expect(await fetchOnce("/file")).toEqual({ head: { startByte: 0, sizeBytes: file.length }, bytes: file, end: "done" });
  });

  it.each([
    ["told in Content-Range", "/file", { startByte: 1000, sizeBytes: file.length }, file.slice(1000, 3000)],
    ["hidden by CORS", "/hidden", { startByte: 1000, sizeBytes: undefined }, file.slice(1000, 3000)],
    ["ignored", "/no-ranges", { startByte: 0, sizeBytes: file.length }, file],
  ])("fetches a range: %s", async (_, path, head, bytes) => {
    expect(await fetchOnce(path, { range: { start: 1000, end: 3000 } })).toEqual({ head, bytes, end: "done" });
  });

  it("learns the size from a range that the end of the file cut short", async () => {
    const { head } = await fetchOnce("/hidden", { range: { start: 90_000, end: 110_000 } });
    expect(head).toEqual({ startByte: 90_000, sizeBytes: file.length });
  });

  it.each(["/chunked", "/gzip"])("does not believe a length it was not told: %s", async (path) => {
    expect(await fetchOnce(path)).toEqual({ head: { startByte: 0, sizeBytes: undefined }, bytes: file, end: "done" });
  });

  it("waits for no file that is longer than any segment, and cuts segments out of one", async () => {
    const within = { start: 20_000, end: 50_000 };
    expect(await fetchOnce("/enormous")).toEqual({ bytes: new Uint8Array(), end: { status: 0, timedOut: false } });
    expect(await fetchOnce("/enormous", { within })).toEqual({ head: { startByte: 0, sizeBytes: 30_000 }, bytes: file.slice(20_000, 50_000), end: "done" });
  });

  it("ends a body that does not end", async () => {
    let receivedBytes = 0;
    const failure = await new Promise((resolve) => {
      const origin = new HttpOrigin({ onHead: () => {}, onBytes: (_, bytes) => void (receivedBytes += bytes.length), onDone: () => resolve("done"), onFailed: (_, why) => resolve(why) });
      origin.fetch({ id: 1 as FetchId, url: `${base}/endless`, timeToFirstByteMs: 5_000, timeoutMs: 60_000 });
    });
    expect(failure).toEqual({ status: 0, timedOut: false });
    expect(receivedBytes).toBeLessThanOrEqual(2 ** 30);
  }, 60_000);

  it.each(["/file", "/no-ranges"])("cuts a segment out of a larger file: %s", async (path) => {
    const within = { start: 20_000, end: 50_000 };
    expect(await fetchOnce(path, { within })).toEqual({ head: { startByte: 0, sizeBytes: 30_000 }, bytes: file.slice(20_000, 50_000), end: "done" });
    const part = await fetchOnce(path, { within, range: { start: 10_000, end: 12_000 } });
    expect(part.bytes.slice((10_000 - (part.head?.startByte ?? 0))).slice(0, 2_000)).toEqual(file.slice(30_000, 32_000));
  });

  it.each([
    ["a body that breaks off", "/truncated", 0, {}],
    ["a file that is not there", "/missing", 404, {}],
    ["a range behind the end", "/file", 416, { range: { start: 200_000, end: 300_000 } }],
  ])("fails on %s", async (_, path, status, request) => {
    expect((await fetchOnce(path, request)).end).toEqual({ status, timedOut: false });
  });

  it.each([
    ["the first byte", "/silent", { timeToFirstByteMs: 50 }],
    ["the last byte", "/stuck", { timeoutMs: 50 }],
  ])("gives up waiting for %s", async (_, path, request) => {
    expect((await fetchOnce(path, request)).end).toEqual({ status: 0, timedOut: true });
  });

  it("fails on an origin that is not there, after asking once more without the range", async () => {
    server.closeAllConnections();
    server.close();
    expect((await fetchOnce("/file", { range: { start: 0, end: 10 } })).end).toEqual({ status: 0, timedOut: false });
  });

  it("is silent after abort and destroy", async () => {
    const calls: string[] = [];
    const note = (name: string) => () => void calls.push(name);
    const origin = new HttpOrigin({ onHead: note("head"), onBytes: note("bytes"), onDone: note("done"), onFailed: note("failed") });
    const request = { url: `${base}/stuck`, timeToFirstByteMs: 1_000, timeoutMs: 1_000 };
    origin.fetch({ ...request, id: 1 as FetchId });
    origin.abort(1 as FetchId);
    origin.fetch({ ...request, id: 2 as FetchId });
    origin.destroy();
    await fetchOnce("/file");
    expect(calls).toEqual([]);
  });
});

/** A page's own loader: counts, and answers from memory at once. */
class MemoryLoader {
  static contexts: LoaderContext[] = [];
  static destroyed = 0;
  context = null;
  load: Loader<LoaderContext>["load"] = (context, _, callbacks) => {
    MemoryLoader.contexts.push(context);
    const data = context.rangeEnd ? file.slice(context.rangeStart, context.rangeEnd) : file.slice();
    callbacks.onSuccess({ url: context.url, data: data.buffer }, {} as never, context, null as never);
  };
  abort(): void {}
  destroy(): void {
    MemoryLoader.destroyed += 1;
  }
}

describe("HTTP origin with the page's own settings", () => {
  class DefaultLoader extends MemoryLoader {}
  const settings = (config: object): OriginConfig => ({ config: { loader: DefaultLoader, ...config } as unknown as HlsConfig, defaultLoader: DefaultLoader as never });

  it("asks through a loader of the page's own", async () => {
    MemoryLoader.contexts = [];
    MemoryLoader.destroyed = 0;
    const result = await fetchOnce("/nowhere", { range: { start: 5, end: 25 }, headers: { "x-key": "a" } }, settings({ loader: MemoryLoader }));
    expect(result).toMatchObject({ head: { startByte: 5, sizeBytes: undefined, bodyMs: expect.any(Number) as number }, bytes: file.slice(5, 25), end: "done" });
    expect(MemoryLoader.contexts).toMatchObject([{ rangeStart: 5, rangeEnd: 25, responseType: "arraybuffer", headers: { "x-key": "a" } }]);
    expect([MemoryLoader.destroyed, requests]).toEqual([1, 0]);
  });

  it("asks through hls.js's loader where there is an xhrSetup", async () => {
    const result = await fetchOnce("/nowhere", {}, settings({ xhrSetup: () => {} }));
    expect([result.head, requests]).toMatchObject([{ startByte: 0, sizeBytes: file.length }, 0]);
  });

  it("lets a fetchSetup make the request", async () => {
    const fetchSetup = (context: LoaderContext, init: RequestInit): Request => {
      (init.headers as Headers).set("x-key", "secret");
      return new Request(context.url, init);
    };
    expect((await fetchOnce("/needs-key", {}, settings({}))).end).toEqual({ status: 403, timedOut: false });
    expect((await fetchOnce("/needs-key", {}, settings({ fetchSetup }))).bytes).toEqual(file);
  });

  it("reports a setup that throws as a failure", async () => {
    const fetchSetup = (): never => {
      throw new Error("page's own");
    };
    expect((await fetchOnce("/file", {}, settings({ fetchSetup }))).end).toEqual({ status: 0, timedOut: false });
  });
});
