/** A sentence for whoever typed it. */
export class CliError extends Error {}

export interface CommandLine {
  readonly has: (name: string) => boolean;
  readonly text: (name: string) => string | undefined;
  /** @throws CliError where what was typed is no such number. */
  readonly number: (name: string, range: { readonly least: number; readonly most: number; readonly whole: boolean }) => number | undefined;
}

/**
 * Reads `--name value`, `--name=value`, and switches, which have no value.
 * @throws CliError at what is neither, and at a flag without its value.
 */
export function readCommandLine(words: readonly string[], { flags, switches, usage }: { readonly flags: readonly string[]; readonly switches: readonly string[]; readonly usage: string }): CommandLine {
  const values = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const [name = "", inline] = (words[i] ?? "").split("=", 2);
    if (!flags.includes(name) && !switches.includes(name)) throw new CliError(`${words[i]} is not a flag here.\n${usage}`);
    const value = switches.includes(name) ? "yes" : (inline ?? words[++i]);
    if (value === undefined) throw new CliError(`${name} wants a value.`);
    values.set(name, value);
  }
  return {
    has: (name) => values.has(name),
    text: (name) => values.get(name),
    number: (name, { least, most, whole }) => {
      const text = values.get(name);
      if (text === undefined) return undefined;
      const value = Number(text);
      if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) throw new CliError(`${name} ${text} is not ${whole ? "a whole number" : "a number"} from ${least} to ${most}.`);
      return value;
    },
  };
}
