import { prefersStillness } from "./redraw.js";
import type { Flow } from "./swarm-picture.js";

export interface Point {
  readonly x: number;
  readonly y: number;
}

const LANE_OFFSET = 4.5;
const MAX_WIDTH = 7;
const DOT_GAP = 13;
const SPEED_PX_PER_S = 40;
/** Less than this is talk, not media. */
const QUIET_BPS = 20_000;

/** A connection: a thin line, and on it dots that run the way the bytes go, the thicker the faster. */
export class SwarmLink {
  readonly element = svg("g", {});
  private readonly base = svg("path", { stroke: "var(--line)", "stroke-width": 1.5 });
  private readonly down: SVGElement;
  private readonly up = svg("path", { stroke: "var(--soft)" });

  constructor(colour: string) {
    this.down = svg("path", { stroke: colour });
    this.element.append(this.base, this.up, this.down);
  }

  /** `from` is the neighbour or the origin, `to` this viewer. */
  place(from: Point, to: Point, radii: { readonly fromRadius: number; readonly toRadius: number }): void {
    const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
    const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
    const reach = Math.max(length - radii.toRadius - 6, radii.fromRadius + 6);
    const line = (side: number): string => {
      const [ox, oy] = [-dy * side, dx * side];
      const at = (distance: number): string => `${(from.x + dx * distance + ox).toFixed(1)} ${(from.y + dy * distance + oy).toFixed(1)}`;
      return `M${at(radii.fromRadius + 6)}L${at(reach)}`;
    };
    this.base.setAttribute("d", line(0));
    this.down.setAttribute("d", line(LANE_OFFSET));
    this.up.setAttribute("d", line(-LANE_OFFSET));
  }

  flow({ downBps, upBps }: Flow, nowMs: number): void {
    const travelled = prefersStillness() ? 0 : (nowMs / 1_000) * SPEED_PX_PER_S;
    run(this.down, downBps, -travelled);
    run(this.up, upBps, travelled);
    this.base.setAttribute("opacity", downBps > QUIET_BPS || upBps > QUIET_BPS ? "0" : "1");
  }
}

function run(path: SVGElement, rateBps: number, offset: number): void {
  if (rateBps <= QUIET_BPS) {
    path.setAttribute("visibility", "hidden");
    return;
  }
  path.setAttribute("visibility", "visible");
  // Four times the rate, one step thicker: a phone's uplink and a cable's downlink fit one picture.
  path.setAttribute("stroke-width", Math.min(MAX_WIDTH, 2 + 1.25 * Math.max(0, Math.log2(rateBps / 125_000))).toFixed(1));
  path.setAttribute("stroke-dasharray", `0.1 ${DOT_GAP}`);
  path.setAttribute("stroke-dashoffset", (offset % (DOT_GAP + 0.1)).toFixed(1));
}

export function svg(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
