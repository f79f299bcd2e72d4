/**
 * The part of simple-peer that Shoal uses, with the internals it reads (9.11.1, its last release). @types/simple-peer would
 * bring Node's global names into browser code.
 */
interface SimplePeerOptions {
  readonly initiator: boolean;
  readonly trickle: boolean;
  readonly channelConfig: RTCDataChannelInit;
  readonly config: RTCConfiguration;
}

export default class SimplePeer {
  constructor(options: SimplePeerOptions);
  on(event: "signal", listener: (data: { readonly type: string; readonly [key: string]: unknown }) => void): this;
  on(event: "data", listener: (data: unknown) => void): this;
  on(event: "error", listener: (error: Error & { readonly code?: string }) => void): this;
  on(event: "connect" | "close", listener: () => void): this;
  on(event: "iceStateChange", listener: (state: RTCIceConnectionState) => void): this;
  signal(data: object): void;
  send(data: ArrayBufferView<ArrayBuffer>): void;
  destroy(error?: Error): void;
  readonly destroyed: boolean;
  readonly initiator: boolean;
  /** "connect" has been emitted. */
  readonly _connected: boolean;
  readonly _pc: RTCPeerConnection | null | undefined;
  readonly _channel: RTCDataChannel | null;
  readonly _iceCompleteTimer: number | null;
}
