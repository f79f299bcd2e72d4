import { parseArgs } from "node:util";
import { CliError } from "./cli-error.js";

export type Command =
  | { readonly type: "help" }
  | { readonly type: "keygen"; readonly out: string }
  | { readonly type: "publish"; readonly target: string; readonly keyFile: string; readonly base: URL | undefined; readonly watch: boolean };

export const HELP = `Usage: shoal keygen [--out FILE]
       shoal publish FOLDER|PLAYLIST --key FILE [--base URL] [--watch]

keygen    makes the key pair that a publisher signs with, and prints the public key: the SDK's contentKey
  --out FILE    where the private key goes; default shoal-key.pem; an existing file is never overwritten

publish   writes a signed content manifest, PLAYLIST.shoal, beside each media playlist of an HLS stream
  --key FILE    the private key
  --base URL    address under which viewers find the folder, https://cdn.example.com/film/; needed when one key signs several
                streams, and when playlists give their segments as whole addresses
  --watch       for a live packager: goes on, and signs each segment as its playlist lists it`;

/** @throws CliError */
export function parseCommandLine(argv: readonly string[]): Command {
  const [name, ...rest] = argv;
  if (name === undefined || name === "help" || argv.includes("--help") || argv.includes("-h")) return { type: "help" };
  switch (name) {
    case "keygen": return parseKeygen(rest);
    case "publish": return parsePublish(rest);
    default: throw new CliError("usage", `There is no command "${name}"; the commands are keygen and publish, and shoal --help says more.`);
  }
}

function parseKeygen(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv, { out: { type: "string" } });
  if (positionals.length > 0) throw new CliError("usage", `keygen takes no "${positionals[0]}"; say with --out where the key goes.`);
  return { type: "keygen", out: stringOf(values["out"]) ?? "shoal-key.pem" };
}

function parsePublish(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv, { key: { type: "string" }, base: { type: "string" }, watch: { type: "boolean" } });
  const [target, another] = positionals;
  if (target === undefined) throw new CliError("usage", "Say which folder or playlist to publish: shoal publish FOLDER --key FILE.");
  if (another !== undefined) throw new CliError("usage", `One folder or playlist at a time, not also "${another}".`);
  const keyFile = stringOf(values["key"]);
  if (keyFile === undefined) throw new CliError("usage", "Say with --key which private key signs; shoal keygen makes one.");
  return { type: "publish", target, keyFile, base: baseOf(stringOf(values["base"])), watch: values["watch"] === true };
}

function parse(argv: readonly string[], options: Record<string, { type: "string" | "boolean" }>) {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options });
  } catch (error) {
    const sentence = error instanceof Error ? (error.message.split(". ")[0] ?? "") : "The options cannot be read";
    throw new CliError("usage", `${sentence}; shoal --help shows what there is.`);
  }
}

const stringOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** The address of a folder; that of a playlist in it does as well. */
function baseOf(text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new CliError("usage", `--base takes the http or https address of the folder, not "${text.slice(0, 80)}".`);
  }
  url.search = url.hash = "";
  if (url.pathname.endsWith(".m3u8")) return new URL(".", url);
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}
