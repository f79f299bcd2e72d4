import type { ChunkMap, SegmentChunks, TrackKind } from "./chunk-map.js";
import { readVariable, type Palette } from "./palette.js";
import { clockText } from "./quantity.js";

const AXIS_PX = 20;
const BUFFER_PX = 7;
const ROW_PX = 13;
const KINDS: readonly TrackKind[] = ["main", "audio", "subtitle"];
const LANE_GAP_PX = 4;
/** Below this a cell is dust; then one stands for several chunks. */
const MIN_CELL_PX = 4;
/** The playhead stands here, the stream glides past it: what is still to come needs more room than what was. */
const PLAYHEAD_SHARE = 0.3;
const PX_PER_SECOND = 17;

export interface TimelineView {
  readonly playheadS: number;
  readonly chunks: ChunkMap;
  /** Segments that the playlist announces, as outlines. */
  readonly announced: readonly { readonly start: number; readonly duration: number }[];
  readonly buffered: TimeRanges;
}

/** The strip around the playhead: every chunk a cell, coloured by who sent it. */
export class Timeline {
  private readonly context: CanvasRenderingContext2D;
  private widthPx = 0;
  private heightPx = 0;
  private fromS = 0;

  constructor(private readonly canvas: HTMLCanvasElement, private readonly palette: Palette) {
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("This browser has no 2D canvas.");
    this.context = context;
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
  }

  /** Start and end of what the strip shows, seconds. */
  span(playheadS: number): { fromS: number; toS: number } {
    const fromS = playheadS - (this.widthPx * PLAYHEAD_SHARE) / PX_PER_SECOND;
    return { fromS, toS: fromS + this.widthPx / PX_PER_SECOND };
  }

  draw(view: TimelineView): void {
    const { fromS, toS } = this.span(view.playheadS);
    this.fromS = fromS;
    const visible = (startS: number, durationS: number): boolean => startS < toS && startS + durationS > fromS;
    this.context.clearRect(0, 0, this.widthPx, this.heightPx);
    this.drawAxis(fromS, toS);
    this.drawAnnounced(view.announced.filter((fragment) => visible(fragment.start, fragment.duration)));
    const shown = [...view.chunks.values()].filter((segment) => visible(segment.startS, segment.durationS));
    for (const { segment, topPx, rows } of this.lanes(shown, view.chunks)) {
      // Clears what another level left there.
      this.context.clearRect(this.x(segment.startS), topPx, segment.durationS * PX_PER_SECOND, rows * ROW_PX);
      this.context.globalAlpha = segment.startS + segment.durationS <= view.playheadS ? 0.45 : 1;
      this.drawSegment(segment, topPx, rows);
    }
    this.context.globalAlpha = 1;
    this.drawBuffer(view.buffered);
    this.drawPlayhead(view.playheadS);
  }

  private drawAxis(fromS: number, toS: number): void {
    this.context.font = "12px system-ui, sans-serif";
    this.context.textAlign = "center";
    this.context.textBaseline = "alphabetic";
    const y = this.heightPx - 2;
    for (let tickS = Math.max(0, Math.ceil(fromS / 10) * 10); tickS <= toS; tickS += 10) {
      const x = this.x(tickS);
      // The playhead's own time stands there.
      if (Math.abs(x - this.widthPx * PLAYHEAD_SHARE) < 44 || x < 16 || x > this.widthPx - 16) continue;
      this.context.fillStyle = readVariable("--soft");
      this.context.fillText(clockText(tickS), x, y);
    }
  }

  private drawAnnounced(fragments: TimelineView["announced"]): void {
    this.context.fillStyle = readVariable("--well");
    for (const { start, duration } of fragments) this.context.fillRect(this.x(start) + 1, 0, duration * PX_PER_SECOND - 2, this.stripPx());
  }

