import { cp, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { ensureBuilt } from "../scripts/setup.mjs";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The viewer's script as a classic one, since it has to run before the SDK's. */
export default async function buildPages(): Promise<void> {
  await ensureBuilt(["esm", "esm-trust", "script-tag", "script-tag-trust"]);
  await build({
    configFile: false,
    logLevel: "warn",
    build: {
      outDir: folder("dist"),
      target: "es2023",
      minify: false,
      lib: { entry: folder("page/viewer.ts"), formats: ["iife"], name: "e2eViewer", fileName: () => "viewer.js" },
    },
  });
  await mkdir(folder("dist"), { recursive: true });
  await cp(folder("page/viewer.html"), folder("dist/viewer.html"));
}
