import { parseArgs } from "node:util";
import { playerNames, type PlayerName } from "./contract.js";
import { scenarios, type Scenario } from "./scenario.js";

export interface CliOptions {
  readonly players: readonly PlayerName[];
  readonly scenarios: readonly Scenario[];
  /** Instead of each scenario's own. */
  readonly viewers: number | undefined;
  readonly json: string | undefined;
  /** Folder for everything that was seen, one file a run. */
  readonly trace: string | undefined;
  readonly repeat: number;
  readonly headed: boolean;
}

/** A command line that cannot be followed. Its message is one sentence for the user. */
export class UsageError extends Error {
  readonly code = "usage";
}

export const usage = `npm run bench:browser -- --scenario NAME|all [options]
  --players A,B      of ${playerNames.join(", ")}; default shoal,p2p-media-loader,hls.js
  --viewers N        default: the scenario's own
  --repeat K         runs per player, the players taking turns; figures are medians; default 1
  --json FILE        writes the results, one object a player
  --trace FOLDER     writes what every page and the origin saw, one file a run
  --headed           shows the browser
  --list             prints the scenarios`;

/** Returns undefined where only the list or the usage was asked for. */
export function parseOptions(args: readonly string[]): CliOptions | "list" | "help" {
  const values = parse(args);
  if (values.help) return "help";
  if (values.list) return "list";
  return {
    players: (values.players ?? "shoal,p2p-media-loader,hls.js").split(",").map(toPlayer),
    scenarios: toScenarios(values.scenario),
    viewers: toCount(values.viewers, "--viewers"),
    json: values.json,
    trace: values.trace,
    repeat: toCount(values.repeat, "--repeat") ?? 1,
    headed: values.headed ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    const text = { type: "string" } as const;
    const flag = { type: "boolean" } as const;
    return parseArgs({
      args: [...args],
      options: { players: text, scenario: text, viewers: text, json: text, trace: text, repeat: text, headed: flag, list: flag, help: flag },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function toPlayer(name: string): PlayerName {
  const player = playerNames.find((known) => known === name.trim());
  if (!player) throw new UsageError(`There is no player "${name}"; there are ${playerNames.join(", ")}.`);
  return player;
}

function toScenarios(name: string | undefined): readonly Scenario[] {
  if (name === "all") return scenarios;
  const scenario = scenarios.find((known) => known.name === name);
  if (!scenario) {
    throw new UsageError(`${name === undefined ? "--scenario is missing" : `There is no scenario "${name}"`}; --list shows them.`);
  }
  return [scenario];
}

function toCount(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 64) throw new UsageError(`${option} takes a whole number from 1 to 64, not "${text}".`);
  return count;
}
