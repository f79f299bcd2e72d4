import { spawn, spawnSync } from "node:child_process";
import { basename, join } from "node:path";

import { StartError } from "./start-flags.js";

const SEGMENT_S = 4;
const PLAYLIST = "stream.m3u8";
/** Both are needed, and packages bring them together. */
const NO_FFMPEG = "Playing a video file needs ffmpeg, which is not installed; install it (Debian: apt-get install ffmpeg) or give an m3u8.";

interface Probe {
  readonly streams?: readonly { readonly codec_type?: string; readonly codec_name?: string; readonly pix_fmt?: string }[];
  readonly format?: { readonly duration?: string };
}

/**
 * Turns a video file into an HLS stream in `folder` and returns its playlist's name. H.264 and AAC are copied, anything
 * else is encoded.
 *
 * @throws StartError when ffmpeg is missing or cannot read the file
 */
export async function transcode(job: {
  readonly file: string;
  readonly folder: string;
  readonly say: (sentence: string) => void;
}): Promise<string> {
  const { streams = [], format } = probe(job.file);
  const video = streams.find((stream) => stream.codec_type === "video");
  const audio = streams.find((stream) => stream.codec_type === "audio");
  if (video === undefined) throw new StartError(`${basename(job.file)} has no picture that ffmpeg can read.`);
  const isVideoReady = video.codec_name === "h264" && (video.pix_fmt === "yuv420p" || video.pix_fmt === "yuvj420p");
  const videoArgs = isVideoReady
    ? ["-c:v", "copy"]
    : ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-force_key_frames", `expr:gte(t,n_forced*${SEGMENT_S})`];
  const audioArgs = audio?.codec_name === "aac" ? ["-c:a", "copy"] : ["-c:a", "aac", "-ac", "2"];
  job.say(`${isVideoReady ? "Cutting" : "Encoding"} ${basename(job.file)} into an HLS stream ...`);
  await runFfmpeg(
    ["-i", job.file, "-map", "0:v:0", "-map", "0:a:0?", ...videoArgs, ...audioArgs, "-f", "hls", "-hls_time", String(SEGMENT_S),
      "-hls_playlist_type", "vod", "-hls_segment_filename", join(job.folder, "seg%d.ts"), join(job.folder, PLAYLIST)],
    Number(format?.duration ?? Number.NaN),
  );
  return PLAYLIST;
}

function probe(file: string): Probe {
  const { error, status, stdout } = spawnSync("ffprobe", ["-v", "error", "-of", "json", "-show_streams", "-show_format", file], { encoding: "utf8" });
  if (error !== undefined) throw new StartError(NO_FFMPEG);
  if (status !== 0) throw new StartError(`${basename(file)} is not a video that ffmpeg can read.`);
  return JSON.parse(stdout) as Probe;
}

async function runFfmpeg(args: readonly string[], durationS: number): Promise<void> {
  const child = spawn("ffmpeg", ["-y", "-nostdin", "-v", "error", "-progress", "pipe:1", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const killChild = (): void => void child.kill("SIGKILL");
  process.once("exit", killChild);
  child.stdout.setEncoding("utf8").on("data", (text: string) => showProgress(text, durationS));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", () => reject(new StartError(NO_FFMPEG)));
    child.once("close", resolve);
  });
  process.off("exit", killChild);
  if (process.stdout.isTTY) process.stdout.write("\r\u001b[K");
  if (status !== 0) throw new StartError("ffmpeg could not turn the file into a stream; what it says is above.");
}

/** One line that overwrites itself; nothing where the output is not a terminal. */
function showProgress(text: string, durationS: number): void {
  const doneUs = Number(/out_time_us=(\d+)(?![\s\S]*out_time_us)/.exec(text)?.[1] ?? Number.NaN);
  if (!process.stdout.isTTY || !Number.isFinite(doneUs)) return;
  const done = Number.isFinite(durationS) ? `${Math.min(100, Math.floor(doneUs / durationS / 1e4))} %` : `${Math.floor(doneUs / 1e6)} s`;
  process.stdout.write(`\r  ${done} done`);
}
