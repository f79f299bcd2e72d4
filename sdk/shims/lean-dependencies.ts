import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { applyCut } from "./cut.js";
import { SIMPLE_PEER } from "./simple-peer-cut.js";
import { SOCKET_IO_CUTS } from "./socket-io-cuts.js";
import { SOCKET_IO, SOCKET_IO_STAND_INS } from "./socket-io-stand-ins.js";

const shims = dirname(fileURLToPath(import.meta.url));

/** What the cut packages share. */
const OWN: Readonly<Record<string, string>> = { "shoal:emitter": "emitter.js" };

/**
 * Cuts the two packages that the SDK stands on down to what it uses: 6 KB gzip instead of 41. For the bundles only; in Node
 * (tests, a repeater) both are whole.
 */
export function leanDependencies(): Plugin {
  return {
    name: "shoal:lean-dependencies",
    enforce: "pre",
    async resolveId(source, importer, options) {
      if (source === "simple-peer") return this.resolve("simple-peer/index.js", importer, { ...options, skipSelf: true });
      const own = OWN[source];
      if (own !== undefined) return join(shims, own);
      if (importer === undefined || !SOCKET_IO.test(importer)) return null;
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true });
      return resolved && { ...resolved, moduleSideEffects: false };
    },
    load(id) {
      const path = id.replaceAll("\\", "/");
      return SOCKET_IO.test(id) ? Object.entries(SOCKET_IO_STAND_INS).find(([end]) => path.endsWith(end))?.[1] : null;
    },
    transform(code, id) {
      const cut = [SIMPLE_PEER, ...SOCKET_IO_CUTS].find(({ file }) => file.test(id));
      if (cut === undefined) return null;
      try {
        return { code: applyCut(code, cut), map: null };
      } catch (error) {
        return this.error(`${id}: ${String(error)}`);
      }
    },
  };
}
