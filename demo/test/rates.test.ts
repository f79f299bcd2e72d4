import { expect, test } from "vitest";
import { Rates } from "../rates.js";

test("a steady flow shows its rate", () => {
  const rates = new Rates();
  let shown = 0;
  for (let atMs = 0; atMs <= 5_000; atMs += 500) shown = rates.update("origin", atMs * 100, atMs);
  expect(shown).toBe(800_000);
});

test("a flow that ends shows zero within the window", () => {
  const rates = new Rates();
  rates.update("origin", 0, 0);
  rates.update("origin", 500_000, 500);
  let shown = Infinity;
  for (let atMs = 1_000; atMs <= 3_000; atMs += 500) shown = rates.update("origin", 500_000, atMs);
  expect(shown).toBe(0);
});

test("totals that start again never show a negative rate", () => {
  const rates = new Rates();
  rates.update("origin", 900_000, 0);
  expect(rates.update("origin", 0, 1_000)).toBe(0);
});
