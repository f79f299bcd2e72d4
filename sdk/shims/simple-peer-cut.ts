import type { Cut } from "./cut.js";

/** simple-peer for one data channel, one offer and one answer: no media, no stream interface, no second negotiation. */
export const SIMPLE_PEER: Cut = {
  file: /simple-peer[\\/]index\.js$/,
  methods: [
    // media
    "addTransceiver", "addStream", "addTrack", "replaceTrack", "removeTrack", "removeStream", "_requestMissingTransceivers", "_onTrack",
    // stream interface: the SDK calls send()
    "_write", "_read", "_onInterval", "_onFinish", "address", "getStats", "_debug", "get bufferSize", "get connected",
    // descriptions that wait for all candidates, and renegotiation
    "_startIceCompleteTimeout", "_onSignalingStateChange", "_onChannelBufferedAmountLow", "_needsNegotiation", "negotiate",
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
    ["this._connecting || ", ""],
    ["this._startIceCompleteTimeout()", ""],
    [/^ {4}this\._pc\.onsignalingstatechange = \(\) => \{\n[\s\S]*?^ {4}\}\n/m, ""],
    [/^ {4}this\._channel\.onbufferedamountlow = \(\) => \{\n[\s\S]*?^ {4}\}\n/m, ""],
    [/^ *if \(!this\.trickle && .*\n/gm, ""],
    [/^ *if \(this\.trickle \|\| this\._iceComplete\) (\w+\(\))\n.*\n/gm, "$1\n"],
    // A signal is an object that parseSignal() has let through, and never asks for another negotiation.
    [/^ {4}if \(typeof data === 'string'\) \{\n[\s\S]*?^ {4}\}\n/m, ""],
    [/^ {4}if \(data\.renegotiate && [\s\S]*?^ {4}\}\n/m, ""],
    [/^ {4}if \(!data\.sdp && [\s\S]*?^ {4}\}\n/m, ""],
    // Chrome crashes when asked for an offer at once.
    ["this._needsNegotiation()", "if (this.initiator) setTimeout(() => this._createOffer(), 0)"],
    // The end of the candidates is nobody's business.
    [/ else if \(!event\.candidate && [\s\S]*?^ {4}\}\n[\s\S]*?^ {4}\}\n/m, "\n"],
    [/^ *(?:offer|answer)\.sdp = this\.sdpTransform\(.*\n/gm, ""],
    // What those parts left in the constructor and in _destroy().
    [/^ *this\.(?:_id|channelNegotiated|offerOptions|answerOptions|sdpTransform|streams|trickle|allowHalfTrickle|iceCompleteTimeout|_iceComplete|_isNegotiating|_firstNegotiation|_batchedNegotiation|_queuedNegotiation|_sendersAwaitingStable|_senderMap|_remoteTracks|_remoteStreams|_chunk|_cb|_interval|_isReactNativeWebrtc|(?:remote|local)(?:Address|Family|Port)) = .*\n/gm, ""],
    [/^ *if \(!this\._(?:readable|writable)State\..*\n/gm, ""],
    [/^ *if \(this\._onFinishBound\).*\n.*\n/m, ""],
    ["this.readable = this.writable = false", ""],
    ["clearInterval(this._interval)", ""],
    [/^ {4}this\._wrtc = [\s\S]*?^ {4}\}\n/m, ""],
    [/this\._wrtc\.(\w+)/g, "$1"],
    [/^Peer\.WEBRTC_SUPPORT = .*\n/m, ""],
    // Nobody reads the channel's name.
    [/opts\.initiator\n.*\n +: null/, "'shoal'"],
    ["this.channelName = this._channel.label", ""],
    ["super(opts)", "super()"],
    ["this.push(data)", "this.emit('data', data)"],
    ["Buffer.from(data)", "new Uint8Array(data)"],
    // No STUN server is asked that nobody named.
    [/^Peer\.config = \{\n[\s\S]*?^\}\n\nPeer\.channelConfig = \{\}\n/m, ""],
    ["opts.channelConfig || Peer.channelConfig", "opts.channelConfig"],
    ["Object.assign({}, Peer.config, opts.config)", "opts.config"],
    [/^ {4}opts = Object\.assign\(\{[\s\S]*?\}, opts\)\n/m, ""],
    // Nobody reads the codes of its errors.
    [/errCode\((.+?), 'ERR_[A-Z_]+'\)/g, "$1"],
    // CommonJS to ES: no wrappers, and none of Node's polyfills (23 KB).
    [/^const debug = require[\s\S]*?require\('buffer'\)\n/m, `import { Emitter } from "shoal:emitter";\n`],
    ["extends stream.Duplex", "extends Emitter"],
    ["module.exports = Peer", "export default Peer"],
  ],
  known: { "this.trickle": "true", "this.channelNegotiated": "false", "this.offerOptions": "", "this.answerOptions": "" },
};
