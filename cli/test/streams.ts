import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFailed, onTestFinished } from "vitest";
import { runProgram } from "../src/program.js";

const BIN = fileURLToPath(new URL("../bin/shoal.js", import.meta.url));

/** Some tests want streams that a real packager writes; where there is none, they are skipped. */
export const HAS_FFMPEG = spawnSync("ffmpeg", ["-version"]).status === 0;

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "shoal-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const PICTURE = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-f", "lavfi", "-i", "sine=f=440"];
const CODECS = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-c:a", "aac"];

/** Eight seconds of HLS in `folder`, made by ffmpeg; `args` say of what kind. */
export function makeStream(folder: string, args: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  const run = spawnSync("ffmpeg", ["-y", "-v", "error", ...PICTURE, "-t", "8", ...CODECS, "-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", ...args], { cwd: folder, encoding: "utf8" });
  if (run.status !== 0) throw new Error(run.stderr);
}

/** A live packager, killed with the test. */
export function startPackager(folder: string, args: readonly string[]): { readonly stop: () => Promise<void> } {
  const child = spawn("ffmpeg", ["-y", "-v", "error", "-re", ...PICTURE, ...CODECS, "-f", "hls", "-hls_time", "1", ...args], { cwd: folder, stdio: "ignore" });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = (): Promise<void> => {
    child.kill("SIGKILL");
    return closed;
  };
  onTestFinished(stop);
  return { stop };
}

/** A stream of files that need not be media, for what does not depend on it. */
export function writeStream(folder: string, { segments, ended = true, first = 0 }: { segments: readonly string[]; ended?: boolean; first?: number }): string {
  const file = join(folder, "index.m3u8");
  writeFileSync(file, playlistText({ segments, ended, first }));
  segments.forEach((name, i) => writeFileSync(join(folder, name), Buffer.alloc(40_000, first + i)));
  return file;
}

export function playlistText({ segments, ended = true, first = 0 }: { segments: readonly string[]; ended?: boolean; first?: number }): string {
  const lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:4", `#EXT-X-MEDIA-SEQUENCE:${first}`, ...segments.flatMap((name) => ["#EXTINF:4,", name]), ...(ended ? ["#EXT-X-ENDLIST"] : [])];
  return `${lines.join("\n")}\n`;
}

export interface ProgramRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program, in this process: starting one takes longer than what it does. */
export async function shoal(...args: readonly string[]): Promise<ProgramRun> {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const status = await runProgram(args, { result: (line) => stdout.push(line), note: (line) => stderr.push(line) }, new AbortController().signal);
  return { status, stdout: stdout.join("\n"), stderr: stderr.join("\n") };
}

/** `shoal publish --watch`, ended as by Ctrl-C with the test. */
export function startWatching(target: string, keyFile: string): { readonly output: () => string; readonly stop: () => Promise<number | null> } {
  const child = spawn(process.execPath, [BIN, "publish", target, "--key", keyFile, "--watch"], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  const stop = (): Promise<number | null> => {
    child.kill("SIGINT");
    return closed;
  };
  onTestFinished(() => void stop());
  onTestFailed(() => console.log(output));
  return { output: () => output, stop };
}

export function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
