import { expect, it } from "vitest";
import { SCENARIOS } from "../src/scenario.js";
import { replayLine, simulate } from "../src/simulate.js";
import { table } from "../src/table.js";

/**
 * Exact figures of one small run a scenario. A change of the engine that moves them shows in the diff of the text file:
 * `npx vitest run sim -u` writes it anew. These runs are short; the bars are measured on longer and larger ones.
 */
const SECONDS = 24;
/** Grows tenfold. */
const PEERS: Readonly<Record<string, number>> = { "flash-crowd": 20, calibration: 6, flash: 8 };

for (const scenario of Object.keys(SCENARIOS).filter((name) => name !== "short-latency")) {
  it(`golden: ${scenario}`, { timeout: 120_000 }, async () => {
    const options = { scenario, peers: PEERS[scenario] ?? 100, seed: 1, delivery: "seats", ri: 1.2, seconds: SECONDS, freeRiders: undefined, polluters: undefined, checkEvery: 500 } as const;
    const { result } = simulate(options);
    await expect(`${replayLine(options)}\n\n${table(result, { exactOnly: true })}\n`, `replay: ${replayLine(options)}`).toMatchFileSnapshot(`golden/${scenario}.txt`);
  });
}

it.each(["mesh", "origin", "tree", "hybrid", "coded"] as const)("golden: live, %s", { timeout: 120_000 }, async (delivery) => {
  const options = { scenario: "live", peers: 100, seed: 1, delivery, ri: 1.2, seconds: SECONDS, freeRiders: undefined, polluters: undefined, checkEvery: 500 } as const;
  const { result } = simulate(options);
  await expect(`${replayLine(options)}\n\n${table(result, { exactOnly: true })}\n`).toMatchFileSnapshot(`golden/live-${delivery}.txt`);
});

it("golden: polluters, signed", { timeout: 120_000 }, async () => {
  const options = { scenario: "polluters", peers: 100, seed: 1, delivery: "seats", ri: 1.2, seconds: SECONDS, freeRiders: undefined, polluters: undefined, signed: true, checkEvery: 500 } as const;
  const { result } = simulate(options);
  await expect(`${replayLine(options)}\n\n${table(result, { exactOnly: true })}\n`).toMatchFileSnapshot("golden/polluters-signed.txt");
});

/** Where auto pushes, and where it does not. */
it.each(["auto", "seats"] as const)("golden: short-latency, %s", { timeout: 120_000 }, async (delivery) => {
  const options = { scenario: "short-latency", peers: 60, seed: 1, delivery, ri: 2, seconds: SECONDS, freeRiders: undefined, polluters: undefined, checkEvery: 500 } as const;
  const { result } = simulate(options);
  await expect(`${replayLine(options)}\n\n${table(result, { exactOnly: true })}\n`).toMatchFileSnapshot(`golden/short-latency-${delivery}.txt`);
});

/** Where four of eight pay, beside the four alone. */
it.each(["coded", "hybrid"] as const)("golden: lossy, %s", { timeout: 120_000 }, async (delivery) => {
  const options = { scenario: "lossy", peers: 60, seed: 1, delivery, ri: 4, seconds: SECONDS, freeRiders: undefined, polluters: undefined, checkEvery: 500 } as const;
  const { result } = simulate(options);
  await expect(`${replayLine(options)}\n\n${table(result, { exactOnly: true })}\n`).toMatchFileSnapshot(`golden/lossy-${delivery}.txt`);
});
