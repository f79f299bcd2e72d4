// `npm test`: everything. `--unit`: unit and property tests alone; `--e2e`: those in a real browser alone.
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBuilt, ensureChromium, ensureInstalled, run } from "./setup.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const UNIT_JSON = join(ROOT, ".build/unit.json");
const E2E_JSON = join(ROOT, ".build/e2e.json");

const total = { passed: 0, failed: 0, skipped: 0 };
/** What failed, for the lines before the last. */
const failures = [];

const args = process.argv.slice(2);
const unknown = args.find((arg) => arg !== "--unit" && arg !== "--e2e");
if (unknown !== undefined) {
  console.error(`There is no option ${unknown}; npm test takes --unit or --e2e.`);
  process.exit(1);
}
const only = args[0];

ensureInstalled();
if (only === undefined) {
  check("typecheck", "npx", ["tsc", "-b"]);
  check("lint", "npx", ["oxlint"]);
}
if (only !== "--e2e") unit();
if (only === undefined) {
  check("build", process.execPath, ["scripts/build.mjs"]);
  check("size", process.execPath, ["scripts/size.mjs"]);
}
if (only !== "--unit") await e2e();

for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** A command that is no test suite: it counts when it fails. */
function check(name, command, commandArgs) {
  title(name);
  if (run(command, commandArgs) !== 0) fails(name);
}

function unit() {
  title("unit and property tests");
  rmSync(UNIT_JSON, { force: true });
  const status = run("npx", ["vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${UNIT_JSON}`]);
  const report = read(UNIT_JSON);
  const results = (report?.testResults ?? []).flatMap((file) => file.assertionResults);
  count("unit", status, {
    passed: report?.numPassedTests ?? 0,
    failed: report?.numFailedTests ?? 0,
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
    titles: results.filter((result) => result.status === "failed").map((result) => result.fullName),
  });
}

async function e2e() {
  title("tests in a real browser");
  process.env.SHOAL_CHROMIUM = await ensureChromium();
  await ensureBuilt(["esm", "esm-trust", "script-tag", "script-tag-trust"]);
  rmSync(E2E_JSON, { force: true });
  process.env.PLAYWRIGHT_JSON_OUTPUT_NAME = E2E_JSON;
  const status = run("npx", ["playwright", "test", "-c", "e2e/playwright.config.ts", "--reporter=list,json"]);
  const report = read(E2E_JSON);
  count("e2e", status, {
    passed: (report?.stats.expected ?? 0) + (report?.stats.flaky ?? 0),
    failed: report?.stats.unexpected ?? 0,
    skipped: report?.stats.skipped ?? 0,
    titles: specs(report?.suites ?? []).filter((spec) => !spec.ok).map((spec) => spec.title),
  });
}

/** A suite may fail without a failed test: a file that does not load, an error outside of the tests. */
function count(suite, status, { passed, failed, skipped, titles }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  failures.push(...titles.map((name) => `${suite}: ${name}`));
  if (failed === 0 && (status !== 0 || passed === 0)) fails(`${suite}: the suite itself`);
}

function specs(suites) {
  return suites.flatMap((suite) => [...(suite.specs ?? []), ...specs(suite.suites ?? [])]);
}

function fails(name) {
  total.failed += 1;
  failures.push(name);
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function title(name) {
  console.log(`\n== ${name}`);
}
