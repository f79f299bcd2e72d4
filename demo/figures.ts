import type { PlayerStats } from "shoal";
import { ORIGIN_SLOT, type Palette } from "./palette.js";
import { bytesText, percentText, secondsText, shortPeer } from "./quantity.js";

const ROWS = ["From peers", "From origin", "Uploaded", "Neighbours", "Buffer", "Behind live", "Delivery", "Rescues", "Tracker", "Control"] as const;
type Row = (typeof ROWS)[number];

const DELIVERY = { p2p: "shared", "origin-only": "origin only" } as const;

/** The live figures: the offload, the bar of who sent how much, and a table. */
export class Figures {
  private readonly cells = new Map<Row, HTMLElement>();

  constructor(
    private readonly elements: { readonly offload: HTMLElement; readonly share: HTMLElement; readonly table: HTMLElement },
    private readonly palette: Palette,
  ) {
    for (const row of ROWS) {
      const [group, term, value] = [document.createElement("div"), document.createElement("dt"), document.createElement("dd")];
      term.textContent = row;
      value.textContent = "–";
      group.append(term, value);
      elements.table.append(group);
      this.cells.set(row, value);
    }
  }

  update(stats: PlayerStats | undefined, latencyS: number | undefined): void {
    const received = stats === undefined ? 0 : stats.originBytes + stats.peerBytes;
    setText(this.elements.offload, stats === undefined || received === 0 ? "–" : percentText(stats.offload));
    this.updateShare(stats, received);
    this.set("From peers", stats && bytesText(stats.peerBytes));
    this.set("From origin", stats && bytesText(stats.originBytes));
    this.set("Uploaded", stats && bytesText(stats.uploadedBytes));
    this.set("Neighbours", stats && String(stats.neighbours.length));
    this.set("Buffer", stats && secondsText(stats.bufferS));
    this.set("Behind live", latencyS === undefined ? undefined : secondsText(latencyS));
    this.set("Delivery", stats && DELIVERY[stats.mode]);
    this.set("Rescues", stats && String(stats.rescues));
    this.set("Tracker", stats?.tracker);
    this.set("Control", stats && stats.peerBytes + stats.uploadedBytes > 0 ? percentText(stats.controlBytes / (stats.peerBytes + stats.uploadedBytes)) : undefined);
  }

  /** Origin first, then the neighbours that are here; those gone make up the rest, in grey. */
  private updateShare(stats: PlayerStats | undefined, received: number): void {
    const parts = stats === undefined || received === 0 ? [] : [
      { name: "origin", slot: ORIGIN_SLOT, bytes: stats.originBytes },
      ...stats.neighbours.map(({ peer, downloadedBytes }) => ({ name: shortPeer(peer), slot: this.palette.slotOf(peer), bytes: downloadedBytes })),
    ].filter(({ bytes }) => bytes > 0);
    while (this.elements.share.childElementCount > parts.length) this.elements.share.lastElementChild?.remove();
    for (const [index, { slot, bytes }] of parts.entries()) {
      const bar = this.elements.share.children[index] ?? this.elements.share.appendChild(document.createElement("i"));
      bar.setAttribute("style", `width: ${((bytes / received) * 100).toFixed(1)}%; background: ${this.palette.cssColour(slot)}`);
    }
    const label = parts.map(({ name, bytes }) => `${name} ${percentText(bytes / received)}`).join(", ");
    this.elements.share.setAttribute("aria-label", label === "" ? "Nothing received yet" : `Received from: ${label}`);
  }

  private set(row: Row, text: string | undefined): void {
    const cell = this.cells.get(row);
    if (cell !== undefined) setText(cell, text ?? "–");
  }
}

/** Writes only what changed, so that a quiet page causes no layout. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
