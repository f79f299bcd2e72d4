import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { AXES, type Axis, COMPARED } from "../src/axes.js";
import { CliError } from "../src/command-line.js";
import { compare, readCompareOptions } from "../src/compare.js";
import type { Runner } from "../src/series.js";
import { type RunOptions, simulate, SimulationError } from "../src/simulate.js";

let out = "";
beforeEach(() => void (out = mkdtempSync(join(tmpdir(), "compare-"))));
afterEach(() => rmSync(out, { recursive: true }));

const tiny = (name: string, riders = false): Axis => ({
  ...(AXES.find((axis) => axis.name === name) as Axis),
  points: [
    { label: "ten & their uplinks", world: { scenario: "live", peers: 10, ri: 2, freeRiders: undefined } },
    { label: "poor lines", world: { scenario: riders ? "free-riders" : "lossy", peers: 10, ri: 2, freeRiders: riders ? 0.5 : undefined } },
  ],
});

/** In this process. */
const here = (ran: RunOptions[], fails: (run: RunOptions) => boolean = () => false): Runner => async (runs, onEnd) => {
  for (const [i, run] of runs.entries()) {
    ran.push(run);
    onEnd(i, fails(run) ? new SimulationError("4 of 10 s: 10 viewers\nat 4.200 s: a | b\nReplay: npm run sim") : simulate(run).result);
  }
};

const read = (file: string): string => readFileSync(join(out, file), "utf8");
const rows = (page: string, label: string): string[][] => page.split("\n").filter((line) => line.startsWith(`| ${label} |`)).map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));

it("reads what was asked for, and fills in the rest", () => {
  expect(readCompareOptions([])).toEqual({ axes: AXES, seeds: 3, seconds: 120, out: "docs" });
  expect(readCompareOptions(["--seeds", "1", "--seconds=30", "--out", "a", "--only", "ri"])).toEqual({ axes: [AXES.find(({ name }) => name === "ri")], seeds: 1, seconds: 30, out: "a" });
  expect(readCompareOptions(["--help"])).toBe("help");
});

it.each([[["--only", "moon"]], [["--seeds", "0"]], [["--seconds", "x"]], [["--ri", "2"]], [["--out"]]])("answers %j with a sentence", (words) => {
  expect(() => readCompareOptions(words)).toThrow(CliError);
});

it("compares all deliveries along the issue's axes", () => {
  expect(COMPARED).toEqual(["mesh", "seats", "tree", "hybrid", "coded", "auto"]);
  expect(AXES.map(({ name }) => name)).toEqual(["n", "ri", "churn", "latency", "loss", "free-riders"]);
});

it("writes a table with every cell, and a picture that is XML with every number of it; a world that two axes share runs once", async () => {
  const ran: RunOptions[] = [];
  await compare({ axes: [tiny("ri"), tiny("free-riders", true)], seeds: 1, seconds: 20, out }, here(ran), () => {});
  expect(ran).toHaveLength(3 * COMPARED.length);
  const page = read("delivery.md");
  for (const [label, columns] of [["ten & their uplinks", [9, 10]], ["poor lines", [9, 10]]] as const) {
    const found = rows(page, label);
    expect(found.map(([, delivery]) => delivery)).toEqual([...COMPARED, ...COMPARED]);
    found.forEach((cells, i) => expect(cells).toHaveLength(columns[i < COMPARED.length ? 0 : 1]));
    for (const [, , ...figures] of found) for (const figure of figures.slice(0, 7)) expect(figure).toMatch(/^-?\d+(\.\d+)?( %| s)?( \(.* to .*\))?$/);
  }
  // Nobody takes without giving at the first point of the last axis.
  expect(rows(page, "ten & their uplinks").at(-1)?.at(-1)).toBe("");
  expect(rows(page, "poor lines").at(-1)?.at(-1)).toMatch(/^\d+\.\dx$/);
  expect(page).toContain("Not run yet: `npm run compare -- --only churn`");
  for (const file of ["delivery-ri.svg", "delivery-free-riders.svg"]) {
    const svg = read(file);
    expect(page).toContain(`(${file})`);
    const texts = textsOf(svg);
    for (const delivery of COMPARED) expect(texts.filter((text) => text === delivery)).toHaveLength(2);
    expect(texts).toContain("ten &amp; their uplinks");
    expect(svg.length).toBeLessThan(15_000);
  }
});

it("shows least and most of several seeds", async () => {
  await compare({ axes: [{ ...tiny("ri"), points: tiny("ri").points.slice(0, 1) }], seeds: 2, seconds: 10, out }, here([]), () => {});
  expect(read("delivery.md")).toMatch(/\| \d+\.\d % \(\d+\.\d to \d+\.\d\) \|/);
});

it("says of a cell that did not run why, and keeps what the page says of other axes", async () => {
  writeFileSync(join(out, "delivery.md"), "# Old\n\n## Viewers who come and go\n\nas it was\n\n## Live, by what uplinks carry\n\ngone\n");
  const failed = await compare({ axes: [tiny("ri")], seeds: 1, seconds: 10, out }, here([], ({ delivery }) => delivery === "coded"), () => {});
  expect(failed).toBe(2);
  const page = read("delivery.md");
  expect(rows(page, "poor lines").find(([, delivery]) => delivery === "coded")?.slice(0, 3)).toEqual(["poor lines", "coded", "**did not run**: at 4.200 s: a \\| b"]);
  expect(page).toContain("## Viewers who come and go\n\nas it was\n");
  expect(page).not.toMatch(/gone|# Old/);
  expect(textsOf(read("delivery-ri.svg")).filter((text) => text === "did not run")).toHaveLength(2);
});

/** What an XML document says between its tags; throws where it is not well-formed. */
function textsOf(xml: string): string[] {
  const open: string[] = [];
  const texts: string[] = [];
  const token = /<(\/?)([a-z]+)((?: [a-zA-Z:-]+="[^"<&]*(?:&\w+;[^"<&]*)*")*)(\/?)>|((?:[^<&>]|&(?:amp|lt|gt|quot);)+)/gy;
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const [, close, name = "", , empty, text] = token.exec(xml) ?? [];
    if (token.lastIndex === 0) throw new Error(`not XML: ${xml.slice(at, at + 40)}`);
    if (text !== undefined) texts.push(text);
    else if (close) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name);
  }
  expect(open).toEqual([]);
  return texts;
}
