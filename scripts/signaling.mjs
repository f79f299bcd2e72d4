// `npm run signaling -- [flags]`: installs what is missing, then runs the signaling server in this process, so that flags
// and signals reach it as they are.
const major = Number(process.versions.node.split(".")[0]);
if (major < 20) {
  console.error(`Shoal needs Node 20 or newer, and this is ${process.version}; install it from https://nodejs.org.`);
  process.exit(1);
}

const { ensureInstalled } = await import("./setup.mjs");
await ensureInstalled();
const { tsImport } = await import("tsx/esm/api");
await tsImport("../signaling-server/src/main.ts", import.meta.url);
