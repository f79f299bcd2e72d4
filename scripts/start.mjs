// `npm start [-- URL or file]`: installs what is missing, builds the page, then runs the demo in this process, so that
// flags and signals reach it as they are.
import { ensureBuilt, ensureInstalled } from "./setup.mjs";

ensureInstalled();
if (!process.argv.includes("--help") && !process.argv.includes("-h")) await ensureBuilt(["demo"]);
const { tsImport } = await import("tsx/esm/api");
await tsImport("../origin/start.ts", import.meta.url);