  /** Picture, sound and text lie under each other; the heavier gets more rows. The levels of a picture share theirs, the newest on top. */
  private lanes(segments: SegmentChunks[], chunks: ChunkMap): { segment: SegmentChunks; topPx: number; rows: number }[] {
    const heaviest = new Map<TrackKind, number>();
    for (const segment of segments) heaviest.set(chunks.kindOf(segment), Math.max(heaviest.get(chunks.kindOf(segment)) ?? 0, segment.slots.length));
    const kinds = KINDS.filter((kind) => heaviest.has(kind));
    const weight = (kind: TrackKind): number => Math.sqrt(heaviest.get(kind) ?? 0);
    const total = kinds.reduce((sum, kind) => sum + weight(kind), 0);
    const allRows = Math.floor((this.stripPx() + 1 - (kinds.length - 1) * LANE_GAP_PX) / ROW_PX);
    const lane = new Map<TrackKind, { topPx: number; rows: number }>();
    let topPx = 0;
    for (const kind of kinds) {
      const rows = Math.max(1, Math.round((allRows * weight(kind)) / total));
      lane.set(kind, { topPx, rows });
      topPx += rows * ROW_PX + LANE_GAP_PX;
    }
    return segments.map((segment) => ({ segment, ...(lane.get(chunks.kindOf(segment)) ?? { topPx: 0, rows: 1 }) }));
  }

  /** Columns of chunks, read downwards; the last one is stretched full, so that a gap is always a chunk that is missing. */
  private drawSegment({ startS, durationS, slots }: SegmentChunks, topPx: number, maxRows: number): void {
    const leftPx = this.x(startS) + 1;
    const widthPx = durationS * PX_PER_SECOND - 2;
    const rows = fittingRows(slots.length, maxRows);
    const columns = Math.max(1, Math.min(Math.ceil(slots.length / rows), Math.floor(widthPx / MIN_CELL_PX)));
    const cells = Math.min(slots.length, columns * rows);
    const columnPx = widthPx / columns;
    for (let cell = 0; cell < cells; cell += 1) {
      const column = Math.floor(cell / rows);
      const rowPx = (maxRows * ROW_PX) / Math.min(rows, cells - column * rows);
      this.context.fillStyle = this.palette.canvasColour(slots[Math.floor((cell * slots.length) / cells)] ?? 0);
      this.context.fillRect(leftPx + column * columnPx, topPx + (cell % rows) * rowPx, columnPx - 1, rowPx - 1);
    }
  }

  private drawBuffer(buffered: TimeRanges): void {
    this.context.fillStyle = readVariable("--soft");
    for (let index = 0; index < buffered.length; index += 1) {
      const leftPx = this.x(buffered.start(index));
      this.context.fillRect(leftPx, this.stripPx() + 3, this.x(buffered.end(index)) - leftPx, 2);
    }
  }

  private drawPlayhead(playheadS: number): void {
    const x = Math.round(this.x(playheadS));
    this.context.fillStyle = readVariable("--ink");
    this.context.fillRect(x - 1, 0, 2, this.stripPx() + BUFFER_PX);
    this.context.font = "600 12px system-ui, sans-serif";
    this.context.fillText(clockText(playheadS), x, this.heightPx - 2);
  }

  private x(timeS: number): number {
    return (timeS - this.fromS) * PX_PER_SECOND;
  }

  private stripPx(): number {
    return this.heightPx - AXIS_PX - BUFFER_PX;
  }

  private resize(): void {
    const ratio = devicePixelRatio;
    this.widthPx = this.canvas.clientWidth;
    this.heightPx = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.widthPx * ratio);
    this.canvas.height = Math.round(this.heightPx * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }
}

/** The number of rows that leaves the last column least empty; the most rows among equals. */
function fittingRows(chunks: number, maxRows: number): number {
  const emptyCells = (rows: number): number => Math.ceil(chunks / rows) * rows - chunks;
  let best = maxRows;
  for (let rows = maxRows - 1; rows >= Math.max(1, maxRows - 3); rows -= 1) if (emptyCells(rows) < emptyCells(best)) best = rows;
  return best;
}
