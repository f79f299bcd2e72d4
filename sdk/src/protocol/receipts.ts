import type { Announcer } from "./announcer.js";
import { CHOKE_PERIOD_MS, RECEIPT_DELAY_MS, RECEIPT_INTERVAL_MS } from "./config.js";
import type { Input, Receipt, UnsignedReceipt } from "./contract.js";
import { toRuns } from "./downloads.js";
import { ForwardingBook } from "./forwarding-book.js";
import type { PeerId } from "./ids.js";
import { knownChunks, MAX_KNOWN } from "./known-chunks.js";
import { MAX_RUNS } from "./message.js";
import type { Neighbour } from "./neighbour.js";
import type { EngineState } from "./state.js";
import type { StoredSegment } from "./stored-segment.js";

/** What it works with. */
export interface ReceiptParts {
  readonly state: EngineState;
  readonly announcer: Announcer;
  readonly blame: (peer: PeerId, points: number, reason: string, nowMs: number) => void;
}

/** Receipts looked at of one neighbour an interval: it has at most 31 others to forward to, and each signs one in that time. */
const MAX_CHECKED = 64;
/** True receipts of peers that nobody has vouched for, which wait for the tracker's word, of one neighbour. */
const MAX_WAITING = 32;
/** Strangers that the tracker is asked about at a time. */
const MAX_STRANGERS = 64;
/** Members known as such. */
const MAX_MEMBERS = 1_024;
/** Who is honest passes on nothing that is not signed: it has looked itself. */
const FORGED = 100;

/**
 * What was forwarded, as those have signed it who got it (SYSTEMS TR2). A receiver signs for what its giver gave it; the giver checks that
 * and passes it on, as it is, to those who gave it the chunks, who check it too, and count it in the {@link ForwardingBook}.
 *
 * A peer's id is the hash of its key, so a receipt needs no other proof of who signed it. Keys cost nothing, though: a receiver counts
 * only when it is a neighbour, or the tracker says that it is a member, which costs a line to the tracker each.
 */
export class Receipts {
  readonly #parts: ReceiptParts;
  readonly #book: ForwardingBook;
  /** Chunks received and not receipted, by giver. */
  readonly #owed = new Map<PeerId, { segment: StoredSegment; chunk: number }[]>();
  #dueMs = Infinity;
  readonly #signing = new Map<number, UnsignedReceipt>();
  readonly #checking = new Map<number, { readonly from: Neighbour; readonly receipt: Receipt }>();
  #nextToken = 1;
  /** Receipts that each neighbour has sent in this interval. */
  #sent = new Map<Neighbour, number>();
  #fadedMs = 0;
  #sentFromMs = -Infinity;
  readonly #members = new Set<PeerId>();
  /** True receipts of strangers, by receiver, and how many of each neighbour. */
  readonly #waiting = new Map<PeerId, { readonly from: Neighbour; readonly receipt: Receipt }[]>();
  readonly #held = new WeakMap<Neighbour, number>();

  constructor(parts: ReceiptParts) {
    this.#parts = parts;
    this.#book = new ForwardingBook(parts.state);
  }

  /** A chunk of `giver` has been verified. */
  received(giver: PeerId, segment: StoredSegment, chunk: number, nowMs: number): void {
    let list = this.#owed.get(giver);
    if (list === undefined) this.#owed.set(giver, (list = []));
    if (list.length < MAX_KNOWN) list.push({ segment, chunk });
    this.#dueMs = Math.min(this.#dueMs, nowMs + RECEIPT_INTERVAL_MS);
  }

  /** When receipts are due. */
  get dueMs(): number {
    return this.#dueMs;
  }

