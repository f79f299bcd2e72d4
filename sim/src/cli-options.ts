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

/** A sentence for whoever typed it. */
export class CliError extends Error {}

/** Reads the command line. "list" and "help" ask for text alone. */
export function readOptions(words: readonly string[]): CliOptions | "list" | "help" {
  const values = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const [name = "", inline] = (words[i] ?? "").split("=", 2);
    if (name === "--list") return "list";
    if (name === "--help" || name === "-h") return "help";
    if (!FLAGS.has(name)) throw new CliError(`${words[i]} is not a flag of the simulator.\n${USAGE}`);
    const value = SWITCHES.has(name) ? "yes" : (inline ?? words[++i]);
    if (value === undefined) throw new CliError(`${name} wants a value.`);
    values.set(name, value);
  }
  const number = (name: string, { least, most, whole }: { least: number; most: number; whole: boolean }): number | undefined => {
    const text = values.get(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) throw new CliError(`${name} ${text} is not ${whole ? "a whole number" : "a number"} from ${least} to ${most}.`);
    return value;
  };
  const scenario = values.get("--scenario") ?? "live";
  if (!Object.hasOwn(SCENARIOS, scenario)) throw new CliError(`There is no scenario ${scenario}. There are: ${Object.keys(SCENARIOS).join(", ")}.`);
  const named = values.get("--delivery") ?? "auto";
  const delivery = DELIVERIES.find((d) => d === named);
  if (delivery === undefined) throw new CliError(`--delivery is ${DELIVERIES.join(", ")}, not ${named}.`);
  if (values.has("--seeds") && values.has("--plot")) throw new CliError("--plot draws one run: give it a --seed, without --seeds.");
  return {
    scenario, delivery,
    peers: number("--peers", { least: 1, most: 100_000, whole: true }) ?? 100,
    seed: number("--seed", { least: 0, most: 2 ** 31, whole: true }) ?? 1,
    seeds: number("--seeds", { least: 1, most: 1_000, whole: true }),
    ri: number("--ri", { least: 0.01, most: 100, whole: false }) ?? 1.2,
    seconds: number("--seconds", { least: 1, most: 1e6, whole: true }),
    freeRiders: number("--free-riders", { least: 0, most: 1, whole: false }),
    polluters: number("--polluters", { least: 0, most: 1, whole: false }),
    checkEvery: number("--check-every", { least: 1, most: 1e12, whole: true }) ?? 5_000,
    ...(values.has("--signed") && { signed: true }),
    json: values.has("--json"),
    plot: values.get("--plot"),
  };
}

const FLAGS = new Set(["--scenario", "--peers", "--seed", "--seeds", "--delivery", "--ri", "--seconds", "--json", "--plot", "--free-riders", "--polluters", "--signed", "--check-every"]);
const SWITCHES = new Set(["--json", "--signed"]);
