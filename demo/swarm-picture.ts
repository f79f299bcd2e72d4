import { ORIGIN_SLOT, type Palette } from "./palette.js";
import { countText, rateText, shortPeer } from "./quantity.js";
import { prefersStillness } from "./redraw.js";
import { setText } from "./figures.js";
import { SwarmLink, svg, type Point } from "./swarm-link.js";

const YOU: Point = { x: 200, y: 176 };
const YOU_RADIUS = 22;
const ORIGIN: Point = { x: 200, y: 32 };
const NODE_RADIUS = 11;
/** Neighbours stand on this ellipse; the sixth of it around the origin stays free. */
const ORBIT: Point = { x: 142, y: 98 };
const MAX_STRANGERS = 48;
/** Beyond this many the rates would cover each other. */
const MAX_RATE_LABELS = 6;

export interface Flow {
  readonly downBps: number;
  readonly upBps: number;
}

export interface SwarmView {
  readonly swarmSize: number;
  readonly originBps: number;
  readonly neighbours: ReadonlyMap<string, Flow>;
}

interface Node {
  readonly group: SVGElement;
  readonly link: SwarmLink;
  readonly rate: SVGElement;
  at: Point;
}

/** This viewer in the middle, its neighbours around it, the origin above. */
export class SwarmPicture {
  private readonly strangers = svg("g", { fill: "var(--store)" });
  private readonly links = svg("g", { fill: "none", "stroke-linecap": "round" });
  private readonly nodes = new Map<string, Node>();
  private readonly originLink: SwarmLink;
  private readonly halo = svg("rect", { fill: "none", stroke: "var(--origin)", "stroke-width": 2 });
  private readonly originRate = label("", { x: ORIGIN.x + 20, y: ORIGIN.y + 13 }, "start");
  private pulse = 0;

  constructor(private readonly root: SVGElement, private readonly palette: Palette) {
    this.originLink = new SwarmLink(palette.cssColour(ORIGIN_SLOT));
    this.originLink.place(ORIGIN, YOU, { fromRadius: 13, toRadius: YOU_RADIUS });
    this.links.append(this.originLink.element);
    const origin = svg("rect", { x: ORIGIN.x - 11, y: ORIGIN.y - 11, width: 22, height: 22, rx: 5, fill: "var(--origin)" });
    const you = svg("circle", { cx: YOU.x, cy: YOU.y, r: YOU_RADIUS, fill: "var(--you)" });
    const name = svg("text", { x: YOU.x, y: YOU.y + 5, fill: "var(--on-you)", "font-size": 14, "font-weight": 600, "text-anchor": "middle" });
    name.textContent = "You";
    root.append(this.strangers, this.links, this.halo, origin, label("Origin", { x: ORIGIN.x + 20, y: ORIGIN.y - 2 }, "start", true), this.originRate, you, name);
  }

  /** A chunk came from the origin. */
  originFetched(): void {
    this.pulse = 1;
  }

  draw(view: SwarmView, nowMs: number): void {
    for (const [peer, node] of this.nodes) if (!view.neighbours.has(peer)) this.remove(peer, node);
    let index = 0;
    for (const [peer, flow] of view.neighbours) {
      const node = this.nodes.get(peer) ?? this.add(peer);
      this.move(node, seat(index, view.neighbours.size));
      node.link.flow(flow, nowMs);
      const busiest = Math.max(flow.downBps, flow.upBps);
      setText(node.rate, view.neighbours.size > MAX_RATE_LABELS || busiest < 1_000 ? "" : `${flow.downBps >= flow.upBps ? "↓" : "↑"} ${rateText(busiest)}`);
      index += 1;
    }
    this.originLink.flow({ downBps: view.originBps, upBps: 0 }, nowMs);
    setText(this.originRate, view.originBps < 1_000 ? "" : `↓ ${rateText(view.originBps)}`);
    this.drawPulse();
    this.drawStrangers(Math.min(MAX_STRANGERS, Math.max(0, view.swarmSize - 1 - view.neighbours.size)));
  }

  describe(view: SwarmView): void {
    const flows = [...view.neighbours].map(([peer, { downBps, upBps }]) => `${shortPeer(peer)} sends ${rateText(downBps)} and gets ${rateText(upBps)}`);
    this.root.setAttribute("aria-label", [`The swarm: ${countText(Math.max(1, view.swarmSize), "viewer")}, ${countText(view.neighbours.size, "neighbour")}`, ...flows, `origin sends ${rateText(view.originBps)}`].join("; "));
  }

  private add(peer: string): Node {
    const colour = this.palette.cssColour(this.palette.slotOf(peer));
    const link = new SwarmLink(colour);
    const group = svg("g", {});
    const rate = label("", { x: 0, y: NODE_RADIUS + 30 }, "middle");
    group.append(svg("circle", { r: NODE_RADIUS, fill: colour }), label(shortPeer(peer), { x: 0, y: NODE_RADIUS + 16 }, "middle", true), rate);
    this.links.append(link.element);
    this.root.append(group);
    const node = { group, link, rate, at: YOU };
    this.nodes.set(peer, node);
    return node;
  }

  private remove(peer: string, node: Node): void {
    node.group.remove();
    node.link.element.remove();
    this.nodes.delete(peer);
  }

  /** A third of the way each time: newcomers come out of the middle, the others make room. */
  private move(node: Node, target: Point): void {
    const near = Math.hypot(target.x - node.at.x, target.y - node.at.y) < 0.5;
    const share = near || prefersStillness() ? 1 : 0.35;
    node.at = { x: node.at.x + (target.x - node.at.x) * share, y: node.at.y + (target.y - node.at.y) * share };
    node.group.setAttribute("transform", `translate(${node.at.x.toFixed(1)} ${node.at.y.toFixed(1)})`);
    node.link.place(node.at, YOU, { fromRadius: NODE_RADIUS, toRadius: YOU_RADIUS });
  }

  private drawPulse(): void {
    this.pulse = this.pulse < 0.05 ? 0 : this.pulse * 0.8;
    const grow = prefersStillness() ? 4 : 3 + 9 * (1 - this.pulse);
    const half = 11 + grow;
    for (const [name, value] of Object.entries({ x: ORIGIN.x - half, y: ORIGIN.y - half, width: half * 2, height: half * 2, rx: 5 + grow, opacity: this.pulse })) this.halo.setAttribute(name, value.toFixed(2));
  }

  /** Members that are no neighbours: dots in the distance. */
  private drawStrangers(count: number): void {
    while (this.strangers.childElementCount > count) this.strangers.lastElementChild?.remove();
    while (this.strangers.childElementCount < count) {
      // The golden angle spreads any number evenly and leaves those already there in place.
      const angle = this.strangers.childElementCount * 2.39996 + 0.7;
      const far = 1 + 0.02 * (this.strangers.childElementCount % 3);
      this.strangers.append(svg("circle", { cx: 200 + 190 * far * Math.sin(angle), cy: 160 - 146 * far * Math.cos(angle), r: 3 }));
    }
  }
}

function seat(index: number, count: number): Point {
  const angle = ((60 + (240 * (index + 0.5)) / count) * Math.PI) / 180;
  return { x: YOU.x + ORBIT.x * Math.sin(angle), y: YOU.y - ORBIT.y * Math.cos(angle) };
}

function label(text: string, at: Point, anchor: string, strong = false): SVGElement {
  const element = svg("text", { x: at.x, y: at.y, fill: strong ? "var(--ink)" : "var(--soft)", "font-size": 12, "font-weight": strong ? 600 : 400, "text-anchor": anchor });
  element.textContent = text;
  return element;
}
