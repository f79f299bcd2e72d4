// What simple-peer takes from Node and its polyfills, as far as the SDK needs it: 23 KB gzip less.

/**
 * The part of a Node stream that is left when only `send` is used: events. Attach `data` before `connect`: nothing is
 * buffered here. An `error` that nobody listens to is dropped, not thrown.
 */
class Duplex {
  constructor() {
    this._listeners = new Map();
    this._readableState = { ended: false };
    this._writableState = { finished: false };
  }
  on(event, listener) {
    this._listeners.set(event, [...(this._listeners.get(event) || []), listener]);
    return this;
  }
  once(event, listener) {
    const once = (...args) => (this.removeListener(event, once), listener(...args));
    return this.on(event, once);
  }
  removeListener(event, listener) {
    this._listeners.set(event, (this._listeners.get(event) || []).filter((each) => each !== listener));
    return this;
  }
  emit(event, ...args) {
    for (const listener of this._listeners.get(event) || []) listener(...args);
  }
  push(data) {
    if (data === null) this._readableState.ended = true;
    else this.emit("data", data);
  }
  end() {
    this._writableState.finished = true;
  }
}

export const stream = { Duplex };

/** simple-peer wraps what a channel received: a view does. */
export const Buffer = { from: (data) => new Uint8Array(data) };

/** simple-peer only names its channel with it; nobody reads the name. */
export const randombytes = () => "shoal";

/** `code` is a getter without setter on some DOM errors (RTCError is a DOMException): assigning it throws. */
export const errCode = (error, code) => Object.defineProperty(error, "code", { value: code, enumerable: true, configurable: true });

/** Looked up at every call, so that importing the SDK on a server is safe. */
export const getBrowserRTC = () => (typeof RTCPeerConnection === "undefined" ? null : { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate });
