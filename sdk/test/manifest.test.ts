import { generateKeyPairSync, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256Hex32 } from "../src/browser/hash.js";
import { segmentRoot } from "../src/manifest/chunk-list.js";
import { MAX_MANIFEST_BYTES, type ManifestContent, SIGNATURE_BYTES, decodeManifest, encodeManifest } from "../src/manifest/layout.js";
import { ContentManifest, type ExpectedManifest, isChunkList, manifestUrl, openManifest, segmentName } from "../src/manifest/manifest.js";
import { playlistId, relativePath } from "../src/manifest/names.js";
import type { ChunkHash } from "../src/protocol/ids.js";
import { CHUNK_BYTES, INIT_SEQUENCE, MAX_CHUNKS } from "../src/protocol/segment.js";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const contentKey = publicKey.export({ format: "jwk" }).x ?? "";
const streamUrl = "https://cdn.example/film/master.m3u8?token=1";
const playlistUrl = "https://cdn.example/film/720p/index.m3u8?token=2";
const expected: ExpectedManifest = { contentKey, streamUrl, playlistUrl };
const ROOT = "00112233445566778899aabbccddeeff" as ChunkHash;

const name = (file: string): number => segmentName(playlistUrl, { url: `https://cdn.example/film/720p/${file}`, rangeStart: 0, rangeEnd: 0 });
const content = async (change: Partial<ManifestContent> = {}): Promise<ManifestContent> => ({
  ended: true,
  signedMs: 1_700_000_000_000,
  playlist: await playlistId("720p/index.m3u8"),
  entries: [
    { sequence: 7, name: name("7.ts"), sizeBytes: 40_000, completedMs: 1_699_999_999_000, root: ROOT },
    { sequence: INIT_SEQUENCE, name: name("init.mp4"), sizeBytes: 1_000, completedMs: 1_699_999_998_000, root: ROOT },
  ],
  ...change,
});
const signed = (unsigned: Uint8Array): Uint8Array => new Uint8Array(Buffer.concat([unsigned, sign(null, unsigned, privateKey)]));
const manifest = async (change: Partial<ManifestContent> = {}): Promise<Uint8Array> => signed(encodeManifest(await content(change)));
const codeOf = async (bytes: Uint8Array, change: Partial<ExpectedManifest> = {}): Promise<string> => {
  const opened = await openManifest(bytes, { ...expected, ...change });
  return opened.type === "manifest" ? "manifest" : opened.code;
};

const id32 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString("hex") as ChunkHash);
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const timeMs = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const entry = fc.record({ sequence: fc.oneof(u32, fc.integer({ min: 0, max: 3 })), name: u32, sizeBytes: fc.integer({ min: 1, max: MAX_CHUNKS * CHUNK_BYTES }), completedMs: timeMs, root: id32 });
const anyContent: fc.Arbitrary<ManifestContent> = fc.record({
  ended: fc.boolean(),
  signedMs: timeMs,
  playlist: id32,
  entries: fc.uniqueArray(entry, { selector: (e) => `${e.sequence}.${e.name}`, maxLength: 20 }).map((list) => list.sort((a, b) => a.sequence - b.sequence || a.name - b.name)),
});

