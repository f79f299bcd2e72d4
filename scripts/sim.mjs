// `npm run sim -- [flags]`: installs what is missing, then runs the simulator. A process of its own, since 10,000 peers need
// more memory than Node takes unasked.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const major = Number(process.versions.node.split(".")[0]);
if (major < 20) {
  console.error(`Shoal needs Node 20 or newer, and this is ${process.version}; install it from https://nodejs.org.`);
  process.exit(1);
}

const { ensureInstalled } = await import("./setup.mjs");
await ensureInstalled();
const main = fileURLToPath(new URL("../sim/src/main.ts", import.meta.url));
const child = spawn(process.execPath, ["--max-old-space-size=11000", "--import", "tsx", main, ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => process.exit(code ?? 1));
