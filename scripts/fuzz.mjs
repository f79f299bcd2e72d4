// `npm run fuzz -- [flags]`: installs what is missing, then tries to break what reads strangers' messages. Bundled like the simulator, for its speed.
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled } from "./setup.mjs";

ensureInstalled();
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outDir = join(root, ".build", "fuzz-bundle", String(process.pid));
const { build } = await import("vite");
await build({
  root, configFile: false, logLevel: "error", publicDir: false,
  build: { ssr: "fuzz/src/main.ts", outDir, emptyOutDir: false, target: "node20", minify: false },
});
const child = spawn(process.execPath, ["--enable-source-maps", join(outDir, "main.js"), ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => {
  rmSync(outDir, { recursive: true, force: true });
  process.exit(code ?? 1);
});