describe("a content manifest", () => {
  test("of the publisher gives each segment's size and root, and nothing for other files", async () => {
    const opened = await openManifest(await manifest(), expected);
    if (!(opened instanceof ContentManifest)) throw new Error(opened.reason);
    expect(opened).toMatchObject({ ended: true, signedMs: 1_700_000_000_000, size: 2 });
    expect(opened.find(7, name("7.ts"))).toMatchObject({ sizeBytes: 40_000, root: ROOT, completedMs: 1_699_999_999_000 });
    expect(opened.find("init", name("init.mp4"))?.sizeBytes).toBe(1_000);
    expect(opened.find(INIT_SEQUENCE, name("init.mp4"))?.sizeBytes).toBe(1_000);
    expect(opened.find(8, name("7.ts"))).toBeUndefined();
    expect(opened.find(7, name("advert.ts"))).toBeUndefined();
  });

  test("has the bytes that ARCHITECTURE.md says", async () => {
    const unsigned = encodeManifest({ ended: true, signedMs: 0x0123_4567_89ab, playlist: ROOT, entries: [{ sequence: 7, name: 0xcafe, sizeBytes: 40_000, completedMs: 0x0123_4567_89aa, root: ROOT }] });
    expect(Buffer.from(unsigned).toString("hex")).toBe(
      `${Buffer.from("shoal manifest\0").toString("hex")}01010123456789ab${ROOT}` + `000000070000cafe00009c400123456789aa${ROOT}`,
    );
    // Publishers and viewers of different versions have to agree on these as well.
    expect(await segmentRoot(40_000, [ROOT, ROOT, ROOT])).toBe("2852592968d851e012fac0b543decc55");
    expect(segmentName("https://a/x/p.m3u8", { url: "https://a/x/y/7.ts", rangeStart: 0, rangeEnd: 0 })).toBe(2540217982);
  });

  test("of a two-hour VoD takes 61 KB", async () => {
    const entries = Array.from({ length: 1_800 }, (_, sequence) => ({ sequence, name: 1, sizeBytes: 1_500_000, completedMs: 0, root: ROOT }));
    expect((await manifest({ entries })).length).toBe(39 + 1_800 * 34 + 64);
  });

  test("is refused when any bit of it has changed", async () => {
    const bytes = await manifest();
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1 << at % 8;
      expect(await codeOf(changed), `byte ${at}`).toBe("bad-signature");
    }
  });

  test("is refused when it was cut off or went on", async () => {
    const bytes = await manifest();
    for (let length = 0; length < bytes.length; length++) expect(await codeOf(bytes.slice(0, length))).toBe(length < SIGNATURE_BYTES ? "malformed" : "bad-signature");
    expect(await codeOf(new Uint8Array([...bytes, 0]))).toBe("bad-signature");
    expect(await codeOf(new Uint8Array(MAX_MANIFEST_BYTES + 1))).toBe("malformed");
  });

  test("is refused with another publisher's key, and with what is no key", async () => {
    const other = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }).x ?? "";
    expect(await codeOf(await manifest(), { contentKey: other })).toBe("bad-signature");
    for (const key of ["", "key", `${contentKey}=`, contentKey.slice(1), "*".repeat(43)]) expect(await codeOf(await manifest(), { contentKey: key })).toBe("bad-key");
  });

  test("of another playlist or another stream is refused, though its publisher signed it", async () => {
    const bytes = await manifest();
    expect(await codeOf(bytes, { playlistUrl: "https://cdn.example/film/480p/index.m3u8" })).toBe("other-playlist");
    expect(await codeOf(bytes, { streamUrl: playlistUrl })).toBe("other-playlist");
    const addressed = await manifest({ playlist: await playlistId("/film/720p/index.m3u8") });
    expect(await codeOf(addressed)).toBe("manifest");
    expect(await codeOf(addressed, { streamUrl: "https://cdn.example/news/master.m3u8", playlistUrl: "https://cdn.example/news/720p/index.m3u8" })).toBe("other-playlist");
  });

  test("holds on every host, with every token, and, named by the stream's folder, under every prefix", async () => {
    const bytes = await manifest();
    const prefix = "https://other.example/token=abc/film";
    expect(await codeOf(bytes, { streamUrl: `${prefix}/master.m3u8`, playlistUrl: `${prefix}/720p/index.m3u8?x=1#y` })).toBe("manifest");
    const addressed = await manifest({ playlist: await playlistId("/film/720p/index.m3u8") });
    expect(await codeOf(addressed, { streamUrl: "https://b.example/film/other-master.m3u8", playlistUrl: "http://b.example:81/film/720p/index.m3u8" })).toBe("manifest");
  });

  test("is no signature for anything else: what is signed begins with its own name", async () => {
    const body = encodeManifest(await content());
    expect(await codeOf(signed(body.slice(1)))).toBe("malformed");
    expect(await codeOf(signed(new TextEncoder().encode("another protocol's message, signed with the same key")))).toBe("malformed");
  });
});

describe("the parser", () => {
  test("reads what was written", () => {
    fc.assert(fc.property(anyContent, (any) => {
      expect(decodeManifest(encodeManifest(any))).toEqual(any);
    }), { numRuns: 500 });
  });

  test("never throws, and takes nothing but what the writer would write", () => {
    // The header and the first entry, or anywhere.
    const place = fc.oneof(fc.integer({ min: 0, max: 72 }), fc.nat({ max: 800 }));
    const edit = fc.record({ at: place, bytes: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 4 }), fc.constant(new Uint8Array(4))) });
    const nearly = fc.tuple(anyContent, fc.array(edit, { maxLength: 2 }), fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 }))).map(([any, edits, cut]) => {
      const bytes = encodeManifest(any);
      for (const { at, bytes: those } of edits) if (at + those.length <= bytes.length) bytes.set(those, at);
      return bytes.slice(0, Math.max(0, bytes.length - cut));
    });
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.oneof(nearly, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        const result = decodeManifest(bytes);
        seen.add("type" in result ? result.reason : "read");
        if (!("type" in result)) expect(encodeManifest(result)).toEqual(bytes);
      }),
      { numRuns: 10_000, seed: 1 },
    );
    expect([...seen]).toEqual(expect.arrayContaining(["read", "ends too early", "no content manifest", "unknown version", "unknown flag", "segment size out of bounds", "entries out of order"]));
  });

  test("opens no bytes that nobody signed, whatever they are", async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      expect(["malformed", "bad-signature"]).toContain(await codeOf(bytes));
    }), { numRuns: 500 });
  });

  test("refuses entries out of order, twice, or of no size, even from the publisher", async () => {
    const { entries } = await content();
    const [first, second] = entries as [ManifestContent["entries"][0], ManifestContent["entries"][0]];
    expect(() => encodeManifest({ ended: false, signedMs: 0, playlist: ROOT, entries: [second, first] })).toThrow("order");
    expect(() => encodeManifest({ ended: false, signedMs: 0, playlist: ROOT, entries: [first, first] })).toThrow("order");
    expect(() => encodeManifest({ ended: false, signedMs: 0, playlist: ROOT, entries: [{ ...first, sizeBytes: 0 }] })).toThrow("size");
    const body = encodeManifest(await content());
    body.copyWithin(39, 73, 107);
    expect(await codeOf(signed(body))).toBe("malformed");
  });
});

