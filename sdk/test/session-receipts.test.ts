import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ReceiptKey } from "../src/browser/receipt-key.js";
import type { PeerId, SwarmId } from "../src/protocol/ids.js";
import { stubBrowser, VOD } from "./hls-in-node.js";
import { PEER, sessionWorld } from "./session-world.js";

beforeEach(() => {
  stubBrowser();
  vi.useFakeTimers({ now: 0, toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function joined(receiptKey?: () => Promise<ReceiptKey>) {
  const world = sessionWorld(VOD, receiptKey && { receiptKey });
  world.hls.loadSource("https://cdn.example/vod/master.m3u8");
  await vi.waitFor(async () => {
    await vi.advanceTimersByTimeAsync(500);
    expect(world.joins).toHaveLength(1);
  });
  return world;
}

describe("session: receipts", () => {
  it("the session's id is its key's, and the key signs and checks what the engine asks", async () => {
    const key = await ReceiptKey.make("5".repeat(32) as SwarmId);
    const world = await joined(async () => key);
    expect(world.joins[0]?.peer).toBe(key.peer);
    // Effects are carried out after an input.
    const nudge = (): void => world.tracker!.onPeers({ ok: true, peers: [], size: 2 });
    const receipt = { type: "RECEIPT", giver: PEER, receiver: key.peer, runs: [] } as const;
    world.engine.emit({ type: "sign-receipt", token: 1, receipt });
    nudge();
    await vi.waitFor(() => expect(world.engine.all("receipt-signed")).toHaveLength(1));
    const [signed] = world.engine.all("receipt-signed");
    world.engine.emit({ type: "check-receipt", token: 2, receipt: { ...receipt, ...signed!, type: "RECEIPT" } });
    nudge();
    await vi.waitFor(() => expect(world.engine.all("receipt-checked")).toMatchObject([{ token: 2, isTrue: true }]));
    world.hls.destroy();
  });

  it("without a key, because the build has none or none can be made, the id is any, and the stream plays", async () => {
    for (const receiptKey of [undefined, () => Promise.reject(new Error("no keys here"))]) {
      const world = await joined(receiptKey);
      expect(world.joins[0]?.peer).toBe("ab".repeat(8) as PeerId);
      world.hls.destroy();
    }
  });

  it("the tracker's word on strangers goes to the engine", async () => {
    const world = await joined();
    world.tracker!.onMembers([PEER, "1".repeat(16)], [PEER]);
    expect(world.engine.all("members")).toMatchObject([{ asked: [PEER, "1".repeat(16)], present: [PEER] }]);
    world.hls.destroy();
  });
});
