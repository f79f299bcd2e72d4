import type { PlayerStats } from "shoal";
import { ORIGIN_SLOT, type Palette } from "./palette.js";
import { bytesText, percentText, secondsText, shortPeer } from "./quantity.js";

const MODES = { p2p: "P2P", "origin-only": "origin only" } as const;

/** The live figures: the offload, the bar of who sent how much, and the table whose rows index.html names. */
export class Figures {
  constructor(
    private readonly elements: { readonly offload: HTMLElement; readonly share: HTMLElement; readonly table: HTMLElement },
    private readonly palette: Palette,
  ) {}

  update(stats: PlayerStats | undefined, latencyS: number | undefined): void {
    const received = stats === undefined ? 0 : stats.originBytes + stats.peerBytes;
    setText(this.elements.offload, stats === undefined || received === 0 ? "–" : percentText(stats.offload));
    this.updateShare(stats, received);
    this.set("peers", stats && bytesText(stats.peerBytes));
    this.set("origin", stats && bytesText(stats.originBytes));
    this.set("uploaded", stats && bytesText(stats.uploadedBytes));
    this.set("neighbours", stats && String(stats.neighbours.length));
    this.set("buffer", stats && secondsText(stats.bufferS));
    this.set("latency", latencyS === undefined ? undefined : secondsText(latencyS));
    this.set("mode", stats && MODES[stats.mode]);
    this.set("rescues", stats && String(stats.rescues));
    this.set("tracker", stats?.tracker);
    this.set("control", stats && stats.peerBytes + stats.uploadedBytes > 0 ? percentText(stats.controlBytes / (stats.peerBytes + stats.uploadedBytes)) : undefined);
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

  private set(figure: string, text: string | undefined): void {
    const cell = this.elements.table.querySelector(`[data-figure="${figure}"]`);
    if (cell !== null) setText(cell, text ?? "–");
  }
}

/** Writes only what changed, so that a quiet page causes no layout. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
