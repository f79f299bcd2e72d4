import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin, type UserConfig } from "vite";
import { leanDependencies } from "./sdk/shims/lean-dependencies.js";
import { privateNames } from "./sdk/shims/private-names.js";

const root = dirname(fileURLToPath(import.meta.url));
const at = (...parts: string[]): string => join(root, ...parts);

interface Library {
  readonly entry: string;
  readonly format: "es" | "iife";
  readonly fileName: string;
  /** Of the global that a script tag makes. */
  readonly name?: string;
  readonly footer?: string;
}

/** A part of the SDK as one file. Nothing is external: hls.js is the page's own, and only its types are imported. */
function library({ entry, format, fileName, name = "Shoal", footer }: Library): UserConfig {
  const { regex, cache } = privateNames(root);
  return {
    publicDir: false,
    build: {
      outDir: at("sdk/dist"),
      emptyOutDir: false,
      target: "es2022",
      minify: "terser",
      // Terser after Vite's own minifier: each finds what the other leaves, together 3 % less than either.
      terserOptions: {
        ecma: 2020,
        // Declarations together and statements apart: what is alike packs better.
        compress: { passes: 3, pure_getters: true, hoist_funs: true, sequences: false },
        mangle: { module: format === "es", properties: { regex } },
        // One table for all files, which hand each other's objects around.
        nameCache: { props: { props: cache } },
      },
      sourcemap: true,
      lib: { entry: at(entry), formats: [format], name, fileName: () => fileName },
      rolldownOptions: {
        checks: { pluginTimings: false },
        output: {
          ...(footer === undefined ? {} : { footer }),
          // Vite keeps white space in ES libraries unless told otherwise.
          minify: true,
          // A namespace that says of itself that it is one: of no use to a global.
          generatedCode: { symbols: false },
        },
      },
    },
    plugins: [trustApart(format)],
  };
}

/** The part that is loaded on demand stays a file of its own, which a module imports and a script tag adds to the page. */
function trustApart(format: "es" | "iife"): Plugin {
  return {
    name: "shoal:trust-apart",
    enforce: "pre",
    resolveId(source) {
      if (format === "es" && source === "./trust.js") return { id: "./shoal-trust.js", external: true };
      // Most pages never push: the tag pulls.
      if (format === "iife" && source === "./with-push.js") return at("sdk/src/without-push.ts");
      if (format === "iife" && source === "./with-receipts.js") return at("sdk/src/without-receipts.ts");
      if (format === "iife" && source === "./sub-streams.js") return at("sdk/src/wire/without-sub-streams.ts");
      if (format === "iife" && source === "./receipt.js") return at("sdk/src/wire/without-receipt.ts");
      return format === "iife" && source === "./load-trust.js" ? at("sdk/src/load-trust-beside-tag.ts") : null;
    },
  };
}

export const esm = (): UserConfig => library({ entry: "sdk/src/index.ts", format: "es", fileName: "shoal.js" });
export const esmTrust = (): UserConfig => library({ entry: "sdk/src/trust.ts", format: "es", fileName: "shoal-trust.js" });
/** The class itself is the global, not a namespace around it. */
export const scriptTag = (): UserConfig => library({ entry: "sdk/src/script-tag.ts", format: "iife", fileName: "shoal.min.js", footer: "Shoal=Shoal.Shoal;" });
export const scriptTagTrust = (): UserConfig => library({ entry: "sdk/src/trust.ts", format: "iife", fileName: "shoal-trust.min.js", name: "ShoalTrust" });

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

const MODES: Readonly<Record<string, () => UserConfig>> = { esm, "esm-trust": esmTrust, "script-tag": scriptTag, "script-tag-trust": scriptTagTrust, demo, cli };

/** `vite build --mode esm | esm-trust | script-tag | script-tag-trust | demo | cli`; without a build it is what the demo needs. */
export default defineConfig(({ mode }) => {
  const config = (MODES[mode] ?? demo)();
  return { ...config, plugins: [leanDependencies(), ...(config.plugins ?? [])] };
});
