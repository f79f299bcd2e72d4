import { prefersStillness } from "./redraw.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What runs over a link: rates now, and bytes since it is there. Down is to this viewer. */
export interface Flow {
  readonly downBps: number;
  readonly upBps: number;
  readonly downBytes: number;
  readonly upBytes: number;
}

export const IDLE: Flow = { downBps: 0, upBps: 0, downBytes: 0, upBytes: 0 };

/** Less than this is talk, not media. */
export const QUIET_BPS = 20_000;
/** Half of what is between the two directions. */
const LANE_OFFSET = 4.5;
const MAX_WIDTH = 8;
const DOT_GAP = 14;
const SPEED_PX_PER_S = 40;

/** A connection: a thin line when quiet, in colour once it has carried something; else a band each way, as thick as it is fast, with dots that run the way the bytes go. */
export class SwarmLink {
  readonly element = svg("g", {});
  private readonly base = svg("path", { "stroke-width": 1.5 });
  private readonly down: Lane;
  private readonly up = new Lane("var(--soft)");

  constructor(private readonly colour: string, private readonly laneOffset = LANE_OFFSET) {
    this.down = new Lane(colour);
    this.element.append(this.base, this.up.element, this.down.element);
  }

  /** `from` is the neighbour or the origin, `to` this viewer. */
  place(from: Point, to: Point, radii: { readonly fromRadius: number; readonly toRadius: number }): void {
    const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
    const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
    const [near, far] = [radii.fromRadius + 8, Math.max(length - radii.toRadius - 8, radii.fromRadius + 8)];
    const at = (distance: number, side: number): string => `${(from.x + dx * distance - dy * side).toFixed(1)} ${(from.y + dy * distance + dx * side).toFixed(1)}`;
    this.base.setAttribute("d", `M${at(near, 0)}L${at(far, 0)}`);
    this.down.place(`M${at(near, this.laneOffset)}L${at(far, this.laneOffset)}`);
    this.up.place(`M${at(far, -this.laneOffset)}L${at(near, -this.laneOffset)}`);
  }

  flow({ downBps, upBps, downBytes, upBytes }: Flow, nowMs: number): void {
    this.down.flow(downBps, nowMs);
    this.up.flow(upBps, nowMs);
    this.base.setAttribute("visibility", downBps > QUIET_BPS || upBps > QUIET_BPS ? "hidden" : "visible");
    // Quiet, but not strangers.
    this.base.setAttribute("stroke", downBytes + upBytes > 0 ? this.colour : "var(--line)");
  }
}

/** One direction of a link; its path runs with the bytes. */
class Lane {
  readonly element = svg("g", { visibility: "hidden" });
  private readonly band = svg("path", { opacity: 0.25 });
  private readonly dots = svg("path", { "stroke-dasharray": `0.1 ${DOT_GAP}` });

  constructor(colour: string) {
    this.element.setAttribute("stroke", colour);
    this.element.append(this.band, this.dots);
  }

  place(path: string): void {
    this.band.setAttribute("d", path);
    this.dots.setAttribute("d", path);
  }

  flow(rateBps: number, nowMs: number): void {
    this.element.setAttribute("visibility", rateBps > QUIET_BPS ? "visible" : "hidden");
    if (rateBps <= QUIET_BPS) return;
    // Twice the rate, one step thicker: a phone's uplink and a cable's downlink fit one picture.
    const width = Math.min(MAX_WIDTH, 2.5 + Math.max(0, Math.log2(rateBps / 125_000)));
    this.band.setAttribute("stroke-width", width.toFixed(1));
    this.dots.setAttribute("stroke-width", (width * 0.8).toFixed(1));
    const travelled = prefersStillness() ? 0 : (nowMs / 1_000) * SPEED_PX_PER_S;
    this.dots.setAttribute("stroke-dashoffset", (-travelled % (DOT_GAP + 0.1)).toFixed(1));
  }
}

export function svg(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
