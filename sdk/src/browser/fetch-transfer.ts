import type { HlsConfig } from "hls.js";
import { readHead } from "./response-head.js";
import { loaderContext, type StartTransfer, type TransferEvents, type TransferRequest } from "./transfer.js";

type FetchSetup = NonNullable<HlsConfig["fetchSetup"]>;

/** What was learned about one host. */
interface Habits {
  ranges: "unknown" | "work" | "refused";
  /** Its Content-Length did not count what arrived: it compresses, and CORS hides that. */
  lengthsLie: boolean;
}

/** Requests through `fetch`, the body as it arrives. `setup`: the page's fetchSetup, which makes the Request. */
export function fetchTransfers(setup: FetchSetup | undefined): StartTransfer {
  const habits = new Map<string, Habits>();
  return (request, events) => {
    const controller = new AbortController();
    const host = new URL(request.url, globalThis.location?.href).origin;
    const known = habits.get(host) ?? { ranges: "unknown", lengthsLie: false };
    habits.set(host, known);
    void run(request, { setup, habits: known, isForeign: host !== globalThis.location?.origin, signal: controller.signal }, events);
    return () => controller.abort();
  };
}

interface Surroundings {
  readonly setup: FetchSetup | undefined;
  readonly habits: Habits;
  readonly isForeign: boolean;
  readonly signal: AbortSignal;
}

async function run(request: TransferRequest, around: Surroundings, events: TransferEvents): Promise<void> {
  const { signal, habits } = around;
  try {
    // The caller is in the middle of something: answer later, whatever happens.
    await undefined;
    const response = await respond(request, around);
    if (signal.aborted) return;
    if (!response.ok) return events.onFailed({ status: response.status, timedOut: false });
    const head = readHead(response, request.range);
    const expectedBytes = habits.lengthsLie && response.status !== 206 ? undefined : head.bodyBytes;
    events.onHead(expectedBytes === head.bodyBytes ? head : { ...head, sizeBytes: undefined, bodyBytes: undefined });
    let receivedBytes = 0;
    for await (const bytes of bodyOf(response)) {
      if (signal.aborted) return;
      receivedBytes += bytes.byteLength;
      if (expectedBytes !== undefined && receivedBytes > expectedBytes) {
        habits.lengthsLie = true;
        throw new Error("the body is too long");
      }
      if (bytes.byteLength > 0) events.onBytes(bytes);
    }
    if (signal.aborted) return;
    if (expectedBytes !== undefined && receivedBytes < expectedBytes) throw new Error("the body broke off");
    events.onDone();
  } catch {
    if (!signal.aborted) events.onFailed({ status: 0, timedOut: false });
  }
}

/**
 * Older browsers ask a foreign host's permission for the Range header, and many hosts do not give it. That looks like a
 * network error, so ask once without; a host that then answers is never asked for a range again.
 */
async function respond(request: TransferRequest, { setup, habits, isForeign, signal }: Surroundings): Promise<Response> {
  const whole = { ...request, range: undefined };
  if (request.range === undefined) return send(request, setup, signal);
  if (habits.ranges === "refused") return send(whole, setup, signal);
  try {
    const response = await send(request, setup, signal);
    habits.ranges = "work";
    return response;
  } catch (error) {
    if (!isForeign || habits.ranges === "work" || signal.aborted) throw error;
    const response = await send(whole, setup, signal);
    habits.ranges = "refused";
    return response;
  }
}

/** As hls.js's own fetch loader does it, so that a fetchSetup finds what it expects. */
async function send(request: TransferRequest, setup: FetchSetup | undefined, signal: AbortSignal): Promise<Response> {
  const context = loaderContext(request);
  const headers = new Headers(context.headers);
  if (request.range) headers.set("Range", `bytes=${request.range.start}-${request.range.end - 1}`);
  const init: RequestInit = { method: "GET", mode: "cors", credentials: "same-origin", signal, headers };
  return fetch(setup ? await setup(context, init) : new Request(request.url, init));
}

async function* bodyOf(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body === null) return yield new Uint8Array(await response.arrayBuffer());
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Left early: tell the network stack to stop.
    reader.cancel().catch(() => {});
  }
}
