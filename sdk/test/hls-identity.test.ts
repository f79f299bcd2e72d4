import { describe, expect, it } from "vitest";
import { pathOf, refOf, swarmName, trackId } from "../src/hls/identity.js";
import { hash32 } from "../src/protocol/rendezvous.js";
import { INIT_SEQUENCE } from "../src/protocol/segment.js";

const LEVEL = { kind: "main", url: "https://cdn-a.example/live/720/index.m3u8?token=alice", attributes: { BANDWIDTH: "1500000", RESOLUTION: "1280x720", CODECS: "avc1.64001f" } } as const;
const FILE = { url: "https://cdn-a.example/live/720/41.ts?token=alice", rangeStart: 0, rangeEnd: 0 };

describe("identity", () => {
  it("leaves a viewer's token out of the swarm's name", () => {
    expect(swarmName("https://a.example/x.m3u8?token=1#t=3", undefined)).toBe("https://a.example/x.m3u8");
    expect(swarmName("https://a.example/x.m3u8?token=1", "my channel")).toBe("my channel");
  });

  it("takes the path of an absolute URL, whatever its host, query and fragment", () => {
    expect(pathOf("https://user@a.example:81/x/y.ts?q=/z#f")).toBe("/x/y.ts");
    expect(pathOf("https://a.example?q")).toBe("");
    expect(pathOf("//x/y")).toBe("//x/y");
  });

  it("names a rendition alike for viewers with other tokens, CDNs, group ids and index", () => {
    const other = { ...LEVEL, url: "https://cdn-b.example/live/720/index.m3u8?token=bob", attributes: { ...LEVEL.attributes, AUDIO: "group-b", "PATHWAY-ID": "b" } };
    expect(trackId(other)).toBe(trackId(LEVEL));
  });

  it("tells renditions apart by kind, path and attributes", () => {
    const ids = [
      LEVEL,
      { ...LEVEL, kind: "audio" as const },
      { ...LEVEL, url: "https://cdn-a.example/live/1080/index.m3u8" },
      { ...LEVEL, attributes: { ...LEVEL.attributes, BANDWIDTH: "3000000" } },
      { ...LEVEL, attributes: { ...LEVEL.attributes, LANGUAGE: "de" } },
    ].map(trackId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("gives a segment one name whatever the token, CMCD and host in its URL", () => {
    const track = trackId(LEVEL);
    const ref = refOf(track, 41, FILE);
    expect(refOf(track, 41, { ...FILE, url: "https://cdn-b.example/live/720/41.ts?token=bob&CMCD=br%3D1500" })).toEqual(ref);
  });

  it("never gives two files of one sequence number, or two ranges of a file, one name", () => {
    const track = trackId(LEVEL);
    const ids = [
      refOf(track, 41, FILE),
      refOf(track, 41, { ...FILE, url: "https://ads.example/spot/41.ts" }),
      refOf(track, 41, { ...FILE, rangeStart: 0, rangeEnd: 1000 }),
      refOf(track, 41, { ...FILE, rangeStart: 1000, rangeEnd: 2000 }),
      refOf(track, 42, FILE),
      refOf(track, "init", FILE),
    ].map((ref) => ref.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(refOf(track, "init", FILE).sequence).toBe(INIT_SEQUENCE);
  });

  it("spreads neighbouring names over 32 bits without a collision in 20,000", () => {
    const hashes = Array.from({ length: 20_000 }, (_, i) => hash32(`/live/720/segment-${i}.ts\n0-0`));
    // The birthday bound says 0.05 collisions are due.
    expect(new Set(hashes).size).toBeGreaterThanOrEqual(19_999);
    expect(Math.max(...hashes)).toBeGreaterThan(0xff00_0000);
  });
});
