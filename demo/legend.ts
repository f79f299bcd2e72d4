import { ORIGIN_SLOT, STORE_SLOT, type Palette } from "./palette.js";
import { shortPeer } from "./quantity.js";

/** Which colour is whose, for the strip of chunks. */
export class Legend {
  private shown = "";

  constructor(private readonly host: HTMLElement, private readonly palette: Palette) {}

  update(peers: readonly string[]): void {
    const key = peers.join(" ");
    if (key === this.shown && this.host.childElementCount > 0) return;
    this.shown = key;
    const neighbours = peers.map((peer) => ({ name: shortPeer(peer), slot: this.palette.slotOf(peer) }));
    const entries = [{ name: "Origin", slot: ORIGIN_SLOT }, { name: "Own store", slot: STORE_SLOT }, ...neighbours];
    this.host.replaceChildren(...entries.map(({ name, slot }) => this.entry(name, slot)));
  }

  private entry(name: string, slot: number): HTMLElement {
    const [item, swatch] = [document.createElement("li"), document.createElement("i")];
    swatch.style.background = this.palette.cssColour(slot);
    item.append(swatch, name);
    return item;
  }
}
