import type { Effect, Input, Receipt, UnsignedReceipt } from "../protocol/contract.js";
import type { PeerId, SwarmId } from "../protocol/ids.js";
import { Receipts, type ReceiptParts } from "../protocol/receipts.js";
import { chunkSetsLength, writeChunkSets } from "../wire/chunk-sets.js";
import { PEER_BYTES, SWARM_BYTES } from "../wire/reader.js";
import { Writer } from "../wire/writer.js";
import { ECDSA, isSigned } from "./ecdsa.js";
import { sha256Hex32 } from "./hash.js";

type ReceiptWork = Extract<Effect, { type: "sign-receipt" | "check-receipt" }>;

/** What no signature made for anything else begins with. */
const DOMAIN = new TextEncoder().encode("shoal receipt\0\u0001");

/**
 * The key of one session: what it receives it signs for, so that its givers get the credit. Its hash is the session's peer id, so nobody
 * needs a certificate of it, and nobody can sign in another's name. It says nothing of who the viewer is, and is gone with the session.
 */
export class ReceiptKey {
  private constructor(
    /** First 64 bits of SHA-256 over the public key. */
    readonly peer: PeerId,
    private readonly swarm: SwarmId,
    private readonly publicKey: Uint8Array<ArrayBuffer>,
    private readonly privateKey: CryptoKey,
  ) {}

  static async make(swarm: SwarmId): Promise<ReceiptKey> {
    const { publicKey, privateKey } = await crypto.subtle.generateKey(ECDSA, false, ["sign", "verify"]);
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
    return new ReceiptKey(await peerOf(raw), swarm, raw, privateKey);
  }

  /** For the engine whose effects this answers. */
  readonly receipts = (parts: ReceiptParts): Receipts => new Receipts(parts);

  /** Tens of microseconds each, off the main thread. */
  async answer(work: ReceiptWork): Promise<Input> {
    const { token, receipt } = work;
    const bytes = signedBytes(this.swarm, receipt);
    if (work.type === "check-receipt") return { type: "receipt-checked", token, isTrue: await isTrue(work.receipt, bytes) };
    return { type: "receipt-signed", token, key: this.publicKey, signature: new Uint8Array(await crypto.subtle.sign(ECDSA, this.privateKey, bytes)) };
  }
}

/** The receiver is who has the key, and has signed just this. */
async function isTrue({ receiver, key, signature }: Receipt, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  return (await peerOf(key)) === receiver && isSigned(new Uint8Array(key), new Uint8Array(signature), bytes);
}

const peerOf = async (key: Uint8Array): Promise<PeerId> => (await sha256Hex32(key)).slice(0, 2 * PEER_BYTES) as PeerId;

/** Fixed fields first, and chunks have one encoding only: no two receipts have the same bytes. */
function signedBytes(swarm: SwarmId, { giver, receiver, runs }: UnsignedReceipt): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(DOMAIN.length + SWARM_BYTES + 2 * PEER_BYTES + chunkSetsLength(runs));
  const writer = new Writer(bytes);
  writer.raw(DOMAIN);
  writer.id(swarm, SWARM_BYTES);
  writer.id(giver, PEER_BYTES);
  writer.id(receiver, PEER_BYTES);
  writeChunkSets(writer, runs);
  return bytes;
}
