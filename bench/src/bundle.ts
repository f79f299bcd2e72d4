import { existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, defaultClientConditions } from "vite";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Bundles the viewer's page, all players in it, and returns the folder it is in. */
export async function bundlePage(): Promise<string> {
  const outDir = folder("../dist");
  await build({
    configFile: false,
    root: folder("../page"),
    logLevel: "warn",
    // shoal: what is shipped, not its sources.
    resolve: {
      alias: { shoal: shoalEntry() },
      // p2p-media-loader's own bundle of its core, with the Node modules it needs filled in.
      conditions: ["p2pml:core-as-bundle", ...defaultClientConditions],
    },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2023",
      minify: false,
      modulePreload: false,
      lib: { entry: folder("../page/main.ts"), formats: ["es"], fileName: () => "page.js" },
    },
    define: { "process.env.NODE_ENV": '"production"' },
  });
  await mkdir(outDir, { recursive: true });
  await copyFile(folder("../page/index.html"), `${outDir}/index.html`);
  return outDir;
}

function shoalEntry(): string {
  const shipped = folder("../../sdk/dist/shoal.js");
  return existsSync(shipped) ? shipped : folder("../../sdk/src/index.ts");
}
