import { expect, test } from "vitest";
import { fuzzDecode } from "./wire-fuzz.js";

// SHOAL_FUZZ_RUNS: inputs to try, 100,000 unless set (about a second). SHOAL_FUZZ_SEED: 1 unless set.
const runs = Number(process.env["SHOAL_FUZZ_RUNS"] ?? 100_000);
const seed = Number(process.env["SHOAL_FUZZ_SEED"] ?? 1);

test("no input makes the parser throw, take memory past its length, or accept what is not a message", { timeout: 5_000 + runs }, () => {
  const { messages, refused } = fuzzDecode({ runs, seed });
  if (runs < 100_000) return;
  // The fuzzer reaches the far corners: otherwise its silence says nothing.
  expect(messages).toBeGreaterThan(runs / 10);
  expect([...refused.keys()]).toEqual(
    expect.arrayContaining([
      "empty message",
      "unknown message type",
      "flag on a message without one",
      "ends too early",
      "trailing bytes",
      "payload out of bounds",
      "chunk out of bounds",
      "run out of bounds",
      "runs of one segment in two groups",
      "segment size out of bounds",
      "unknown kind of buffer map entry",
      "bitfield with spare bits set",
      "hashes out of bounds",
    ]),
  );
});