describe("a list of chunk hashes", () => {
  const hashes = (count: number): ChunkHash[] => Array.from({ length: count }, (_, i) => i.toString(16).padStart(32, "0") as ChunkHash);

  test("is believed when it is the one that the publisher signed, and in no other form", async () => {
    const sizeBytes = 3 * CHUNK_BYTES - 5;
    const segment = { sizeBytes, root: await segmentRoot(sizeBytes, hashes(3)) };
    expect(await isChunkList(hashes(3), segment)).toBe(true);
    expect(await isChunkList(hashes(2), segment)).toBe(false);
    expect(await isChunkList(hashes(4), segment)).toBe(false);
    expect(await isChunkList(hashes(3).reverse(), segment)).toBe(false);
    expect(await isChunkList(hashes(3), { ...segment, sizeBytes: sizeBytes + 1 })).toBe(false);
    expect(await isChunkList(["", "x", "0".repeat(32)] as ChunkHash[], segment)).toBe(false);
  });

  test("fits only its own list, whichever hash of it changes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(id32, { minLength: 1, maxLength: 50 }), fc.nat(), id32, async (list, at, other) => {
        const segment = { sizeBytes: list.length * CHUNK_BYTES, root: await segmentRoot(list.length * CHUNK_BYTES, list) };
        expect(await isChunkList(list, segment)).toBe(true);
        const changed = list.with(at % list.length, other);
        expect(await isChunkList(changed, segment)).toBe(other === list[at % list.length]);
      }),
      { numRuns: 100 },
    );
  });

  test("takes a chunk's hash as the engine makes it", async () => {
    const chunk = await sha256Hex32(new Uint8Array(CHUNK_BYTES)) as ChunkHash;
    expect(await isChunkList([chunk], { sizeBytes: CHUNK_BYTES, root: await segmentRoot(CHUNK_BYTES, [chunk]) })).toBe(true);
  });
});

describe("a segment's name", () => {
  const at = (playlist: string, url: string, rangeStart = 0, rangeEnd = 0): number => segmentName(playlist, { url, rangeStart, rangeEnd });

  test("is where it lies as seen from its playlist", () => {
    expect(relativePath("https://a/x/p.m3u8", "https://a/x/s.ts")).toBe("s.ts");
    expect(relativePath("https://a/x/p.m3u8?t=/1/2", "https://b/x/y/s.ts?u#v")).toBe("y/s.ts");
    expect(relativePath("https://a/x/v/p.m3u8", "https://a/x/w/s.ts")).toBe("../w/s.ts");
    expect(relativePath("https://a/p.m3u8", "https://a/p.m3u8")).toBe("p.m3u8");
    expect(relativePath("https://a/x/p.m3u8", "https://a/x/a%20b.ts")).toBe("a b.ts");
    expect(relativePath("https://a/x/p.m3u8", "https://a/x/100%.ts")).toBe("100%.ts");
  });

  test("tells files and byte ranges apart", () => {
    const names = [at("https://a/p.m3u8", "https://a/1.ts"), at("https://a/p.m3u8", "https://a/ads/1.ts"), at("https://a/p.m3u8", "https://a/1.ts", 0, 500), at("https://a/p.m3u8", "https://a/1.ts", 500, 900)];
    expect(new Set(names).size).toBe(4);
  });

  test("does not depend on hosts, queries, or folders above the playlist's", () => {
    expect(at("https://b/tok=2/p.m3u8?q", "http://c/tok=2/1.ts?r")).toBe(at("https://a/p.m3u8", "https://a/1.ts"));
  });
});

test("a manifest lies beside its playlist, and is asked for with the same token", () => {
  expect(manifestUrl("https://a/x/p.m3u8")).toBe("https://a/x/p.m3u8.shoal");
  expect(manifestUrl("https://a/x/p.m3u8?t=1&u=2#f")).toBe("https://a/x/p.m3u8.shoal?t=1&u=2");
  expect(manifestUrl("https://a/x/p.m3u8#f?g")).toBe("https://a/x/p.m3u8.shoal");
});
