import { escaped, picture } from "./picture.js";
import type { Fault } from "./scenario.js";
import type { Sample } from "./timeline.js";

const WIDTH = 900;
const PANEL = 130;
const LEFT = 60;
const GAP = 34;

interface Panel {
  readonly name: string;
  readonly max: number;
  readonly lines: readonly { readonly color: string; readonly label: string; readonly of: (sample: Sample) => number }[];
}

/** Buffer, offload, stalls and viewers over time, as an SVG or a page around it. */
export function plot(samples: readonly Sample[], { title, html, faults }: { readonly title: string; readonly html: boolean; readonly faults: readonly Fault[] }): string {
  const most = (of: (s: Sample) => number): number => Math.max(1, ...samples.map(of));
  const panels: Panel[] = [
    { name: "buffer, s", max: most((s) => s.meanBufferS), lines: [{ color: "#2a6fdb", label: "mean", of: (s) => s.meanBufferS }, { color: "#9bbcf0", label: "worst 5 %", of: (s) => s.lowBufferS }] },
    { name: "offload", max: 1, lines: [{ color: "#1a9850", label: "last 5 s", of: (s) => Math.max(0, s.offload) }] },
    { name: "stalled viewers", max: most((s) => s.stalled), lines: [{ color: "#d73027", label: "", of: (s) => s.stalled }] },
    { name: "viewers", max: most((s) => s.viewers), lines: [{ color: "#777", label: "", of: (s) => s.viewers }] },
  ];
  const seconds = Math.max(1, samples.at(-1)?.second ?? 1);
  const x = (second: number): number => LEFT + (second / seconds) * (WIDTH - LEFT - 10);
  const height = 40 + panels.length * (PANEL + GAP);
  const parts = panels.map((panel, i) => {
    const top = 40 + i * (PANEL + GAP);
    const y = (value: number): string => (top + PANEL * (1 - value / panel.max)).toFixed(1);
    const lines = panel.lines.map(({ color, of }) => `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${samples.map((s) => `${x(s.second).toFixed(1)},${y(of(s))}`).join(" ")}"/>`);
    const labels = panel.lines.map(({ color, label }, j) => `<text x="${WIDTH - 105 + j * 40}" y="${top - 4}" fill="${color}">${label}</text>`);
    return `<text x="${LEFT}" y="${top - 4}">${panel.name}</text><text x="${LEFT - 6}" y="${top + 8}" text-anchor="end">${round(panel.max)}</text><text x="${LEFT - 6}" y="${top + PANEL}" text-anchor="end">0</text>
<rect x="${LEFT}" y="${top}" width="${WIDTH - LEFT - 10}" height="${PANEL}" class="line"/>${lines.join("")}${labels.join("")}`;
  });
  const marks = faults.map(({ atS, name }) => `<line x1="${x(atS)}" x2="${x(atS)}" y1="40" y2="${height - GAP}" stroke="#d73027" stroke-dasharray="3 3"/><text x="${x(atS) + 3}" y="52" fill="#d73027">${name}</text>`);
  const svg = picture([`<text x="${LEFT}" y="18" font-size="14">${escaped(title)}</text>`, ...parts, ...marks, `<text x="${WIDTH - 10}" y="${height - 8}" text-anchor="end">${seconds} s</text>`], { width: WIDTH, height, title, fontPx: 11 });
  return html ? `<!doctype html><meta charset="utf-8"><title>${escaped(title)}</title><body style="margin:2rem;max-width:70rem">${svg}</body>\n` : svg;
}

const round = (value: number): number => Math.round(value * 10) / 10;
