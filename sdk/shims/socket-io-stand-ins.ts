export const SOCKET_IO = /[\\/]node_modules[\\/](socket\.io-[a-z]+|engine\.io-[a-z]+|@socket\.io[\\/][a-z-]+)[\\/]/;

/** Files of the Socket.IO packages that the SDK has no use for as they are, and what stands in for them. */
export const SOCKET_IO_STAND_INS: Readonly<Record<string, string>> = {
  // A Manager of one's own: no cache of them by address.
  "socket.io-client/build/esm/index.js": `export { Manager } from "./manager.js";`,
  "@socket.io/component-emitter/lib/esm/index.js": `export { Emitter } from "shoal:emitter";`,
  // WebSocket alone: no sticky sessions for the tracker.
  "transports/index.js": `import { WS } from "./websocket.js"; export const transports = { websocket: WS };`,
  // No binary payloads on the signaling line: one that comes is a parse error.
  "socket.io-parser/build/esm/is-binary.js": `export const isBinary = () => false, hasBinary = () => false;`,
  "socket.io-parser/build/esm/binary.js": `export const deconstructPacket = () => {}, reconstructPacket = () => {};`,
  "engine.io-parser/build/esm/encodePacket.browser.js": `import { PACKET_TYPES } from "./commons.js";
    export const encodePacket = ({ type, data }, supportsBinary, callback) => callback(PACKET_TYPES[type] + (data || ""));
    export const encodePacketToBinary = () => {};`,
  "engine.io-parser/build/esm/decodePacket.browser.js": `import { ERROR_PACKET, PACKET_TYPES_REVERSE } from "./commons.js";
    export const decodePacket = (packet) => {
      const type = typeof packet === "string" && PACKET_TYPES_REVERSE[packet.charAt(0)];
      return type ? { type, data: packet.substring(1) || undefined } : ERROR_PACKET;
    };`,
  "engine.io-client/build/esm/util.js": `export function installTimerFunctions(object) {
    object.setTimeoutFn = setTimeout.bind(globalThis);
    object.clearTimeoutFn = clearTimeout.bind(globalThis);
  }
  export const byteLength = () => 0, pick = () => ({}), randomString = () => "";`,
  "engine.io-client/build/esm/globals.js": `export const nextTick = queueMicrotask.bind(globalThis), globalThisShim = globalThis, defaultBinaryType = "arraybuffer", createCookieJar = () => {};`,
  // The browser reads and writes addresses by itself.
  "contrib/parseuri.js": `export const parse = (address) => {
    const { protocol, hostname, port } = new URL(address);
    return { protocol: protocol.slice(0, -1), host: hostname, port };
  };`,
  "contrib/parseqs.js": `export const encode = () => "", decode = () => ({});`,
  "contrib/backo2.js": `export class Backoff {
    constructor(opts) {
      this.opts = opts;
      this.attempts = 0;
    }
    duration() {
      const { min, max, jitter } = this.opts;
      return Math.min(min * 2 ** this.attempts++ * (1 - jitter + 2 * jitter * Math.random()), max);
    }
    reset() {
      this.attempts = 0;
    }
  }`,
};
