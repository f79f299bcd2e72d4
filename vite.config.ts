import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin, type UserConfig } from "vite";

const root = dirname(fileURLToPath(import.meta.url));
const at = (...parts: string[]): string => join(root, ...parts);

/** What simple-peer requires of Node: each has a shim of a few lines in sdk/shims. */
const SIMPLE_PEER_SHIMS = ["buffer", "debug", "err-code", "get-browser-rtc", "queue-microtask", "randombytes", "readable-stream"];
const SOCKET_IO = /[\\/]node_modules[\\/](socket\.io-[a-z]+|engine\.io-[a-z]+|@socket\.io[\\/][a-z-]+)[\\/]/;

/**
 * Cuts the two packages the SDK stands on to what it uses: simple-peer without the Node stream polyfill, Socket.IO with
 * the WebSocket transport alone. Together 15 KB gzip instead of 41.
 */
export function leanDependencies(): Plugin {
  return {
    name: "shoal:lean-dependencies",
    enforce: "pre",
    async resolveId(source, importer, options) {
      if (source === "simple-peer") return this.resolve("simple-peer/index.js", importer, { ...options, skipSelf: true });
      if (importer?.includes("simple-peer") && SIMPLE_PEER_SHIMS.includes(source)) return at("sdk/shims", `${source}.cjs`);
      if (importer === undefined || !SOCKET_IO.test(importer)) return null;
      if (source === "./transports/index.js") return join(dirname(importer), "transports", "index.js?websocket");
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true });
      return resolved && { ...resolved, moduleSideEffects: false };
    },
    load(id) {
      // WebSocket alone: no sticky sessions for the tracker, and 2 KB less.
      if (!id.endsWith("index.js?websocket")) return null;
      return `import { WS } from "./websocket.js"; export const transports = { websocket: WS };`;
    },
    transform(code, id) {
      if (!/simple-peer[\\/]index\.js$/.test(id)) return null;
      // Debug calls and the one warning: what a stranger sends must not fill a viewer's console.
      const lean = code
        .replace(/^\s*this\._debug\(\s*(?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\n/gm, "\n")
        .replace("console.warn(message)", "");
      if (lean.includes("this._debug(")) this.error("simple-peer changed: a debug call was not stripped");
      return { code: lean, map: null };
    },
  };
}

/** The SDK as one file. Nothing is external: hls.js is the page's own, and only its types are imported. */
function library(entry: string, format: "es" | "iife", fileName: string): UserConfig {
  return {
    publicDir: false,
    build: {
      outDir: at("sdk/dist"),
      emptyOutDir: false,
      target: "es2022",
      minify: true,
      sourcemap: true,
      lib: { entry: at(entry), formats: [format], name: "Shoal", fileName: () => fileName },
      rolldownOptions: {
        output: {
          // The class itself is the global, not a namespace around it.
          ...(format === "iife" ? { footer: "Shoal=Shoal.Shoal;" } : {}),
          // Vite keeps white space in ES libraries unless told otherwise.
          minify: true,
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

const MODES: Readonly<Record<string, () => UserConfig>> = { esm, "script-tag": scriptTag, demo };

/** `vite build --mode esm | script-tag | demo`; without a build it is what the demo needs. */
export default defineConfig(({ mode }) => {
  const config = (MODES[mode] ?? demo)();
  return { ...config, plugins: [leanDependencies()] };
});
