import type { Cut } from "./cut.js";

/** Socket.IO for one manager with one namespace, whose options signaling.ts sets; what it does not set has its default. */
export const SOCKET_IO_CUTS: readonly Cut[] = [
  {
    file: /engine\.io-client[\\/]build[\\/]esm[\\/]socket\.js$/,
    methods: ["_probe", "_filterUpgrades", "_getWritablePackets", "send"],
    replace: [
      // which transport: there is one
      [/^ {8}if \(opts\.transportImplementations && opts\.transports\) \{[\s\S]*?(?=^ {8}this\.opts = )/m, ""],
      [/this\.opts\.rememberUpgrade &&[\s\S]*?: this\.transports\[0\]/, `"websocket"`],
      ["this._transportsByName[name]", "DEFAULT_TRANSPORTS[name]"],
      [/^ *Socket\.priorWebsocketSuccess = .*\n/gm, ""],
      [/^ *this\.(?:_upgrades|_maxPayload|binaryType) = .*\n/gm, ""],
      ["this._probe(this._upgrades[i])", ""],
      ["this._getWritablePackets()", "this.writeBuffer"],
      [/removeAllListeners\(/g, "off("],
      // defaults of options that a browser or a WebSocket has no use for
      [/agent: false,[\s\S]*?closeOnBeforeunload: false,\n/, ""],
      [", this.opts.transportOptions[name]", ""],
      [/^ *if \(this\._beforeunloadEventListener\) \{[\s\S]*?\}\n/m, ""],
      [/opts\.hostname \|\|\n[\s\S]*?;/, "opts.hostname;"],
      [/opts\.port \|\|\n[\s\S]*?;/, "opts.port;"],
      [/null != opts\.secure\n[\s\S]*?;/, "opts.secure;"],
      // events that nobody listens to
      [/^ *this\.emitReserved\("(?:heartbeat|packetCreate|handshake|ping|pong|packet|message|flush)".*\n/gm, ""],
      // a machine that goes offline: pings tell, and nobody is in a hurry
      [/const withEventListeners = [\s\S]*?;\n/, "const withEventListeners = false;\n"],
      // callbacks of write(), compression
      [/^ *if \("function" === typeof data\) \{[\s\S]*?options\.compress = .*\n/m, ""],
      [/^ *if \(fn\)\n.*\n/m, ""],
      [/^ *options: options,\n/m, ""],
      ["Socket.protocol = protocol;", ""],
    ],
    known: {
      '"object" === typeof uri': "false", "parsedUri.query": "false", "opts.host)": "false)", 'typeof this.opts.query === "string"': "false",
      'this.opts.addTrailingSlash ? "/" : ""': '"/"', "this.opts.closeOnBeforeunload": "false", "this.opts.withCredentials": "false",
      "this.transports.length === 0": "false", "this.opts.upgrade": "false", "this.opts.tryAllTransports": "false", "this.upgrading": "false",
      "this.opts.autoUnref": "false",
    },
  },
  {
    file: /engine\.io-client[\\/]build[\\/]esm[\\/]transport\.js$/,
    methods: ["pause", "createUri", "_hostname", "_port", "_query"],
    replace: [[/^ *this\.supportsBinary = .*\n/m, ""], [", this.socket.binaryType", ""]],
  },
  {
    file: /engine\.io-client[\\/]build[\\/]esm[\\/]transports[\\/]websocket\.js$/,
    replace: [
      [/^const isReactNative = [\s\S]*?;\n/m, ""],
      [/isReactNative\n\s+\? \{\}\n\s+: pick\([\s\S]*?\);/, "{};"],
      [/return !isReactNative[\s\S]*?;/, "return new WebSocket(uri);"],
      [/^const WebSocketCtor = .*\n/m, ""],
      ["this.ws.binaryType = this.socket.binaryType;", ""],
      ["return this.createUri(schema, query);", "return `${schema}://${this.opts.hostname}:${this.opts.port}${this.opts.path}?${new URLSearchParams(query)}`;"],
    ],
    known: {
      "this.opts.protocols": "undefined", "this.opts.extraHeaders": "false", "this.opts.autoUnref": "false", "this.opts.timestampRequests": "false",
      "this.supportsBinary": "true",
    },
  },
  {
    file: /socket\.io-client[\\/]build[\\/]esm[\\/]manager\.js$/,
    methods: ["reconnection", "reconnectionAttempts", "reconnectionDelay", "reconnectionDelayMax", "randomizationFactor", "timeout", "connect", "onping", "disconnect"],
    replace: [
      [
        /this\.reconnection\(opts[\s\S]*?this\._readyState = /,
        "this.backoff = new Backoff({ min: opts.reconnectionDelay, max: opts.reconnectionDelayMax, jitter: opts.randomizationFactor });\n this._readyState = ",
      ],
      ["const _parser = opts.parser || parser;", ""],
      [/new _parser\./g, "new parser."],
      ["this._autoConnect = opts.autoConnect !== false;", ""],
      [/^ *this\.emitReserved\("reconnect_.*\n/gm, ""],
      [/^ *this\.emitReserved\("reconnect",.*\n/m, ""],
      ["const attempt = this.backoff.attempts;", ""],
      [`on(socket, "ping", this.onping.bind(this)), `, ""],
      [", packet.options", ""],
    ],
    known: {
      "this._autoConnect": "true", "this.opts.autoUnref": "false", "this._timeout": "this.opts.timeout",
      "this.backoff.attempts >= this._reconnectionAttempts": "false", "this._reconnection &&": "true &&",
    },
  },
  {
    file: /socket\.io-client[\\/]build[\\/]esm[\\/]socket\.js$/,
    methods: [
      "emitWithAck", "_addToQueue", "_drainQueue", "onAny", "prependAny", "offAny", "listenersAny", "onAnyOutgoing", "prependAnyOutgoing",
      "offAnyOutgoing", "listenersAnyOutgoing", "notifyOutgoingListeners", "send", "close", "compress", "get volatile", "get disconnected", "ack",
    ],
    replace: [
      [/^const RESERVED_EVENTS = [\s\S]*?;\n/m, ""],
      [/^ {8}if \(RESERVED_EVENTS[\s\S]*?^ {8}\}\n/m, ""],
      [/^ *const isTransportWritable = .*\n/m, ""],
      [/^ *case PacketType\.BINARY_.*\n/gm, ""],
      [/^ {8}if \(this\._opts\.retries && [\s\S]*?^ {8}\}\n/m, ""],
      ["this._drainQueue(true);", ""],
      [/this\.notifyOutgoingListeners\(\w+\);/g, ""],
      [/^ *packet\.options.*\n/gm, ""],
      [/^ {8}if \(this\._anyListeners && [\s\S]*?^ {8}\}\n/m, ""],
      // no credentials, no recovery of a lost connection's events, no answers to the server's events
      [/^ {8}if \(opts && opts\.auth\) \{[\s\S]*?^ {8}\}\n/m, ""],
      [/^ {8}if \(this\._pid && [\s\S]*?^ {8}\}\n/m, ""],
      [/^ *this\.(?:recovered|_pid|_queue|_queueSeq|_opts) = .*\n/gm, ""],
      [/^ {8}if \(null != packet\.id\) \{[\s\S]*?^ {8}\}\n/m, ""],
      [/new Error\("It seems .*"\)/, `new Error("not a Socket.IO server of version 3 or later")`],
    ],
    known: {
      "this.io._autoConnect": "true", "this.auth": "undefined", "this._pid": "undefined", "this._opts.ackTimeout": "undefined", "this.flags.volatile && !isTransportWritable": "false",
      "packet.nsp === this.nsp": "true", "packet.nsp = this.nsp;": "",
      ", packet.data.pid": "",
    },
  },
];
