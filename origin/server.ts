import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { openEntry, type AccessEntry } from "./access-log.js";
import { DEFAULT_BEHAVIOUR, type OriginBehaviour } from "./behaviour.js";
import { createCatalogue } from "./catalogue.js";
import { bytesContent, mountedContent, type Content } from "./content.js";
import { exchange, type ExchangeHost } from "./exchange.js";
import { createFaultList, type Fault } from "./fault.js";
import { createLiveClock, type LiveClock } from "./live-clock.js";
import { createPacer } from "./pacer.js";
import { carryQuery } from "./playlist.js";
import { loadSampleMedia, MEDIA_DIR } from "./sample-media.js";

/** Shows the first viewer a full window and no jump in the timeline for the next 28 s (the sample loops every 15). */
const DEFAULT_PRE_ROLL_SEGMENTS = 23;

/** Settings of {@link startOrigin}; all are optional. */
export interface OriginConfig extends Partial<OriginBehaviour> {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 4; must divide the sample's 60 s and be a multiple of 2. */
  readonly segmentS?: number;
  /** Playlist length of `/live`. Default 8; `/live-w4` and the like name their own. */
  readonly liveWindowSegments?: number;
  /** Live segments that have appeared when the origin starts. Default 23. */
  readonly preRollSegments?: number;
  /** The clock of the live stream, the shaping and the log. Default `performance.now`. */
  readonly nowMs?: () => number;
}

/** A running origin. */
export interface Origin {
  readonly port: number;
  /** Without a final slash. */
  readonly url: string;
  readonly live: LiveClock;
  readonly behaviour: OriginBehaviour;
  /** Changes how it answers from now on. */
  set(change: Partial<OriginBehaviour>): void;
  /** Adds a fault and returns what removes it. */
  addFault(fault: Fault): () => void;
  /** Every request since the start or the last reset, in order of arrival. */
  log(): readonly AccessEntry[];
  resetLog(): void;
  /** A generated file's true bytes, past faults, shaping and log: what players must end up with. */
  bytesOf(path: string): Uint8Array | undefined;
  /** Serves a folder below a path such as `/` or `/own`. The longest matching path wins; samples go first. */
  mount(urlPath: string, folder: string): void;
  /** Serves what `text` returns at each request, given the name it was asked by; the type follows the path's extension. */
  answer(urlPath: string, text: (hostName: string) => string): void;
  /** Ends all connections. Rejects never; a second call does nothing. */
  close(): Promise<void>;
}

/**
 * Starts a sample origin. Paths: see `Catalogue.content`; `/vod-fmp4/master.m3u8` has fMP4 and sound of its own.
 *
 * @throws the listen error (`EADDRINUSE` and the like), or RangeError for an impossible `segmentS`.
 */
export async function startOrigin(config: OriginConfig = {}): Promise<Origin> {
  const { nowMs = () => performance.now(), segmentS = 4, host: hostName = "127.0.0.1" } = config;
  const media = loadSampleMedia();
  const clock = createLiveClock({ segmentS, preRollSegments: config.preRollSegments ?? DEFAULT_PRE_ROLL_SEGMENTS, nowMs });
  const catalogue = createCatalogue({ media, clock, segmentS, liveWindowSegments: config.liveWindowSegments ?? 8 });
  const pacer = createPacer(nowMs);
  const faults = createFaultList();
  const mounts = new Map([["/vod-fmp4", join(MEDIA_DIR, "fmp4")]]);
  const answers = new Map<string, (hostName: string) => string>();
  let behaviour: OriginBehaviour = DEFAULT_BEHAVIOUR;
  let entries: AccessEntry[] = [];

  async function content({ path, query }: AccessEntry, hostName: string): Promise<Content | undefined> {
    const text = answers.get(path)?.(hostName);
    if (text !== undefined) return bytesContent(path, Buffer.from(text));
    const bytes = catalogue.content(path);
    const found = bytes === undefined ? await mountedContent(mounts, path) : bytesContent(path, bytes);
    if (found === undefined || !path.endsWith(".m3u8") || query === "") return found;
    const playlist = Buffer.from(await found.read(0, found.sizeBytes)).toString("utf8");
    await found.close();
    return bytesContent(path, Buffer.from(carryQuery(playlist, query)));
  }

  const host: ExchangeHost = { nowMs, behaviour: () => behaviour, pacer, faults, content };
  const server = createServer((request, response) => {
    const entry = openEntry(request, nowMs());
    entries.push(entry);
    response.once("close", () => {
      entry.endedMs = nowMs();
      entry.aborted = !response.writableFinished;
    });
    exchange({ host, entry }, request, response).catch((error: unknown) => response.destroy(asError(error)));
  });

  function set(change: Partial<OriginBehaviour>): void {
    behaviour = { ...behaviour, ...change };
    pacer.setRates(behaviour.shaping ?? {});
    if (behaviour.isDown) server.closeAllConnections();
  }
  set(behaviourOf(config));
  await listen(server, config.port ?? 0, hostName);
  const { port } = server.address() as AddressInfo;

  return {
    port,
    url: `http://${hostName}:${port}`,
    live: clock,
    get behaviour() {
      return behaviour;
    },
    set,
    addFault: faults.add,
    log: () => entries,
    resetLog() {
      entries = [];
    },
    bytesOf: catalogue.content,
    mount: (urlPath, folder) => void mounts.set(urlPath.replace(/\/$/, ""), folder),
    answer: (urlPath, text) => void answers.set(urlPath, text),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function behaviourOf(config: OriginConfig): Partial<OriginBehaviour> {
  const keys = Object.keys(DEFAULT_BEHAVIOUR) as (keyof OriginBehaviour)[];
  return Object.fromEntries(keys.filter((key) => config[key] !== undefined).map((key) => [key, config[key]]));
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
