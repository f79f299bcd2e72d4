import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hashChunk, swarmIdOf } from "../src/browser/hash.js";
import { randomHex } from "../src/browser/random-hex.js";
import { isPeerId, isSwarmId } from "../src/protocol/ids.js";

const reference = (content: Uint8Array | string): string => createHash("sha256").update(content).digest("hex").slice(0, 32);

describe("hashes", () => {
  it("are the first half of SHA-256, of a view as of a whole buffer", async () => {
    const bytes = new Uint8Array(40_000).map((_, index) => index * 7);
    expect(await hashChunk(bytes.subarray(100, 16_484))).toBe(reference(bytes.slice(100, 16_484)));
    expect(await hashChunk(new Uint8Array())).toBe(reference(""));
  });

  it("make swarm ids out of names", async () => {
    const swarm = await swarmIdOf("https://example.org/größe.m3u8");
    expect(isSwarmId(swarm)).toBe(true);
    expect(swarm).toBe(reference("https://example.org/größe.m3u8"));
  });

  it("make peer ids out of randomness", () => {
    expect(isPeerId(randomHex(8))).toBe(true);
    expect(randomHex(8)).not.toBe(randomHex(8));
  });
});
