import { relative } from "node:path";
import { CliError } from "./cli-error.js";
import { type Command, HELP, parseCommandLine } from "./command-line.js";
import { makeKey, readKey } from "./content-key.js";
import { manifestFile } from "./manifest-file.js";
import { Publisher } from "./publisher.js";
import { StreamFolder } from "./stream-folder.js";
import { Watcher } from "./watcher.js";

/** Where a run says what: results, and what one should know beside them. */
export interface Output {
  readonly result: (line: string) => void;
  readonly note: (line: string) => void;
}

/** Runs the program; the exit code. `stop`: ends `--watch`. */
export async function runProgram(argv: readonly string[], output: Output, stop: AbortSignal): Promise<number> {
  try {
    await run(parseCommandLine(argv), output, stop);
    return 0;
  } catch (error) {
    output.note(error instanceof CliError ? error.message : String(error instanceof Error ? error.stack : error));
    return 1;
  }
}

async function run(command: Command, output: Output, stop: AbortSignal): Promise<void> {
  switch (command.type) {
    case "help": return output.result(HELP);
    case "keygen": {
      const { contentKey } = makeKey(command.out);
      output.note(`The private key is in ${command.out}; keep it to yourself. The public key, for the contentKey option of the SDK:`);
      return output.result(contentKey);
    }
    case "publish": return publish(command, output, stop);
  }
}

async function publish({ target, keyFile, base, watch }: Extract<Command, { type: "publish" }>, output: Output, stop: AbortSignal): Promise<void> {
  const key = readKey(keyFile);
  const folder = await StreamFolder.open(target, base, watch);
  const playlists = await folder.find(!watch);
  if (watch) return new Watcher({ folder, key, say: output.result }).run(stop);
  if (playlists.length === 0) throw new CliError("playlist", `There is no HLS media playlist in ${target}; give the folder that holds the m3u8 files, or wait for a packager with --watch.`);
  for (const playlist of playlists) {
    const { segments, mediaBytes, manifestBytes, ended, warnings } = await new Publisher(playlist, key).publish(true);
    for (const warning of warnings) output.note(warning);
    const note = ended ? "" : "; it is a live playlist: --watch signs what comes";
    output.result(`${relative(folder.root, manifestFile(playlist.file))}: ${segments} segments, ${(mediaBytes / 1e6).toFixed(1)} MB, signed in ${manifestBytes.toLocaleString("en")} bytes${note}`);
  }
  output.result(`Viewers check them with the contentKey ${key.contentKey}.`);
}
