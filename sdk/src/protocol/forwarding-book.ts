import { type Bitfield, createBitfield, hasBit, setBit } from "./bitfield.js";
import type { Receipt } from "./contract.js";
import type { PeerId } from "./ids.js";
import { knownChunks } from "./known-chunks.js";
import type { Neighbour } from "./neighbour.js";
import { CHUNK_BYTES } from "./segment.js";
import type { EngineState } from "./state.js";
import type { StoredSegment } from "./stored-segment.js";

/**
 * What one receiver says counts up to this share of what we gave the forwarder: who is in league with so few others cannot pass for one
 * that forwards all it gets. Of those who really forward, few have less than four to forward to.
 */
const RECEIVER_SHARE = 1 / 4;
/** And so many chunks in any case. */
const RECEIVER_CHUNKS = 8;
/** Receivers heard of a segment, and of a forwarder: two steps away there are 12 x 12 on average, and 32 x 32 at the utmost. */
const MAX_RECEIVERS = 1_024;

interface Forwarder {
  /** Chunks that it was given in this period, and before, faded. */
  given: number;
  uploadedBytes: number;
  /** What counts of those that each receiver has signed for. */
  readonly byReceiver: Map<PeerId, number>;
}

/** Chunks that neighbours have forwarded, of those we gave them and of others, as receivers have signed it. */
export class ForwardingBook {
  readonly #state: EngineState;
  /** A receiver gets a chunk once, whoever gives it: what it has signed for counts no second time, for nobody. */
  readonly #signed = new WeakMap<StoredSegment, Map<PeerId, Bitfield>>();
  readonly #forwarders = new WeakMap<Neighbour, Forwarder>();

  constructor(state: EngineState) {
    this.#state = state;
  }

  /** A receipt whose signature has been checked. */
  count(by: Neighbour, { receiver, runs }: Receipt): void {
    const forwarder = this.#forwarder(by);
    let counted = forwarder.byReceiver.get(receiver) ?? 0;
    if (counted === 0 && forwarder.byReceiver.size >= MAX_RECEIVERS) return;
    const most = Math.max(RECEIVER_CHUNKS, RECEIVER_SHARE * this.#given(by));
    for (const { segment, chunk } of knownChunks(this.#state.store, runs)) {
      const field = this.#field(segment, receiver);
      if (field === undefined || hasBit(field, chunk)) continue;
      setBit(field, chunk);
      by.forwardedTotal++;
      if (((segment.given[chunk] ?? 0) & by.bit) === 0 || counted >= most) continue;
      counted++;
      by.forwardedOurs++;
    }
    forwarder.byReceiver.set(receiver, counted);
  }

  /** More than half of what it was given lately has been signed for by others: by three at least, as no one counts for more than a quarter. */
  forwards(n: Neighbour): boolean {
    return n.forwardedOurs > Math.max(2 * RECEIVER_CHUNKS, this.#given(n) / 2);
  }

  /** What is past counts half, each period again. */
  fade(): void {
    for (const n of this.#state.neighbours.values()) {
      n.forwardedOurs /= 2;
      n.forwardedTotal /= 2;
      const forwarder = this.#forwarder(n);
      forwarder.given = this.#given(n) / 2;
      forwarder.uploadedBytes = n.uploadedBytes;
      for (const [receiver, counted] of forwarder.byReceiver)
        if (counted < 1) forwarder.byReceiver.delete(receiver);
        else forwarder.byReceiver.set(receiver, counted / 2);
    }
  }

  /** Chunks that it got of us lately. */
  #given(n: Neighbour): number {
    const { given, uploadedBytes } = this.#forwarder(n);
    return given + (n.uploadedBytes - uploadedBytes) / CHUNK_BYTES;
  }

  #forwarder(n: Neighbour): Forwarder {
    let forwarder = this.#forwarders.get(n);
    if (forwarder === undefined) this.#forwarders.set(n, (forwarder = { given: 0, uploadedBytes: 0, byReceiver: new Map() }));
    return forwarder;
  }

  /** The chunks of a segment that a receiver has signed for. */
  #field(segment: StoredSegment, receiver: PeerId): Bitfield | undefined {
    let fields = this.#signed.get(segment);
    if (fields === undefined) this.#signed.set(segment, (fields = new Map()));
    let field = fields.get(receiver);
    if (field === undefined && fields.size < MAX_RECEIVERS) fields.set(receiver, (field = createBitfield(segment.chunks)));
    return field;
  }
}
