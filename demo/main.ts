import type Hls from "hls.js";
import type { Shoal } from "shoal";
import { ChunkMap } from "./chunk-map.js";
import { Figures, setText } from "./figures.js";
import { Legend } from "./legend.js";
import { Palette, ORIGIN_SLOT, STORE_SLOT } from "./palette.js";
import { Player } from "./player.js";
import { countText } from "./quantity.js";
import { Rates } from "./rates.js";
import { redraw } from "./redraw.js";
import { sentence } from "./sentence.js";
import { makeSnippetsCopyable, nameTracker } from "./snippets.js";
import { showStreamChoice } from "./stream-choice.js";
import { addressOf, readStreams, type Stream } from "./streams.js";
import { IDLE, type Flow } from "./swarm-link.js";
import { SwarmPicture, type SwarmView } from "./swarm-picture.js";
import { Timeline } from "./timeline.js";

declare global {
  interface Window {
    /** What plays now, for tests. */
    shoalDemo?: { readonly hls: Hls; readonly shoal: Shoal };
  }
}

const FIGURES_MS = 500;
/** How often the pictures' descriptions change: often enough to be true, seldom enough to be read. */
const DESCRIBE_MS = 5_000;

const byId = <E extends Element>(id: string): E => {
  const element = document.querySelector<E>(`#${id}`);
  if (element === null) throw new Error(`index.html lacks #${id}.`);
  return element;
};

const video = byId<HTMLVideoElement>("video");
const notice = byId<HTMLElement>("notice");
const happening = byId<HTMLElement>("happening");
const swarmSize = byId<HTMLElement>("swarm-size");
const timelineCanvas = byId<HTMLCanvasElement>("timeline");
const swarmSvg = byId<SVGElement>("swarm");

const palette = new Palette();
const figures = new Figures({ offload: byId("offload"), share: byId("share"), table: byId("figures") }, palette);
const legend = new Legend(byId("legend"), palette);
const timeline = new Timeline(timelineCanvas, palette);
const picture = new SwarmPicture(swarmSvg, palette);

let rates = new Rates();
let chunks = new ChunkMap((source) => palette.slotOf(source));
let player: Player | undefined;
let swarm: SwarmView = { swarmSize: 0, origin: IDLE, neighbours: new Map() };

function problem(text: string | undefined): void {
  if (text !== undefined) notice.textContent = text;
  notice.hidden = text === undefined;
}

function play(stream: Stream, tracker: string): void {
  player?.destroy();
  player = undefined;
  problem(undefined);
  rates = new Rates();
  const map = new ChunkMap((source) => palette.slotOf(source));
  chunks = map;
  try {
    player = new Player(video, stream, tracker, problem);
  } catch (error) {
    problem(error instanceof Error ? error.message : String(error));
    return;
  }
  player.shoal.on("chunk", (event) => {
    map.addChunk(event);
    if (event.source === "origin") picture.originFetched();
  });
  player.shoal.on("segment", (event) => map.addSegment(event, player?.kindOf(event.url) ?? "main"));
  window.shoalDemo = { hls: player.hls, shoal: player.shoal };
}

function measure(): void {
  const nowMs = performance.now();
  const stats = player?.stats();
  const flow = (name: string, bytes: { downBytes: number; upBytes: number }): Flow => ({
    ...bytes,
    downBps: rates.update(`${name} down`, bytes.downBytes, nowMs),
    upBps: rates.update(`${name} up`, bytes.upBytes, nowMs),
  });
  swarm = {
    swarmSize: stats?.swarmSize ?? 0,
    origin: flow("origin", { downBytes: stats?.originBytes ?? 0, upBytes: 0 }),
    neighbours: new Map((stats?.neighbours ?? []).map(({ peer, downloadedBytes, uploadedBytes }) => [peer, flow(peer, { downBytes: downloadedBytes, upBytes: uploadedBytes })])),
  };
  rates.forget(nowMs);
  if (document.hidden) return;
  figures.update(stats, player?.latencyS());
  legend.update([...swarm.neighbours.keys()]);
  setText(happening, notice.hidden ? sentence(stats) : "");
  setText(swarmSize, swarm.swarmSize === 0 ? "–" : countText(swarm.swarmSize, "viewer"));
}

function describe(): void {
  picture.describe(swarm);
  const { fromS, toS } = timeline.span(video.currentTime);
  const counts = chunks.countBySlot(fromS, toS);
  const [origin, store] = [counts.get(ORIGIN_SLOT) ?? 0, counts.get(STORE_SLOT) ?? 0];
  const peers = [...counts.values()].reduce((sum, count) => sum + count, 0) - origin - store;
  timelineCanvas.setAttribute("aria-label", `Chunks around the playhead: ${origin} from the origin, ${peers} from neighbours, ${store} from the own store`);
}

async function start(): Promise<void> {
  const found = await readStreams(new URL(location.href));
  if (found !== undefined) nameTracker(found.tracker);
  if (found === undefined) {
    problem("No stream is named: start this page with npm start, or add ?\u2060src= and the address of an HLS stream to its own.");
    setText(happening, "");
    return;
  }
  const { tracker, streams, first } = found;
  showStreamChoice(byId("streams"), streams, first, (stream) => {
    history.replaceState(null, "", addressOf(stream, new URL(location.href)));
    play(stream, tracker);
  });
  play(first, tracker);
  setInterval(measure, FIGURES_MS);
  setInterval(describe, DESCRIBE_MS);
  redraw(swarmSvg, (nowMs) => picture.draw(swarm, nowMs));
  redraw(timelineCanvas, () => timeline.draw({ playheadS: video.currentTime, chunks, announced: player?.announced() ?? [], buffered: video.buffered }));
}

byId<HTMLButtonElement>("open-tab").addEventListener("click", () => window.open(location.href, "_blank", "noopener"));
legend.update([]);
makeSnippetsCopyable();
void start();
