import { expect, test } from "vitest";
import { fuzz, FuzzFailure } from "../src/fuzz.js";
import { stateless } from "../src/target.js";
import { allTargets, shares } from "../src/targets.js";

/** A few seconds; `npm run fuzz` tries ten million. */
const INPUTS = 200_000;
const SEED = 1;

const targets = await allTargets(SEED);
const counts = shares(targets, INPUTS);

for (const [i, target] of targets.entries()) {
  test(`no ${target.name} makes its reader throw, hang, grow, or take what is none`, async () => {
    const { inputs, tried } = await fuzz(target, { inputs: counts[i] ?? 0, seed: SEED });
    expect(inputs).toBe(counts[i]);
    // It reaches what is behind the first check: otherwise its silence says nothing.
    const all = [...tried].filter(([of]) => of !== "unknown");
    for (const [of, counted] of all) expect(counted.accepted, of).toBeGreaterThan(0);
    expect(all.reduce((sum, [, { accepted }]) => sum + accepted, 0)).toBeGreaterThan(inputs / 20);
  });
}

test("fuzzing reaches every message and every reason to refuse one", async () => {
  const [message] = targets;
  if (message === undefined) throw new Error("no targets");
  const { tried, refusals } = await fuzz(message, { inputs: 100_000, seed: SEED });
  expect([...tried.keys()].sort()).toEqual(["CANCEL", "CHOKE", "DATA", "HANDSHAKE", "HAVE", "INTEGRITY", "INTEGRITY_REQ", "PROMISE", "RECEIPT", "REJECT", "REQUEST", "SUBSTREAMS", "UNCHOKE", "WANT", "unknown"].sort());
  expect([...refusals.keys()]).toEqual(
    expect.arrayContaining([
      "empty message",
      "unknown message type",
      "unknown flag",
      "ends too early",
      "trailing bytes",
      "payload out of bounds",
      "chunk out of bounds",
      "run out of bounds",
      "runs of one segment in two groups",
      "segment size out of bounds",
      "unknown entry",
      "spare bits set",
      "hashes out of bounds",
    ]),
  );
});

test("a failure names the line that tries the same inputs again, and does", async () => {
  const fragile = stateless("fragile", 1, (chance) => {
    if (chance(1000) === 7) throw new Error("seven");
    return { of: "number" };
  });
  const failure = await fuzz(fragile, { inputs: 100_000, seed: 3 }).catch((error: unknown) => error);
  if (!(failure instanceof FuzzFailure)) throw new Error("it found nothing");
  const [, from = ""] = /^fragile: seven\nnpm run fuzz -- --target fragile --seed 3 --from (\d+) --inputs 1$/.exec(failure.message) ?? [];
  await expect(fuzz(fragile, { inputs: 1, seed: 3, from: Number(from) })).rejects.toThrow("seven");
});

test("what grows is noticed", async () => {
  const kept: object[] = [];
  const leaking = stateless("leaking", 1, () => {
    kept.push(Array.from({ length: 200 }, () => kept.length));
    return { of: "thing" };
  });
  await expect(fuzz(leaking, { inputs: 20_000, seed: 1 })).rejects.toThrow("the heap grew");
});
