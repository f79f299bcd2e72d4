// Makes the sample media in origin/media: `npm run media`. It needs ffmpeg (with libx264 and libfreetype), once; the
// result is committed, so nobody else does.
//
// Three levels of one minute, cut every 2 s at a keyframe and stored as one MPEG-TS file a level; media.json says
// where each cut lies. The origin joins two cuts to a 4 s segment and stuffs it to the level's announced rate with
// null packets, as a constant-rate multiplexer does: so 1.5 Mb/s on the wire costs half of that in the repository.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MEDIA_DIR = fileURLToPath(new URL("../origin/media", import.meta.url));
const MEDIA_S = 60;
const CUT_S = 2;
const FRAMES_PER_S = 25;
const FMP4_S = 24;
const FMP4_SEGMENT_S = 4;
const COMMITTED_LIMIT_BYTES = 12_000_000;

const LEVELS = [
  { name: "level0", label: "240p", width: 426, height: 240, videoKbps: 120, announcedBps: 300_000 },
  { name: "level1", label: "360p", width: 640, height: 360, videoKbps: 300, announcedBps: 700_000 },
  { name: "level2", label: "480p", width: 854, height: 480, videoKbps: 800, announcedBps: 1_500_000 },
];
const CODECS = "avc1.4d401e,mp4a.40.2";

/** Conway's life drifting over a slowly turning gradient: detail that moves everywhere, pleasant, and cheap to encode. */
const PICTURE = [
  `gradients=s=856x480:r=${FRAMES_PER_S}:c0=0x0b1d3a:c1=0x145a8d:c2=0x1f9e8f:c3=0xe9a35b:n=4:speed=0.015:seed=7,format=gbrp[ground]`,
  "life=s=107x60:r=12.5:ratio=0.3:mold=12:seed=11:life_color=#bff3e6:death_color=#000000:mold_color=#14406a," +
    `scale=856:480:flags=bicubic,fps=${FRAMES_PER_S},format=gbrp[life]`,
  "[ground][life]blend=all_mode=screen,format=yuv420p[picture]",
].join(";");

/** A quiet chord that changes every 4 s, and a tick every second that matches the burnt-in clock. */
const SOUND =
  "aevalsrc='" +
  "0.10*sin(2*PI*t*(196+49*mod(floor(t/4)\\,3)))+0.07*sin(2*PI*t*(294+33*mod(floor(t/4)\\,4)))" +
  "+0.05*sin(2*PI*t*392)*(0.6+0.4*sin(2*PI*t/4))+0.25*sin(2*PI*t*1320)*exp(-60*mod(t\\,1))':s=48000";

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

function ffmpeg(args) {
  const run = spawnSync("ffmpeg", ["-y", "-v", "error", ...args], { stdio: ["ignore", "inherit", "inherit"] });
  if (run.error?.code === "ENOENT") fail("ffmpeg is not installed; install it (Debian: apt-get install ffmpeg) and run this again.");
  if (run.status !== 0) fail("ffmpeg failed; its message is above.");
}

function burnIn(level) {
  const borderPixels = Math.round(level.height / 60);
  const style = `font=monospace:fontsize=h/13:fontcolor=white:box=1:boxcolor=black@0.5:boxborderw=${borderPixels}:y=h*0.86`;
  return `drawtext=text='%{pts\\:hms}':x=w*0.04:${style},drawtext=text='${level.label} ${level.name}':x=w*0.96-tw:${style}`;
}

function videoArgs(level) {
  const gop = FRAMES_PER_S * CUT_S;
  return ["-c:v", "libx264", "-profile:v", "main", "-level:v", "3.0", "-preset", "veryslow", "-pix_fmt", "yuv420p",
    "-bf", "0", // B-frames would start the picture two frames after the sound, a gap each player skips in its own way
    "-b:v", `${level.videoKbps}k`, "-maxrate", `${level.videoKbps}k`, "-bufsize", `${level.videoKbps * CUT_S}k`,
    "-g", String(gop), "-keyint_min", String(gop), "-sc_threshold", "0"];
}

const AUDIO_ARGS = ["-c:a", "aac", "-b:a", "48k", "-ac", "1", "-ar", "48000"];

/** Encodes one level and returns the bytes of its 2 s cuts, in order. */
function encodeLevel(level, folder) {
  ffmpeg(["-filter_complex", `${PICTURE};[picture]scale=${level.width}:${level.height},setsar=1,${burnIn(level)}[v];${SOUND}[a]`,
    "-map", "[v]", "-map", "[a]", "-t", String(MEDIA_S), ...videoArgs(level), ...AUDIO_ARGS,
    "-f", "hls", "-hls_time", String(CUT_S), "-hls_list_size", "0", "-hls_segment_type", "mpegts",
    "-hls_segment_filename", join(folder, `${level.name}-%03d.ts`), join(folder, `${level.name}.m3u8`)]);
  const names = readdirSync(folder).filter((name) => name.startsWith(`${level.name}-`)).sort();
  return names.map((name) => readFileSync(join(folder, name)));
}

/** The fMP4 variant: one video rendition with EXT-X-MAP, its sound as a rendition of its own. */
function encodeFmp4(level, outDir) {
  mkdirSync(outDir, { recursive: true });
  ffmpeg(["-filter_complex", `${PICTURE};[picture]scale=${level.width}:${level.height},setsar=1,${burnIn(level)}[v];${SOUND}[a]`,
    "-map", "[v]", "-map", "[a]", "-t", String(FMP4_S), ...videoArgs(level), ...AUDIO_ARGS,
    "-f", "hls", "-hls_time", String(FMP4_SEGMENT_S), "-hls_list_size", "0", "-hls_playlist_type", "vod",
    "-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init-%v.mp4",
    "-var_stream_map", "v:0,agroup:sound,name:video a:0,agroup:sound,default:yes,name:audio",
    "-master_pl_name", "master.m3u8", "-hls_segment_filename", join(outDir, "%v-%d.m4s"), join(outDir, "%v.m3u8")]);
}

function folderBytes(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0);
}

const folder = mkdtempSync(join(tmpdir(), "shoal-media-"));
try {
  rmSync(MEDIA_DIR, { recursive: true, force: true });
  mkdirSync(MEDIA_DIR, { recursive: true });
  const levels = LEVELS.map((level) => {
    const cuts = encodeLevel(level, folder);
    if (cuts.length !== MEDIA_S / CUT_S) fail(`ffmpeg made ${cuts.length} cuts of ${level.name} instead of ${MEDIA_S / CUT_S}.`);
    const file = `${level.name}.mpegts`; // not .ts: the compiler and the linter would read it
    writeFileSync(join(MEDIA_DIR, file), Buffer.concat(cuts));
    console.log(`${level.name}: ${cuts.length} cuts, largest ${Math.max(...cuts.map((cut) => cut.length))} bytes`);
    return { name: level.name, file, width: level.width, height: level.height,
      announcedBps: level.announcedBps, codecs: CODECS, cutBytes: cuts.map((cut) => cut.length) };
  });
  writeFileSync(join(MEDIA_DIR, "media.json"), `${JSON.stringify({ cutS: CUT_S, frameRate: FRAMES_PER_S, levels })}\n`);
  encodeFmp4(LEVELS[0], join(MEDIA_DIR, "fmp4"));
  const bytes = folderBytes(MEDIA_DIR);
  console.log(`origin/media: ${(bytes / 1e6).toFixed(2)} MB`);
  if (bytes > COMMITTED_LIMIT_BYTES) fail("That is above the 12 MB that may be committed: lower a level's rate.");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
