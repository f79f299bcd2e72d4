import { parseArgs } from "node:util";

/** A mistake of the user's, told in one sentence: the program ends with `message` and exit code 1. */
export class StartError extends Error {
  readonly code = "cannot-start";
}

/** What `npm start --` was given. */
export interface StartFlags {
  readonly port: number;
  readonly trackerPort: number;
  readonly host: string;
  /** The user's own stream or file. */
  readonly source: string | undefined;
}

/** Shown by `npm start -- --help`. */
export const START_HELP = `Usage: npm start -- [flags] [URL or file]

Starts the demo: a signaling server, a sample origin with one VoD and one live stream, and the page that plays them.
With the URL or path of an m3u8 the page plays that; with a video file, ffmpeg turns it into a stream first.

  --port <n>           of the page and the sample streams; default 8080, or the next free one
  --tracker-port <n>   of the signaling server; default 8090, or the next free one
  --host <address>     to listen on; default 127.0.0.1 (0.0.0.0: other machines too)
  --help               this text`;

/** `undefined`: help was asked for. @throws StartError */
export function parseStartFlags(argv: readonly string[]): StartFlags | undefined {
  const { values, positionals } = parse(argv);
  if (values.help === true) return undefined;
  if (positionals.length > 1) throw new StartError(`One URL or file can be played, not ${positionals.length}.`);
  return {
    port: portOf("--port", values.port ?? "8080"),
    trackerPort: portOf("--tracker-port", values["tracker-port"] ?? "8090"),
    host: values.host ?? "127.0.0.1",
    source: positionals[0],
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        port: { type: "string" },
        "tracker-port": { type: "string" },
        host: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    const sentence = error instanceof Error ? (error.message.split(". ")[0] ?? "") : "The flags cannot be read";
    throw new StartError(`${sentence}; npm start -- --help shows what there is.`);
  }
}

function portOf(flag: string, text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new StartError(`${flag} takes a port number from 1 to 65535, not "${text.slice(0, 40)}".`);
}
