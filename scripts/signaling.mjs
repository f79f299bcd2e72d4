// `npm run signaling -- [flags]`: installs what is missing, then runs the signaling server in this process, so that flags
// and signals reach it as they are.
import { ensureInstalled } from "./setup.mjs";

await ensureInstalled();
const { tsImport } = await import("tsx/esm/api");
await tsImport("../signaling-server/src/main.ts", import.meta.url);
