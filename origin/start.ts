import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { startSignalingServer } from "../signaling-server/src/server.js";
import { freePort } from "./free-port.js";
import { OWN_PATH, ownStream, type DemoStream } from "./own-stream.js";
import { startOrigin } from "./server.js";
import { parseStartFlags, START_HELP, StartError } from "./start-flags.js";

const DEMO_DIR = fileURLToPath(new URL("../demo/dist", import.meta.url));

const SAMPLE_STREAMS: readonly DemoStream[] = [
  { name: "Sample VoD", url: "/vod-5min/master.m3u8", live: false },
  { name: "Sample live", url: "/live/master.m3u8", live: true },
];

/** Runs the demo until SIGINT or SIGTERM: signaling server, sample origin, page. */
async function main(): Promise<void> {
  const flags = parseStartFlags(process.argv.slice(2));
  if (flags === undefined) return say(START_HELP);
  const undo: (() => Promise<void> | void)[] = [];
  const stop = once(async () => {
    for (const step of undo.reverse()) await step();
    process.exit(0);
  });
  // npm and the terminal both pass on Ctrl-C
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stop);

  const temporary = (): string => {
    const folder = mkdtempSync(join(tmpdir(), "shoal-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    return folder;
  };
  const own = flags.source === undefined ? undefined : await ownStream(flags.source, { temporary, say });
  const { host } = flags;
  const trackerPort = await freePort({ port: flags.trackerPort, host, purpose: "the signaling server" }, say);
  const signaling = await startSignalingServer({ port: trackerPort, host });
  undo.push(() => signaling.close());
  const port = await freePort({ port: flags.port, host, purpose: "the page" }, say);
  const origin = await startOrigin({ port, host });
  undo.push(() => origin.close());

  const streams = [...(own === undefined ? [] : [own.stream]), ...SAMPLE_STREAMS];
  if (own?.folder !== undefined) origin.mount(OWN_PATH, own.folder);
  origin.mount("/", DEMO_DIR);
  origin.answer("/config.json", (hostName) => JSON.stringify({ tracker: `http://${hostName}:${trackerPort}`, streams }));

  const shownHost = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
  const page = `http://${shownHost}:${port}/`;
  say(["", `  Shoal plays at   ${page}`, `  first stream     ${streams[0]?.name ?? ""}`, `  signaling        http://${shownHost}:${trackerPort}`,
    "", "  Open it in several tabs. Ctrl-C stops everything.", ""].join("\n"));
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}

function once(run: () => Promise<void>): () => void {
  let running: Promise<void> | undefined;
  return () => void (running ??= run());
}

main().catch((error: unknown) => {
  const isKnown = error instanceof StartError || (error instanceof Error && "code" in error && error.code === "bad-config");
  process.stderr.write(`${isKnown || !(error instanceof Error) ? String(error instanceof Error ? error.message : error) : error.stack}\n`);
  process.exit(1);
});
