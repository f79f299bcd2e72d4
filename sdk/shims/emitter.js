/**
 * What simple-peer and Socket.IO need of their event emitters (a Node stream, component-emitter): once for both. Nothing is
 * buffered: attach `data` before `connect`. An `error` that nobody listens to is dropped, not thrown.
 */
export class Emitter {
  constructor() {
    this._listeners = new Map();
  }
  on(event, listener) {
    this._listeners.set(event, [...this._on(event), listener]);
    return this;
  }
  once(event, listener) {
    const once = (...args) => {
      this.off(event, once);
      listener(...args);
    };
    return this.on(event, once);
  }
  off(event, listener) {
    if (event === undefined) this._listeners.clear();
    else this._listeners.set(event, listener ? this._on(event).filter((each) => each !== listener) : []);
    return this;
  }
  emit(event, ...args) {
    this.emitReserved(event, ...args);
  }
  /** Never overridden, as `emit` is by Socket.IO's socket. */
  emitReserved(event, ...args) {
    for (const listener of this._on(event)) listener(...args);
  }
  _on(event) {
    return this._listeners.get(event) ?? [];
  }
}
