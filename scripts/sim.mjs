// `npm run sim -- [flags]`: installs what is missing, bundles the simulator (a second quicker a minute than running TypeScript
// through tsx, whose named closures cost time), and runs it in a process of its own: 10,000 peers need more memory than Node
// takes unasked. `npm run compare` is the same with `compare` in front of its flags.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled } from "./setup.mjs";

await ensureInstalled();
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outDir = join(root, ".build", "sim", String(process.pid));
const { build } = await import("vite");
await build({
  root, configFile: false, logLevel: "error", publicDir: false,
  build: { ssr: "sim/src/main.ts", outDir, emptyOutDir: false, target: "node20", minify: false },
});
const { rmSync } = await import("node:fs");
const child = spawn(process.execPath, ["--max-old-space-size=11000", "--max-semi-space-size=256", ...(process.env.SIM_NODE_FLAGS?.split(" ") ?? []), join(outDir, "main.js"), ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => {
  rmSync(outDir, { recursive: true, force: true });
  process.exit(code ?? 1);
});
