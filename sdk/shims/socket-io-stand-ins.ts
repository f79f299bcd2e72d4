export const SOCKET_IO = /[\\/]node_modules[\\/](socket\.io-[a-z]+|engine\.io-[a-z]+|@socket\.io[\\/][a-z-]+)[\\/]/;

/** Files of the Socket.IO packages that the SDK has no use for as they are, and what stands in for them. */
export const SOCKET_IO_STAND_INS: Readonly<Record<string, string>> = {
  // A Manager of one's own: no cache of them by address.
  "socket.io-client/build/esm/index.js": `export { Manager } from "./manager.js";`,
  "@socket.io/component-emitter/lib/esm/index.js": `export { Emitter } from "shoal:emitter";`,
  // WebSocket alone: no sticky sessions for the tracker.
  "transports/index.js": `import { WS } from "./websocket.js"; export const transports = { websocket: WS };`,
  // Text alone, in one namespace: type, number of the question or answer, JSON. Anything else is a parse error, which ends the connection; so are
  // events by the names of Socket.IO's own.
  "socket.io-parser/build/esm/index.js": `import { Emitter } from "shoal:emitter";
    export const PacketType = { CONNECT: 0, DISCONNECT: 1, EVENT: 2, ACK: 3, CONNECT_ERROR: 4 };
    export class Encoder {
      encode({ type, id = "", data }) {
        return [type + "" + id + (data ? JSON.stringify(data) : "")];
      }
    }
    export class Decoder extends Emitter {
      add(text) {
        const [, digit, id, json] = /^([0-4])(\\d*)(.*)/s.exec(text);
        const type = +digit;
        const data = json ? JSON.parse(json) : {};
        if (Object(data) !== data || Array.isArray(data) !== (type === PacketType.EVENT || type === PacketType.ACK) || /^(dis)?connect/.test(data[0])) throw new Error("not a packet");
        this.emitReserved("decoded", { type, id, data });
      }
      destroy() {}
    }`,
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
