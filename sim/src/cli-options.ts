import { CliError, readCommandLine } from "./command-line.js";
import { SCENARIOS } from "./scenario.js";
import { DELIVERIES, type Delivery } from "./world.js";

export interface CliOptions {
  readonly scenario: string;
  readonly peers: number;
  readonly seed: number;
  /** So many runs, from `seed` on, instead of one. */
  readonly seeds: number | undefined;
  readonly delivery: Delivery;
  readonly ri: number;
  readonly seconds: number | undefined;
  readonly json: boolean;
  readonly plot: string | undefined;
  readonly freeRiders: number | undefined;
  readonly polluters: number | undefined;
  /** Viewers have the publisher's key. */
  readonly signed?: boolean;
  readonly checkEvery: number;
}

export const USAGE = `npm run sim -- --scenario NAME [--peers N] [--seed S] [--seeds K] [--delivery auto|seats|tree|hybrid|coded|mesh|origin] [--ri X] [--seconds T]
               [--free-riders SHARE] [--polluters SHARE] [--signed] [--check-every STEPS] [--json] [--plot FILE.svg|FILE.html]
npm run sim -- --list`;

/** Reads the command line. "list" and "help" ask for text alone. */
export function readOptions(words: readonly string[]): CliOptions | "list" | "help" {
  const { has, text, number } = readCommandLine(words, { flags: FLAGS, switches: SWITCHES, usage: USAGE });
  if (has("--list")) return "list";
  if (has("--help") || has("-h")) return "help";
  const scenario = text("--scenario") ?? "live";
  if (!Object.hasOwn(SCENARIOS, scenario)) throw new CliError(`There is no scenario ${scenario}. There are: ${Object.keys(SCENARIOS).join(", ")}.`);
  const named = text("--delivery") ?? "auto";
  const delivery = DELIVERIES.find((d) => d === named);
  if (delivery === undefined) throw new CliError(`--delivery is ${DELIVERIES.join(", ")}, not ${named}.`);
  if (has("--seeds") && has("--plot")) throw new CliError("--plot draws one run: give it a --seed, without --seeds.");
  return {
    scenario, delivery,
    peers: number("--peers", { least: 1, most: 100_000, whole: true }) ?? 100,
    seed: number("--seed", { least: 0, most: 2 ** 31, whole: true }) ?? 1,
    seeds: number("--seeds", SEEDS),
    ri: number("--ri", { least: 0.01, most: 100, whole: false }) ?? 1.2,
    seconds: number("--seconds", SECONDS),
    freeRiders: number("--free-riders", { least: 0, most: 1, whole: false }),
    polluters: number("--polluters", { least: 0, most: 1, whole: false }),
    checkEvery: number("--check-every", { least: 1, most: 1e12, whole: true }) ?? CHECK_EVERY,
    ...(has("--signed") && { signed: true }),
    json: has("--json"),
    plot: text("--plot"),
  };
}

export const SEEDS = { least: 1, most: 1_000, whole: true };
export const SECONDS = { least: 1, most: 1e6, whole: true };
/** Steps between two looks through an engine's books. */
export const CHECK_EVERY = 5_000;

const FLAGS = ["--scenario", "--peers", "--seed", "--seeds", "--delivery", "--ri", "--seconds", "--plot", "--free-riders", "--polluters", "--check-every"];
const SWITCHES = ["--json", "--signed", "--list", "--help", "-h"];
