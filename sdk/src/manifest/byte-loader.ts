import type { OriginConfig, OriginEvents } from "../browser/origin.js";
import type { FetchId } from "../protocol/ids.js";
import type { SessionParts } from "../session-parts.js";

const FIRST_BYTE_MS = 5_000;
const TIMEOUT_MS = 10_000;

interface Loading {
  readonly parts: Uint8Array[];
  readonly maxBytes: number;
  bytes: number;
  readonly end: (bytes: Uint8Array | undefined) => void;
}

/** Small files beside the stream, requested as the page's hls.js requests its own. */
export class ByteLoader {
  readonly #origin: ReturnType<SessionParts["origin"]>;
  readonly #loading = new Map<FetchId, Loading>();
  #next = 1;

  constructor(open: SessionParts["origin"], hls: OriginConfig) {
    const events: OriginEvents = {
      onHead: () => undefined,
      onBytes: (id, bytes) => {
        const loading = this.#loading.get(id);
        if (!loading) return;
        loading.parts.push(bytes);
        loading.bytes += bytes.length;
        if (loading.bytes > loading.maxBytes) {
          this.#origin.abort(id);
          this.#end(id, false);
        }
      },
      onDone: (id) => this.#end(id, true),
      onFailed: (id) => this.#end(id, false),
    };
    this.#origin = open(events, hls);
  }

  /** `undefined`: it is not there, or longer than `maxBytes`. Never rejects. */
  load(url: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const id = this.#next++ as FetchId;
    return new Promise((end) => {
      this.#loading.set(id, { parts: [], maxBytes, bytes: 0, end });
      this.#origin.fetch({ id, url, timeToFirstByteMs: FIRST_BYTE_MS, timeoutMs: TIMEOUT_MS });
    });
  }

  destroy(): void {
    this.#origin.destroy();
    for (const id of this.#loading.keys()) this.#end(id, false);
  }

  #end(id: FetchId, isWhole: boolean): void {
    const loading = this.#loading.get(id);
    if (!loading) return;
    this.#loading.delete(id);
    if (!isWhole) return loading.end(undefined);
    const whole = new Uint8Array(loading.bytes);
    let at = 0;
    for (const part of loading.parts) {
      whole.set(part, at);
      at += part.length;
    }
    loading.end(whole);
  }
}
