import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const shims = dirname(fileURLToPath(import.meta.url));

const SOCKET_IO = /[\\/]node_modules[\\/](socket\.io-[a-z]+|engine\.io-[a-z]+|@socket\.io[\\/][a-z-]+)[\\/]/;

/** Files of the Socket.IO packages that the SDK has no use for, and what stands in for them. */
const STAND_INS: Readonly<Record<string, string>> = {
  // WebSocket alone: no sticky sessions for the tracker.
  "transports/index.js": `import { WS } from "./websocket.js"; export const transports = { websocket: WS };`,
  // No binary payloads on the signaling line: one that comes is a parse error.
  "socket.io-parser/build/esm/is-binary.js": `export const isBinary = () => false, hasBinary = () => false;`,
  "socket.io-parser/build/esm/binary.js": `export const deconstructPacket = () => {}, reconstructPacket = () => {};`,
  // The browser reads addresses by itself.
  "contrib/parseuri.js": `export const parse = (address) => {
    const { protocol, hostname, port, search } = new URL(address);
    return { protocol: protocol.slice(0, -1), host: hostname, port, query: search.slice(1) };
  };`,
  "contrib/base64-arraybuffer.js": `export const decode = () => new ArrayBuffer(0);`,
};

interface Cut {
  readonly file: RegExp;
  /** Methods to leave out. */
  readonly methods: readonly string[];
  /** Text to replace: what calls those methods. */
  readonly replace: readonly (readonly [string | RegExp, string])[];
}

/** Exact versions are pinned; a cut that finds nothing fails the build. */
const CUTS: readonly Cut[] = [
  {
    file: /simple-peer[\\/]index\.js$/,
    methods: [
      // media
      "addTransceiver", "addStream", "addTrack", "replaceTrack", "removeTrack", "removeStream", "_requestMissingTransceivers", "_onTrack",
      // stream interface: the SDK calls send()
      "_write", "_read", "_onInterval", "_onFinish", "address", "getStats", "_debug",
      // descriptions that wait for all candidates, and renegotiation: a link has one offer and one answer
      "_startIceCompleteTimeout", "_onSignalingStateChange", "_onChannelBufferedAmountLow",
    ],
    replace: [
      // Debug calls and the one warning: what a stranger sends must not fill a viewer's console.
      [/^\s*this\._debug\(\s*(?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\n/gm, "\n"],
      ["console.warn(message)", ""],
      ["if (!this.initiator) this._requestMissingTransceivers()", ""],
      [/^ {4}if \(data\.transceiverRequest && [\s\S]*?^ {4}\}\n/m, ""],
      [/^ {4}if \(this\.streams\) \{\n[\s\S]*?^ {4}\}\n/m, ""],
      [/^ {4}this\._pc\.ontrack = event => \{\n[\s\S]*?^ {4}\}\n/m, ""],
      [/^ {4}this\._onFinishBound = \(\) => \{\n[\s\S]*?^ {4}\}\n.*\n/m, ""],
      // Which addresses the connection uses is of no interest here: connected is when both halves are.
      [/this\._connecting = true\n[\s\S]*?^ {4}findCandidatePair\(\)\n/m, "this._connected = true\n    this.emit('connect')\n"],
      ["this._startIceCompleteTimeout()", ""],
      [/^ {4}this\._pc\.onsignalingstatechange = \(\) => \{\n[\s\S]*?^ {4}\}\n/m, ""],
      [/^ {4}this\._channel\.onbufferedamountlow = \(\) => \{\n[\s\S]*?^ {4}\}\n/m, ""],
      [/^ *if \(!this\.trickle && .*\n/gm, ""],
      [/^ *if \(this\.trickle \|\| this\._iceComplete\) (\w+\(\))\n.*\n/gm, "$1\n"],
      [/^ {6}if \(typeof window === 'undefined'\) \{\n[\s\S]*?^ {6}\}\n/m, "throw new Error('no WebRTC')\n"],
      // No STUN server is asked that nobody named.
      [/^Peer\.config = \{\n[\s\S]*?^\}\n/m, "Peer.config = {}\n"],
      // CommonJS to ES: no wrappers.
      [/^const debug = require[\s\S]*?require\('buffer'\)\n/m, `import { Buffer, errCode, getBrowserRTC, randombytes, stream } from "shoal:simple-peer-node";\n`],
      ["module.exports = Peer", "export default Peer"],
    ],
  },
  { file: /engine\.io-client[\\/]build[\\/]esm[\\/]socket\.js$/, methods: ["_probe", "_filterUpgrades"], replace: [["this._filterUpgrades(data.upgrades)", "[]"], ["this._probe(this._upgrades[i])", ""]] },
  {
    file: /socket\.io-client[\\/]build[\\/]esm[\\/]socket\.js$/,
    methods: [
      "emitWithAck", "_addToQueue", "_drainQueue", "onAny", "prependAny", "offAny", "listenersAny",
      "onAnyOutgoing", "prependAnyOutgoing", "offAnyOutgoing", "listenersAnyOutgoing", "notifyOutgoingListeners",
    ],
    replace: [
      [/^ {8}if \(this\._opts\.retries && [\s\S]*?^ {8}\}\n/m, ""],
      ["this._drainQueue(true);", ""],
      [/this\.notifyOutgoingListeners\(\w+\);/g, ""],
    ],
  },
];

/**
 * Cuts the two packages that the SDK stands on down to what it uses: 13 KB gzip instead of 41. For the bundles only; in Node
 * (tests, a repeater) both are whole.
 */
export function leanDependencies(): Plugin {
  return {
    name: "shoal:lean-dependencies",
    enforce: "pre",
    async resolveId(source, importer, options) {
      if (source === "simple-peer") return this.resolve("simple-peer/index.js", importer, { ...options, skipSelf: true });
      if (source === "shoal:simple-peer-node") return join(shims, "simple-peer-node.js");
      if (importer === undefined || !SOCKET_IO.test(importer)) return null;
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true });
      return resolved && { ...resolved, moduleSideEffects: false };
    },
    load(id) {
      const path = id.replaceAll("\\", "/");
      return SOCKET_IO.test(id) ? Object.entries(STAND_INS).find(([end]) => path.endsWith(end))?.[1] : null;
    },
    transform(code, id) {
      const cut = CUTS.find(({ file }) => file.test(id));
      if (cut === undefined) return null;
      const edits: (readonly [string | RegExp, string])[] = [...cut.methods.map((name) => [method(name), ""] as const), ...cut.replace];
      let lean = code;
      for (const [search, replacement] of edits) {
        const before = lean;
        lean = lean.replace(search, replacement);
        if (lean === before) this.error(`this version has nothing like ${String(search)} to cut`);
      }
      const left = cut.methods.find((name) => lean.includes(`this.${name}(`));
      if (left !== undefined) this.error(`${left}() was cut but is still called`);
      return { code: lean, map: null };
    },
  };
}

/** A method of a class, by the indentation of its last brace. */
const method = (name: string): RegExp => new RegExp(`^( +)${name} ?\\([^\\n]*\\) \\{(?:\\}|\\n[\\s\\S]*?^\\1\\})\\n`, "m");
