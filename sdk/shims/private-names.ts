import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the bundle is made of. */
const INSIDE = [
  "sdk/src", "sdk/shims/emitter.js", "node_modules/simple-peer/index.js", "node_modules/socket.io-client/build/esm", "node_modules/engine.io-client/build/esm",
  "node_modules/socket.io-parser/build/esm", "node_modules/engine.io-parser/build/esm", "node_modules/@socket.io/component-emitter/lib/esm",
];
/** Where names mean something to somebody else: the public API, hls.js, what travels as JSON. */
const OUTSIDE = [
  "sdk/src/index.ts", "sdk/src/shoal.ts", "sdk/src/script-tag.ts", "sdk/src/options.ts", "sdk/src/stats.ts", "sdk/src/shoal-error.ts", "sdk/src/browser/signal.ts",
  "signaling-server/src/events.ts", "node_modules/hls.js/dist/hls.d.ts",
];
/** Engine.IO's and Socket.IO's handshakes. */
const ON_THE_WIRE = ["sid", "pid", "upgrades", "pingInterval", "pingTimeout", "maxPayload", "message", "data"];

const COMMENT = /\/\*\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
/** Names as types have them: `Pick<Neighbour, "peer">`. */
const OF_TYPES = /\b(?:Pick|Omit)<[^;=(){}]*?>/g;

/**
 * Property names that nobody outside the script-tag build sees, for terser to shorten: all that follow a dot in its sources, less those that
 * the outside knows and those that are also written as strings (keys of tables). Terser itself spares the names of JavaScript and the DOM.
 */
export function privateNames(root: string): RegExp {
  const names = new Set<string>();
  const spared = new Set(ON_THE_WIRE);
  for (const path of OUTSIDE) for (const text of sourcesIn(join(root, path))) for (const [name] of text.replace(COMMENT, "").matchAll(/[A-Za-z_$][\w$]*/g)) spared.add(name);
  for (const path of INSIDE)
    for (const text of sourcesIn(join(root, path))) {
      for (const [, name] of text.matchAll(/[\w)\]?!]\.([a-z_]\w{2,})/g)) if (name !== undefined) names.add(name);
      for (const [, name] of text.replace(COMMENT, "").replace(OF_TYPES, "").matchAll(/["'`]([\w-]+)["'`]/g)) if (name !== undefined) spared.add(name);
    }
  return new RegExp(`^(?:${[...names].filter((name) => !spared.has(name)).sort().join("|")})$`);
}

function sourcesIn(path: string): string[] {
  if (/(?<!\.d)\.(ts|js)$/.test(path) || path.endsWith("hls.d.ts")) return [readFileSync(path, "utf8")];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() || /(?<!\.d)\.(ts|js)$/.test(entry.name) ? sourcesIn(join(path, entry.name)) : []));
}
