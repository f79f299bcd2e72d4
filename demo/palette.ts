/** Slots that are always there; neighbours take the ones after them. */
export const ORIGIN_SLOT = 1;
export const STORE_SLOT = 2;
const FIRST_NEIGHBOUR_SLOT = 3;
/** As many hues as the SDK's default number of neighbours. */
const HUES = 12;

/** Gives each source of chunks one colour and keeps it: a slot number, 0 meaning "not here yet". */
export class Palette {
  /** Least recently seen first, so that a newcomer takes the colour nobody has used for longest. */
  private readonly slots = new Map<string, number>();
  private resolved: string[] = [];

  constructor() {
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (this.resolved = []));
  }

  slotOf(source: string): number {
    if (source === "origin") return ORIGIN_SLOT;
    if (source === "store") return STORE_SLOT;
    const slot = this.slots.get(source) ?? this.freeSlot();
    this.slots.delete(source);
    this.slots.set(source, slot);
    return slot;
  }

  /** For elements, which follow the colour scheme by themselves. */
  cssColour(slot: number): string {
    return `var(${variableOf(slot)})`;
  }

  /** For a canvas, which needs the value. */
  canvasColour(slot: number): string {
    return (this.resolved[slot] ??= readVariable(variableOf(slot)));
  }

  private freeSlot(): number {
    if (this.slots.size < HUES) return FIRST_NEIGHBOUR_SLOT + this.slots.size;
    const [oldest, slot] = this.slots.entries().next().value ?? ["", FIRST_NEIGHBOUR_SLOT];
    this.slots.delete(oldest);
    return slot;
  }
}

export const readVariable = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function variableOf(slot: number): string {
  if (slot === 0) return "--empty";
  if (slot === ORIGIN_SLOT) return "--origin";
  if (slot === STORE_SLOT) return "--store";
  return `--n${slot - FIRST_NEIGHBOUR_SLOT}`;
}
