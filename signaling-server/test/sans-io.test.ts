import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";

/** The tracker and everything it imports, as the simulator gets it. */
function closure(file: string, seen = new Map<string, string>()): Map<string, string> {
  if (seen.has(file)) return seen;
  const text = readFileSync(file, "utf8");
  seen.set(file, text);
  for (const [, specifier = ""] of text.matchAll(/from "([^"]+)"/g)) {
    expect(specifier, `${file} imports a package`).toMatch(/^\.\//);
    closure(join(dirname(file), specifier.replace(/\.js$/, ".ts")), seen);
  }
  return seen;
}

it("the tracker has no clock, timer, randomness, promise or package of its own", () => {
  const files = closure(join(import.meta.dirname, "../src/tracker.ts"));
  expect(files.size).toBeGreaterThan(5);
  for (const [file, text] of files) expect(text, file).not.toMatch(/Date\.|performance|Math\.random|setTimeout|setInterval|Promise|async |process\.|Buffer|crypto/);
});
