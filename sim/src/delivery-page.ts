import { AXES, type Axis } from "./axes.js";
import { ADVANTAGE, CONTROL, COPIES, DELAY, DUPLICATES, type Figure, LAST_DELAY, numeral, OFFLOAD, ON_TIME, SIGNS } from "./figures.js";
import { type Cell, type Grid, reason } from "./grid.js";
import type { Spread } from "./series.js";
import { SimulationError } from "./simulate.js";

const INTRODUCTION = `# Deliveries side by side

How chunks get from viewer to viewer, in the same worlds of the [simulator](../sim/README.md): the same engine and tracker, in virtual time,
3 Mb/s live, viewers coming and going. Made by \`npm run compare\`, which writes this page; every row is a run of \`npm run sim\` that can be had alone,
such as \`npm run sim -- --scenario live --peers 100 --ri 2 --delivery hybrid --seconds 60 --seeds 3\`.

| delivery | |
|---|---|
| mesh | chunks are asked for (pull), as where there is no tracker: who brings a new segment from the origin is drawn among viewers |
| seats | the SDK's \`delivery: "mesh"\`: pull, and who brings a new segment has the tracker's origin seat |
| tree | seats, and one sub-stream is pushed down one tree; pull repairs |
| hybrid | seats, and four sub-streams are pushed, each down a tree of its own; pull repairs |
| coded | K of N: hybrid, and four sub-streams of parity; any four of eight do |
| auto | the default: seats, and hybrid where players are close to the edge and uplinks ample |

Figures are means of the seeds, in brackets the least and the most. Offload is bytes not taken from the origin, of bytes played, over what is possible at best: min(1 - 1/N, RI).
Steady origin copies leave out each viewer's first segment. On time: chunks there when the playhead reached their segment. Duplicates and control are over DATA.
Chunk delay is from a segment's appearance until a viewer has the chunk, from wherever. In pictures thin lines are the least and the most of the seeds, of chunk delay its 99th percentile.
Figures count from a third of a run on: short runs see a swarm that is still forming, and are to be held against each other alone.
`;

/** The page with this section, and those of the other axes as it had them before. */
export function deliveryPage(before: string, axis: Axis, section: string): string {
  const sections = new Map(before.split(/^## /m).slice(1).map((text) => [text.slice(0, text.indexOf("\n")), `## ${text.trimEnd()}\n`]));
  sections.set(axis.title, section);
  return [INTRODUCTION, ...AXES.map(({ name, title }) => sections.get(title) ?? `## ${title}\n\nNot run yet: \`npm run compare -- --only ${name}\`.\n`)].join("\n");
}

export const pictureName = (axis: Axis): string => `delivery-${axis.name}.svg`;

/** One axis: what it is, its picture, its table, and how it was made. */
export function deliverySection(axis: Axis, cells: readonly Cell[], { seeds, seconds }: Pick<Grid, "seeds" | "seconds">): string {
  const figures = [OFFLOAD, COPIES, ON_TIME, DUPLICATES, CONTROL, DELAY, LAST_DELAY, ...(axis.points.some(({ world }) => world.freeRiders !== undefined) ? [ADVANTAGE] : [])];
  const rows = cells.map(({ point, delivery, outcome }) => {
    const values = outcome instanceof SimulationError ? [`**did not run**: ${reason(outcome)}`.replaceAll("|", "\\|"), ...figures.slice(1).map(() => "")] : figures.map((figure) => text(figure, figure.of(outcome)));
    return `| ${[point.label, delivery, ...values].join(" | ")} |`;
  });
  return `## ${axis.title}

${axis.about}

![The table below as bars](${pictureName(axis)})

| | delivery | ${figures.map(({ name }) => name).join(" | ")} |
|---|---|${figures.map(() => "---|").join("")}
${rows.join("\n")}

\`npm run compare -- --only ${axis.name} --seeds ${seeds} --seconds ${seconds}\`
`;
}

function text(figure: Figure, spread: Spread | undefined): string {
  if (spread === undefined) return "";
  const [middle, low, high] = [spread.mean, spread.least, spread.most].map((value) => numeral(figure, value));
  return `${middle}${SIGNS[figure.unit]}${low === high ? "" : ` (${low} to ${high})`}`;
}
