import { ORIGIN_SLOT, type Palette } from "./palette.js";
import { countText, rateText, shortPeer } from "./quantity.js";
import { prefersStillness } from "./redraw.js";
import { setText } from "./figures.js";
import { QUIET_BPS, SwarmLink, svg, type Flow, type Point } from "./swarm-link.js";

const YOU: Point = { x: 180, y: 172 };
const YOU_RADIUS = 22;
const ORIGIN: Point = { x: 180, y: 30 };
const NODE_RADIUS = 11;
/** Neighbours stand on this ellipse. */
const ORBIT: Point = { x: 122, y: 96 };
const MAX_STRANGERS = 48;
/** Beyond this many there is no room for rates, and names stand outside the ring. */
const MAX_RATES = 6;

export interface SwarmView {
  readonly swarmSize: number;
  readonly origin: Flow;
  readonly neighbours: ReadonlyMap<string, Flow>;
}

interface Node {
  readonly group: SVGElement;
  readonly link: SwarmLink;
  readonly name: SVGElement;
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
  private readonly originRate = label("", { x: ORIGIN.x + 28, y: ORIGIN.y + 13 }, "start");
  private pulse = 0;

  constructor(private readonly root: SVGElement, private readonly palette: Palette) {
    this.originLink = new SwarmLink(palette.cssColour(ORIGIN_SLOT), 0);
    this.originLink.place(ORIGIN, YOU, { fromRadius: 13, toRadius: YOU_RADIUS });
    this.links.append(this.originLink.element);
    const origin = svg("rect", { x: ORIGIN.x - 11, y: ORIGIN.y - 11, width: 22, height: 22, rx: 5, fill: "var(--origin)" });
    const you = svg("circle", { cx: YOU.x, cy: YOU.y, r: YOU_RADIUS, fill: "var(--you)" });
    const name = svg("text", { x: YOU.x, y: YOU.y + 5, fill: "var(--on-you)", "font-size": 14, "font-weight": 600, "text-anchor": "middle" });
    name.textContent = "You";
    root.append(this.strangers, this.links, this.halo, origin, label("Origin", { x: ORIGIN.x + 28, y: ORIGIN.y - 2 }, "start", true), this.originRate, you, name);
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
      placeName(node, view.neighbours.size > MAX_RATES);
      node.link.flow(flow, nowMs);
      setText(node.rate, view.neighbours.size > MAX_RATES ? "" : flowLabel(flow));
      index += 1;
    }
    this.originLink.flow(view.origin, nowMs);
    setText(this.originRate, flowLabel(view.origin));
    this.drawPulse();
    this.drawStrangers(Math.min(MAX_STRANGERS, Math.max(0, view.swarmSize - 1 - view.neighbours.size)));
  }

  describe(view: SwarmView): void {
    const flows = [...view.neighbours].map(([peer, { downBps, upBps }]) => `${shortPeer(peer)} sends ${rateText(downBps)} and gets ${rateText(upBps)}`);
    this.root.setAttribute("aria-label", [`The swarm: ${countText(Math.max(1, view.swarmSize), "viewer")}, ${countText(view.neighbours.size, "neighbour")}`, ...flows, `origin sends ${rateText(view.origin.downBps)}`].join("; "));
  }

  private add(peer: string): Node {
    const colour = this.palette.cssColour(this.palette.slotOf(peer));
    const link = new SwarmLink(colour);
    const group = svg("g", {});
    const name = label(shortPeer(peer), YOU, "middle", true);
    const rate = label("", { x: 0, y: NODE_RADIUS + 30 }, "middle");
    group.append(svg("circle", { r: NODE_RADIUS, fill: colour }), name, rate);
    this.links.append(link.element);
    this.root.append(group);
    const node = { group, link, name, rate, at: YOU };
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
      // The golden ratio spreads any number evenly and leaves those already there in place.
      const turn = ((this.strangers.childElementCount + 1) * 0.618034) % 1;
      // Right of the origin's name, left of the origin; below are the neighbours' names.
      const degrees = turn < 0.45 ? 40 + 75 * (turn / 0.45) : -18 - 97 * ((turn - 0.45) / 0.55);
      const angle = (degrees * Math.PI) / 180;
      this.strangers.append(svg("circle", { cx: YOU.x + 171 * Math.sin(angle), cy: YOU.y - 10 - 150 * Math.cos(angle), r: 3 }));
    }
  }
}

/** The part of the ring around the origin stays free: a third, or a seventh when it gets crowded. */
function seat(index: number, count: number): Point {
  const free = count > MAX_RATES ? 50 : 120;
  const angle = ((free / 2 + ((360 - free) * (index + 0.5)) / count) * Math.PI) / 180;
  return { x: YOU.x + ORBIT.x * Math.sin(angle), y: YOU.y - ORBIT.y * Math.cos(angle) };
}

function placeName({ name, at }: Node, outside: boolean): void {
  const [dx, dy] = [(at.x - YOU.x) / ORBIT.x, (at.y - YOU.y) / ORBIT.y];
  const sideways = Math.abs(dx) > 0.3;
  name.setAttribute("x", outside ? (dx * 17).toFixed(1) : "0");
  name.setAttribute("y", outside ? (4 + dy * 22).toFixed(1) : String(NODE_RADIUS + 16));
  name.setAttribute("text-anchor", !outside || !sideways ? "middle" : dx > 0 ? "start" : "end");
}

/** The rates while something runs, else what has run. One unit for both ways: there is little room beside a node. */
function flowLabel({ downBps, upBps, downBytes, upBytes }: Flow): string {
  const running = downBps > QUIET_BPS || upBps > QUIET_BPS;
  const [down, up] = running ? [downBps / 1e6, upBps / 1e6] : [downBytes / 1e6, upBytes / 1e6];
  const parts = [{ arrow: "↓", amount: down }, { arrow: "↑", amount: up }].filter(({ amount }) => amount >= 0.05).map(({ arrow, amount }) => `${arrow}\u00a0${amount.toFixed(amount < 100 ? 1 : 0)}`);
  return parts.length === 0 ? "" : `${parts.join(" ")} ${running ? "Mb/s" : "MB"}`;
}

function label(text: string, at: Point, anchor: string, strong = false): SVGElement {
  const element = svg("text", { x: at.x, y: at.y, fill: strong ? "var(--ink)" : "var(--soft)", "font-size": 12.5, "font-weight": strong ? 600 : 400, "text-anchor": anchor });
  element.textContent = text;
  return element;
}
