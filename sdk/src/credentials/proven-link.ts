import { isSigned } from "../browser/ecdsa.js";
import type { Link, LinkEvents, LinkOptions } from "../browser/link.js";
import type { Signal } from "../browser/signal.js";
import { type Greeting, decodeGreeting, encodeGreeting, isGreeting, NONCE_BYTES } from "./greeting.js";
import { permIdOf } from "./perm-key.js";
import { type ConnectionEnd, fingerprintOf, proofBytes } from "./proof.js";

/** From the open channel to both proofs: two ways of the line and four signatures. */
const PROOF_TIMEOUT_MS = 5_000;
/** Frames that the peer may send before its own proof is looked at, which takes a millisecond. */
const MAX_EARLY_FRAMES = 64;
/** A ticket is renewed every few minutes; more would be a way to have us check signatures. */
const MIN_RENEWAL_MS = 1_000;

/** What a link has to know of its own side, and asks about the other. */
export interface LinkHost {
  readonly swarm: string;
  readonly peer: string;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** This side's channel ticket now; empty where none are used. */
  readonly ticket: Uint8Array<ArrayBuffer>;
  readonly sign: (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;
  /** For how long the peer may stay, ms, or why not at all. */
  readonly admits: (ticket: Uint8Array<ArrayBuffer>, peer: string, permId: string) => Promise<number | string>;
  readonly onEnd: (link: ProvenLink) => void;
}

type Hello = Extract<Greeting, { type: "hello" }>;

interface Admitted {
  readonly permId: string;
  /** For how long, ms. */
  readonly admittedMs: number;
}

/** A link that is open only when both sides have proved who they are, and have a ticket where tickets are used. To all others it looks like one that never opened. */
export class ProvenLink implements Link {
  readonly #host: LinkHost;
  readonly #events: LinkEvents;
  readonly #peer: string;
  readonly #link: Link;
  readonly #nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What the peer says of itself; nothing is believed yet. */
  #hello: Hello | undefined;
  /** The peer's PermID and for how long it may stay, when our own proof is on its way. */
  #answered: Promise<Admitted | undefined> | undefined;
  #hasProof = false;
  #permId: string | undefined;
  #early: Uint8Array[] = [];
  #renewedMs = -Infinity;
  #closed = false;

  constructor(host: LinkHost, open: (options: LinkOptions, events: LinkEvents) => Link, options: LinkOptions, events: LinkEvents) {
    this.#host = host;
    this.#events = events;
    this.#peer = options.peer;
    this.#link = open(options, {
      ...events,
      onOpen: () => this.#greet(),
      onMessage: (bytes) => this.#receive(bytes),
      onWritable: (bufferedBytes) => this.#permId !== undefined && events.onWritable(bufferedBytes),
      onClosed: (reason) => this.#fail(reason),
    });
  }

  signal(signal: Signal): void {
    this.#link.signal(signal);
  }

  send(bytes: Uint8Array): void {
    this.#link.send(bytes);
  }

  descriptions(): readonly [string, string] {
    return this.#link.descriptions();
  }

  /** Shows the peer this side's new ticket. */
  renew(): void {
    if (this.#permId !== undefined) this.#say({ type: "ticket", ticket: this.#host.ticket });
  }

  close(): void {
    this.#closed = true;
    this.#early = [];
    clearTimeout(this.#timer);
    this.#link.close();
    this.#host.onEnd(this);
  }

  #greet(): void {
    this.#expect(PROOF_TIMEOUT_MS, "the peer did not prove in time who it is");
    this.#say({ type: "hello", nonce: this.#nonce, key: this.#host.publicKey, ticket: this.#host.ticket });
  }

  #say(greeting: Greeting): void {
    this.#link.send(encodeGreeting(greeting));
  }

  #receive(bytes: Uint8Array): void {
    if (this.#closed) return;
    if (!isGreeting(bytes)) return this.#pass(bytes);
    const greeting = decodeGreeting(bytes);
    if (greeting?.type === "hello" && this.#hello === undefined) {
      this.#hello = greeting;
      this.#answered = this.#answer(greeting);
    } else if (greeting?.type === "proof" && !this.#hasProof && this.#hello && this.#answered) {
      this.#hasProof = true;
      void this.#judge(this.#hello, this.#answered, greeting.signature);
    } else if (greeting?.type === "ticket" && this.#permId !== undefined && performance.now() - this.#renewedMs > MIN_RENEWAL_MS) {
      this.#renewedMs = performance.now();
      void this.#renewed(greeting.ticket, this.#permId);
    } else this.#fail("a greeting out of place");
  }

  #pass(bytes: Uint8Array): void {
    if (this.#permId !== undefined) this.#events.onMessage(bytes);
    else if (!this.#hasProof) this.#fail("the peer does not prove who it is");
    else if (this.#early.push(bytes) > MAX_EARLY_FRAMES) this.#fail("too many messages before the proof");
  }

  async #answer(hello: Hello): Promise<Admitted | undefined> {
    const ends = this.#ends(hello);
    if (!ends) return void this.#fail("the connection has no single fingerprint at each end");
    const permId = await permIdOf(hello.key);
    const signature = await this.#host.sign(proofBytes(this.#host.swarm, ends.own, ends.other));
    if (this.#closed) return undefined;
    this.#say({ type: "proof", signature: new Uint8Array(signature) });
    const admittedMs = await this.#host.admits(hello.ticket, this.#peer, permId);
    return typeof admittedMs === "number" ? { permId, admittedMs } : void this.#fail(admittedMs);
  }

  async #judge(hello: Hello, answered: Promise<Admitted | undefined>, signature: Uint8Array<ArrayBuffer>): Promise<void> {
    const answer = await answered;
    const ends = this.#ends(hello);
    if (!answer || !ends) return;
    const isProven = await isSigned(hello.key, signature, proofBytes(this.#host.swarm, ends.other, ends.own));
    if (this.#closed) return;
    if (!isProven) return this.#fail("the peer's proof is not for this connection: somebody sits in the middle, or it has not that key");
    this.#permId = answer.permId;
    this.#stay(answer.admittedMs);
    this.#events.onOpen(answer.permId);
    const early = this.#early;
    this.#early = [];
    for (const bytes of early) this.#receive(bytes);
  }

  async #renewed(ticket: Uint8Array<ArrayBuffer>, permId: string): Promise<void> {
    const admittedMs = await this.#host.admits(ticket, this.#peer, permId);
    if (this.#closed) return;
    if (typeof admittedMs === "string") this.#fail(admittedMs);
    else this.#stay(admittedMs);
  }

  #stay(ms: number): void {
    if (ms === Infinity) clearTimeout(this.#timer);
    else this.#expect(ms, "expired ticket");
  }

  /** What does not come within this time ends the connection. */
  #expect(ms: number, reason: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fail(reason), ms);
  }

  /** Both ends, the fingerprints as this side's own connection has them. */
  #ends(hello: Hello): { own: ConnectionEnd; other: ConnectionEnd } | undefined {
    const [own, other] = this.#link.descriptions().map(fingerprintOf);
    if (own === undefined || other === undefined) return undefined;
    return {
      own: { peer: this.#host.peer, key: this.#host.publicKey, nonce: this.#nonce, fingerprint: own },
      other: { peer: this.#peer, key: hello.key, nonce: hello.nonce, fingerprint: other },
    };
  }

  #fail(reason: string): void {
    if (this.#closed) return;
    this.close();
    queueMicrotask(() => this.#events.onClosed(reason));
  }
}