  tick(nowMs: number): void {
    if (nowMs - this.#sentFromMs >= RECEIPT_INTERVAL_MS) {
      this.#sentFromMs = nowMs;
      this.#sent.clear();
    }
    if (nowMs - this.#fadedMs >= CHOKE_PERIOD_MS) {
      this.#fadedMs = nowMs;
      this.#book.fade();
    }
    if (nowMs < this.#dueMs) return;
    this.#dueMs = Infinity;
    const { state } = this.#parts;
    for (const [giver, picks] of this.#owed) {
      if (!state.neighbours.has(giver)) continue;
      const receipt = { type: "RECEIPT", giver, receiver: state.options.peer, runs: toRuns(picks).slice(0, MAX_RUNS) } as const;
      const token = this.#nextToken++;
      this.#signing.set(token, receipt);
      state.emit({ type: "sign-receipt", token, receipt });
    }
    this.#owed.clear();
  }

  /** What it gets it passes on, for the most part. */
  forwards(n: Neighbour): boolean {
    return this.#book.forwards(n);
  }

  /** What a neighbour signs for what we gave it, or passes on for what it gave. */
  heard(from: Neighbour, receipt: Receipt): void {
    const { peer } = this.#parts.state.options;
    const isOurs = receipt.giver === peer && receipt.receiver === from.peer;
    const isTheirs = receipt.giver === from.peer && receipt.receiver !== peer && receipt.receiver !== from.peer;
    const sent = this.#sent.get(from) ?? 0;
    if ((!isOurs && !isTheirs) || sent >= MAX_CHECKED) return;
    this.#sent.set(from, sent + 1);
    const token = this.#nextToken++;
    this.#checking.set(token, { from, receipt });
    this.#parts.state.emit({ type: "check-receipt", token, receipt });
  }

  evidence(input: Extract<Input, { type: "receipt-signed" | "receipt-checked" | "members" }>, nowMs: number): void {
    switch (input.type) {
      case "receipt-signed": {
        const { token, key, signature } = input;
        const receipt = this.#signing.get(token);
        this.#signing.delete(token);
        if (receipt !== undefined) this.#pass(receipt.giver, { ...receipt, key, signature }, nowMs);
        return;
      }
      case "receipt-checked": {
        const checked = this.#checking.get(input.token);
        this.#checking.delete(input.token);
        if (checked === undefined || this.#parts.state.neighbours.get(checked.from.peer) !== checked.from) return;
        if (!input.isTrue) return this.#parts.blame(checked.from.peer, FORGED, "forged receipt", nowMs);
        if (checked.receipt.receiver === checked.from.peer) return this.#forward(checked.receipt, nowMs);
        return this.#attested(checked.from, checked.receipt);
      }
      case "members":
        for (const peer of input.present) this.#remember(peer);
        for (const peer of input.asked) {
          for (const { from, receipt } of this.#waiting.get(peer) ?? []) {
            if (this.#isMember(peer)) this.#book.count(from, receipt);
            this.#held.set(from, (this.#held.get(from) ?? 0) - 1);
          }
          this.#waiting.delete(peer);
        }
    }
  }

  /** Receivers that only the tracker can vouch for, those first that have waited for longest. */
  get strangers(): readonly PeerId[] {
    return [...this.#waiting.keys()].slice(0, MAX_STRANGERS);
  }

  /** To those who gave us the chunks. */
  #forward(receipt: Receipt, nowMs: number): void {
    const givers = new Set<PeerId>();
    for (const { segment, chunk } of knownChunks(this.#parts.state.store, receipt.runs)) {
      const giver = segment.givers[chunk];
      if (giver !== undefined && giver !== "origin" && giver !== receipt.receiver) givers.add(giver);
    }
    for (const giver of givers) this.#pass(giver, receipt, nowMs);
  }

  #attested(from: Neighbour, receipt: Receipt): void {
    if (this.#isMember(receipt.receiver)) return this.#book.count(from, receipt);
    const held = this.#held.get(from) ?? 0;
    if (held >= MAX_WAITING) return;
    this.#held.set(from, held + 1);
    this.#waiting.set(receipt.receiver, [...(this.#waiting.get(receipt.receiver) ?? []), { from, receipt }]);
  }

  /** A neighbour's offer came by the tracker. */
  #isMember(peer: PeerId): boolean {
    return this.#members.has(peer) || this.#parts.state.neighbours.get(peer)?.handshaken === true;
  }

  #remember(peer: PeerId): void {
    for (const oldest of this.#members) {
      if (this.#members.size < MAX_MEMBERS) break;
      this.#members.delete(oldest);
    }
    this.#members.add(peer);
  }

  #pass(to: PeerId, receipt: Receipt, nowMs: number): void {
    const neighbour = this.#parts.state.neighbours.get(to);
    if (neighbour?.handshaken === true) this.#parts.announcer.later(neighbour, receipt, nowMs + RECEIPT_DELAY_MS);
  }
}
