import { type Axis, COMPARED } from "./axes.js";
import { ADVANTAGE, COPIES, DELAY, DUPLICATES, type Figure, LAST_DELAY, numeral, OFFLOAD, SIGNS } from "./figures.js";
import type { Cell, Grid } from "./grid.js";
import { escaped, picture } from "./picture.js";
import type { Spread } from "./series.js";
import { SimulationError } from "./simulate.js";

const WIDTH = 820;
const MARGIN = 14;
const LABELS = 62;
const ROW = 16;
const BAR = 10;
/** Of a row's text, below the row's top. */
const BASELINE = 12;
const HEAD = 70;
const GROUP_HEAD = 26;
/** Room for a bar's number, right of it. */
const NUMBER = 74;

/** Okabe and Ito's colours, which the colour-blind tell apart; each row says its delivery as well. */
const COLOURS: Readonly<Record<string, string>> = { mesh: "#8c959f", seats: "#0b7abf", tree: "#009e73", hybrid: "#e69f00", coded: "#cc79a7", auto: "#d55e00" };

interface Panel {
  readonly figure: Figure;
  readonly left: number;
  /** Where the longest bar ends. */
  readonly right: number;
  readonly max: number;
}

/** One axis as bars, a group for each of its points, a row for each delivery. */
export function deliveryChart(axis: Axis, cells: readonly Cell[], { seeds, seconds }: Pick<Grid, "seeds" | "seconds">): string {
  const figures = [OFFLOAD, COPIES, axis.points.some(({ world }) => world.freeRiders !== undefined) ? ADVANTAGE : DUPLICATES, DELAY];
  const width = (WIDTH - 2 * MARGIN - LABELS) / figures.length;
  const panels = figures.map((figure, i): Panel => {
    const left = Math.round(MARGIN + LABELS + i * width);
    return { figure, left, right: left + width - NUMBER, max: Math.max(1e-9, ...cells.map((cell) => longest(figure, cell))) };
  });
  const heads = panels.map(({ figure, left }) => `<text x="${left}" y="46" font-weight="600">${figure.name}</text><text x="${left}" y="61" class="dim">${figure.better} is better${figure === DELAY ? "; line: p99" : ""}</text>`);
  let top = HEAD;
  const groups = axis.points.map(({ label }) => {
    const rows = cells.filter(({ point }) => point.label === label);
    const start = top + GROUP_HEAD;
    top = start + rows.length * ROW;
    return [`<text x="${MARGIN}" y="${start - 7}" font-weight="600">${escaped(label)}</text>`, ...rows.map((cell, i) => row(cell, start + i * ROW, panels)), ...panels.map(({ left }) => `<path class="line" d="M${left - 0.5} ${start}V${top}"/>`)].join("");
  });
  return picture([`<text x="${MARGIN}" y="22" font-size="15" font-weight="600">${escaped(axis.title)}</text><text x="${WIDTH - MARGIN}" y="22" text-anchor="end" class="dim">simulated, ${seeds === 1 ? "one seed" : `${seeds} seeds`}, ${seconds} s</text>`, ...heads, ...groups], {
    width: WIDTH, height: top + MARGIN, title: `${axis.title}: ${COMPARED.join(", ")} side by side`, fontPx: 12,
    css: `.whisker{stroke:var(--ink);fill:none}.band{fill:var(--band)}${COMPARED.map((delivery) => `.${delivery}{fill:${COLOURS[delivery]}}`).join("")}`,
  });
}

function row({ delivery, outcome }: Cell, top: number, panels: readonly Panel[]): string {
  const label = `${delivery === "auto" ? `<rect class="band" x="${MARGIN - 4}" y="${top}" width="${WIDTH - 2 * MARGIN + 8}" height="${ROW}"/>` : ""}<text x="${MARGIN}" y="${top + BASELINE}">${delivery}</text>`;
  if (outcome instanceof SimulationError) return `${label}<text x="${panels[0]?.left ?? 0}" y="${top + BASELINE}" class="dim">did not run</text>`;
  const bars = panels.flatMap((panel) => bar(outcome, top, panel) ?? []);
  const whiskers = bars.map(({ whisker }) => whisker).join("");
  return `${label}<path class="${delivery}" d="${bars.map(({ body }) => body).join("")}"/>${whiskers === "" ? "" : `<path class="whisker" d="${whiskers}"/>`}${bars.map(({ words }) => words).join("")}`;
}

/** Paths of a bar and of its whisker, so that a row has one of each, and its number. */
function bar(outcome: ReadonlyMap<string, Spread>, top: number, { figure, left, right, max }: Panel): { body: string; whisker: string; words: string } | undefined {
  const spread = figure.of(outcome);
  if (spread === undefined) return undefined;
  const last = figure === DELAY ? LAST_DELAY.of(outcome)?.mean : undefined;
  const { mean, least, most } = last === undefined ? spread : { mean: spread.mean, least: spread.mean, most: last };
  const x = (value: number): number => Math.round(left + Math.max(0, value / max) * (right - left));
  const numbers = last === undefined ? `${numeral(figure, mean)}${SIGNS[figure.unit]}` : `${numeral(figure, mean)}, ${numeral(LAST_DELAY, last)} s`;
  return {
    body: `M${left} ${top + (ROW - BAR) / 2}H${x(mean)}v${BAR}H${left}z`,
    whisker: least === most ? "" : `M${x(least)} ${top + ROW / 2}H${x(most)}m0-3v6`,
    words: `<text x="${x(most) + 5}" y="${top + BASELINE}">${numbers}</text>`,
  };
}

function longest(figure: Figure, { outcome }: Cell): number {
  return outcome instanceof SimulationError ? 0 : ((figure === DELAY ? LAST_DELAY : figure).of(outcome)?.most ?? 0);
}
