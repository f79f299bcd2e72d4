import { type RebuildRequest, reedSolomon } from "./reed-solomon.js";

interface Waiting {
  readonly request: RebuildRequest;
  readonly resolve: (made: readonly Uint8Array[]) => void;
}

/** A row of 64 KiB takes a third of a millisecond; fifty of them would be a frame of the page's animation. */
const SERVE = "onmessage=({data:[id,request]})=>{const made=rebuild(request);postMessage([id,made],made.map(({buffer})=>buffer))}";

const waiting = new Map<number, Waiting>();
let nextId = 1;
/** One for all players of the page, made when the first row is coded; undefined where the page lets nobody make workers of its own text. */
let worker: Worker | undefined;
let isTried = false;
let rebuildHere: ReturnType<typeof reedSolomon> | undefined;

/** Shards from other shards of their row, beside the page's own work. Never rejects: where there is no worker it is done here. */
export function rebuildInWorker(request: RebuildRequest): Promise<readonly Uint8Array[]> {
  if (!isTried) worker = open();
  isTried = true;
  if (worker === undefined) return Promise.resolve(here(request));
  return new Promise((resolve) => {
    const id = nextId++;
    waiting.set(id, { request, resolve });
    worker?.postMessage([id, request]);
  });
}

/** From text, so that there is no file that a page would have to serve beside the SDK, or a bundler to know of. */
function open(): Worker | undefined {
  try {
    const url = URL.createObjectURL(new Blob([`const rebuild=(${reedSolomon.toString()})();${SERVE}`], { type: "text/javascript" }));
    const opened = new Worker(url);
    opened.onmessage = ({ data: [id, made] }: MessageEvent<[number, Uint8Array[]]>) => {
      waiting.get(id)?.resolve(made);
      waiting.delete(id);
      URL.revokeObjectURL(url);
    };
    opened.onerror = () => {
      worker = undefined;
      for (const { request, resolve } of waiting.values()) resolve(here(request));
      waiting.clear();
    };
    return opened;
  } catch {
    return undefined;
  }
}

function here(request: RebuildRequest): readonly Uint8Array[] {
  rebuildHere ??= reedSolomon();
  return rebuildHere(request);
}
