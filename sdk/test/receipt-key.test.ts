import { describe, expect, test } from "vitest";
import { ReceiptKey } from "../src/browser/receipt-key.js";
import type { Receipt } from "../src/protocol/contract.js";
import type { PeerId, SwarmId, TrackId } from "../src/protocol/ids.js";
import { segmentRef } from "../src/protocol/segment.js";

const swarm = "5".repeat(32) as SwarmId;
const giver = "a".repeat(16) as PeerId;
const runs = [{ segment: segmentRef(1 as TrackId, 7, 9), first: 3, count: 4 }];

async function signed(key: ReceiptKey): Promise<Receipt> {
  const receipt = { type: "RECEIPT", giver, receiver: key.peer, runs } as const;
  const answer = await key.answer({ type: "sign-receipt", token: 1, receipt });
  if (answer.type !== "receipt-signed") throw new Error(answer.type);
  return { ...receipt, key: answer.key, signature: answer.signature };
}

async function isTrue(by: ReceiptKey, receipt: Receipt): Promise<boolean> {
  const answer = await by.answer({ type: "check-receipt", token: 2, receipt });
  return answer.type === "receipt-checked" && answer.isTrue;
}

describe("A session's key", async () => {
  const [ann, bob] = [await ReceiptKey.make(swarm), await ReceiptKey.make(swarm)];
  const receipt = await signed(ann);

  test("makes the session's peer id, and signs what anybody can check", async () => {
    expect(ann.peer).toMatch(/^[0-9a-f]{16}$/);
    expect(ann.peer).not.toBe(bob.peer);
    expect([receipt.key.length, receipt.signature.length]).toEqual([65, 64]);
    expect(await isTrue(bob, receipt)).toBe(true);
  });

  test("signs for this giver, these chunks and this swarm only", async () => {
    expect(await isTrue(bob, { ...receipt, giver: bob.peer })).toBe(false);
    expect(await isTrue(bob, { ...receipt, runs: [{ ...runs[0]!, count: 5 }] })).toBe(false);
    expect(await isTrue(await ReceiptKey.make("6".repeat(32) as SwarmId), receipt)).toBe(false);
  });

  test("cannot sign in another's name, with its own key or with the other's", async () => {
    const own = await signed(bob);
    expect(await isTrue(ann, { ...own, receiver: ann.peer })).toBe(false);
    expect(await isTrue(ann, { ...own, receiver: ann.peer, key: receipt.key })).toBe(false);
  });

  test("what is no key at all is no receipt either", async () => {
    expect(await isTrue(ann, { ...receipt, key: new Uint8Array(65) })).toBe(false);
    expect(await isTrue(ann, { ...receipt, signature: new Uint8Array(64) })).toBe(false);
  });
});
