import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type UserConfig } from "vite";
import { leanDependencies } from "./sdk/shims/lean-dependencies.js";
import { privateNames } from "./sdk/shims/private-names.js";

const root = dirname(fileURLToPath(import.meta.url));
const at = (...parts: string[]): string => join(root, ...parts);

/** The SDK as one file. Nothing is external: hls.js is the page's own, and only its types are imported. */
function library(entry: string, format: "es" | "iife", fileName: string): UserConfig {
  return {
    publicDir: false,
    build: {
      outDir: at("sdk/dist"),
      emptyOutDir: false,
      target: "es2022",
      minify: "terser",
      // Terser after Vite's own minifier: each finds what the other leaves, together 3 % less than either.
      terserOptions: { ecma: 2020, compress: { passes: 2 }, mangle: { module: format === "es", properties: { regex: privateNames(root) } } },
      sourcemap: true,
      lib: { entry: at(entry), formats: [format], name: "Shoal", fileName: () => fileName },
      rolldownOptions: {
        checks: { pluginTimings: false },
        output: {
          // The class itself is the global, not a namespace around it.
          ...(format === "iife" ? { footer: "Shoal=Shoal.Shoal;" } : {}),
          // Vite keeps white space in ES libraries unless told otherwise.
          minify: true,
          // A namespace that says of itself that it is one: of no use to a global.
          generatedCode: { symbols: false },
        },
      },
    },
  };
}

export const esm = (): UserConfig => library("sdk/src/index.ts", "es", "shoal.js");
export const scriptTag = (): UserConfig => library("sdk/src/script-tag.ts", "iife", "shoal.min.js");

const demo = (): UserConfig => ({
  root: at("demo"),
  base: "./",
  resolve: { alias: { shoal: at("sdk/src/index.ts") } },
  build: { outDir: at("demo/dist"), emptyOutDir: true, target: "es2022" },
});

/** The command line program as one file for plain Node, with what it uses of hls.js inside. */
const cli = (): UserConfig => ({
  publicDir: false,
  build: {
    ssr: at("cli/src/main.ts"),
    outDir: at("cli/dist"),
    emptyOutDir: true,
    target: "node20",
    minify: true,
    rolldownOptions: { checks: { pluginTimings: false }, output: { entryFileNames: "shoal.js" } },
  },
  ssr: { noExternal: true },
});

const MODES: Readonly<Record<string, () => UserConfig>> = { esm, "script-tag": scriptTag, demo, cli };

/** `vite build --mode esm | script-tag | demo | cli`; without a build it is what the demo needs. */
export default defineConfig(({ mode }) => {
  const config = (MODES[mode] ?? demo)();
  return { ...config, plugins: [leanDependencies()] };
});
