import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the bundle is made of. */
const INSIDE = [
  "sdk/src", "sdk/shims/emitter.js", "node_modules/simple-peer/index.js", "node_modules/socket.io-client/build/esm", "node_modules/engine.io-client/build/esm",
  "node_modules/socket.io-parser/build/esm", "node_modules/engine.io-parser/build/esm", "node_modules/@socket.io/component-emitter/lib/esm",
];
/** What the script tag, which has to be small, goes without, or loads on demand. */
const APART = /sdk\/src\/(?:manifest|credentials|protocol\/(?:push|coded|code-|parity|rebuilder|rows|receipts|forwarding|known-chunks|signed|chunk-lists|invariants))/;
/** Where names mean something to somebody else: the public API, hls.js, what travels as JSON. */
const OUTSIDE = [
  "sdk/src/index.ts", "sdk/src/shoal.ts", "sdk/src/script-tag.ts", "sdk/src/options.ts", "sdk/src/stats.ts", "sdk/src/shoal-error.ts", "sdk/src/trust.ts", "sdk/src/browser/signal.ts",
  "signaling-server/src/events.ts", "node_modules/hls.js/dist/hls.d.ts",
];
/** Engine.IO's and Socket.IO's handshakes. */
const ON_THE_WIRE = ["sid", "pid", "upgrades", "pingInterval", "pingTimeout", "maxPayload", "message", "data"];

const COMMENT = /\/\*\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
/** Names as types have them: `Pick<Neighbour, "peer">`. */
const OF_TYPES = /\b(?:Pick|Omit)<[^;=(){}]*?>/g;

/** Names of JavaScript's and the DOM's own, which terser spares. */
const BUILT_IN = "node_modules/terser/tools/domprops.js";
const FIRST = "etaionrslcdumphgfvbwykxjqzTASECIONRLDPMBFHGUVWKYXJQZ_$";
const LATER = FIRST + "0123456789";

export interface PrivateNames {
  readonly regex: RegExp;
  /** What terser is to call them, in the form of its cache. */
  readonly cache: Readonly<Record<string, string>>;
}

/**
 * Property names that nobody outside the builds sees, for terser to shorten: all that follow a dot in its sources, less those that
 * the outside knows and those that are also written as strings (keys of tables). Each is shortened to the same in every file, since files
 * that are loaded on demand share objects with the one that loads them.
 */
export function privateNames(root: string): PrivateNames {
  const counts = new Map<string, number>();
  const spared = new Set(ON_THE_WIRE);
  const builtIn = new Set(wordsIn(readFileSync(join(root, BUILT_IN), "utf8")));
  /** Short names that mean something already. */
  const taken = new Set(builtIn);
  for (const path of OUTSIDE) for (const { text } of sourcesIn(join(root, path))) for (const name of wordsIn(text.replace(COMMENT, ""))) spared.add(name);
  for (const path of INSIDE)
    for (const { text, from } of sourcesIn(join(root, path))) {
      const weight = path === "sdk/src" && !APART.test(from) ? 1 : 0.2;
      for (const [, name] of text.matchAll(/(?=[.{,]\s*([\w$]{1,2})\b)/g)) if (name !== undefined) taken.add(name);
      for (const [name] of text.matchAll(/\b[\w$]{1,2}(?=\s*\??[:(])/g)) taken.add(name);
      for (const [, name] of text.matchAll(/[\w)\]?!]\.([a-z_]\w{2,})/g)) if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + weight);
      for (const [, name] of text.replace(COMMENT, "").replace(OF_TYPES, "").matchAll(/["'`]([\w-]+)["'`]/g)) if (name !== undefined) spared.add(name);
    }
  const names = [...counts.keys()].filter((name) => !spared.has(name) && !builtIn.has(name));
  // What occurs most in the script tag is called the shortest; of the packages much is cut away.
  names.sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || (a < b ? -1 : 1));
  const short = shortNames(taken);
  return { regex: new RegExp(`^(?:${names.join("|")})$`), cache: Object.fromEntries(names.map((name) => [`$${name}`, short.next().value as string])) };
}

function* shortNames(taken: ReadonlySet<string>): Generator<string> {
  for (const a of FIRST) if (!taken.has(a)) yield a;
  for (const a of FIRST) for (const b of LATER) if (!taken.has(a + b)) yield a + b;
}

const wordsIn = (text: string): readonly string[] => text.match(/[A-Za-z_$][\w$]*/g) ?? [];

interface Source {
  readonly from: string;
  readonly text: string;
}

function sourcesIn(path: string): Source[] {
  if (/(?<!\.d)\.(ts|js)$/.test(path) || path.endsWith("hls.d.ts")) return [{ from: path.replaceAll("\\", "/"), text: readFileSync(path, "utf8") }];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() || /(?<!\.d)\.(ts|js)$/.test(entry.name) ? sourcesIn(join(path, entry.name)) : []));
}
