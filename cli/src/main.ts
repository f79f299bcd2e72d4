import { relative } from "node:path";
import { CliError } from "./cli-error.js";
import { type Command, HELP, parseCommandLine } from "./command-line.js";
import { makeKey, readKey } from "./content-key.js";
import { manifestFile } from "./manifest-file.js";
import { Publisher } from "./publisher.js";
import { StreamFolder } from "./stream-folder.js";
import { Watcher } from "./watcher.js";

async function run(command: Command): Promise<void> {
  switch (command.type) {
    case "help": return console.log(HELP);
    case "keygen": {
      const { contentKey } = makeKey(command.out);
      console.error(`The private key is in ${command.out}; keep it to yourself. The public key, for the contentKey option of the SDK:`);
      return console.log(contentKey);
    }
    case "publish": return publish(command);
  }
}

async function publish({ target, keyFile, base, watch }: Extract<Command, { type: "publish" }>): Promise<void> {
  const key = readKey(keyFile);
  const folder = await StreamFolder.open(target, base, watch);
  const playlists = await folder.find(!watch);
  if (watch) {
    const stop = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
    return new Watcher({ folder, key, say: (sentence) => console.log(sentence) }).run(stop.signal);
  }
  if (playlists.length === 0) throw new CliError("playlist", `There is no HLS media playlist in ${target}; give the folder that holds the m3u8 files, or wait for a packager with --watch.`);
  for (const playlist of playlists) {
    const { segments, mediaBytes, manifestBytes, ended, warnings } = await new Publisher(playlist, key).publish(true);
    for (const warning of warnings) console.error(warning);
    const note = ended ? "" : "; it is a live playlist: --watch signs what comes";
    console.log(`${relative(folder.root, manifestFile(playlist.file))}: ${segments} segments, ${(mediaBytes / 1e6).toFixed(1)} MB, signed in ${manifestBytes.toLocaleString("en")} bytes${note}`);
  }
  console.log(`Viewers check them with the contentKey ${key.contentKey}.`);
}

try {
  await run(parseCommandLine(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof CliError ? error.message : error);
  process.exitCode = 1;
}
