import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { jsonBytes, MAX_JSON_DEPTH } from "../src/json-size.js";
import { MAX_EXCEPT, MAX_TRACKS, parseFind, parseJoin, parseLeave, parseLive, parseMissing, parseSignal, parseStat } from "../src/payload.js";
import { joinRequest, liveRequest, peerId, statReport, swarmId } from "./world.js";

vi.setConfig({ testTimeout: 30_000 });

const PARSERS = [parseJoin, parseLeave, parseFind, parseStat, parseLive, parseMissing, (payload: unknown) => parseSignal(payload, 1000)];

describe("payload validators", () => {
  it("never throw and answer garbage with one sentence", () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withSparseArray: true, withDate: true }), (payload) => {
        for (const parse of PARSERS) expect(parse(payload)).toMatch(/^Send .*\.$/);
      }),
    );
  });

  it("take exactly the fields of their type, own ones only", () => {
    const good = joinRequest(1);
    expect(parseJoin(good)).toEqual(good);
    expect(parseJoin({ ...good, more: 1 })).toBeTypeOf("string");
    expect(parseJoin({ ...good, peer: undefined })).toBeTypeOf("string");
    expect(parseJoin(Object.create(good))).toBeTypeOf("string");
    const { swarm: _swarm, ...rest } = good;
    expect(parseJoin(JSON.parse(JSON.stringify(rest).replace("{", `{"__proto__":{"swarm":"${swarmId(1)}"},`)))).toBeTypeOf("string");
    expect(parseJoin([good])).toBeTypeOf("string");
    expect(parseJoin(new (class { swarm = 1; })())).toBeTypeOf("string");
  });

  it.each([
    ["peer", "0".repeat(15)], ["peer", "0".repeat(17)], ["peer", "A".repeat(16)], ["peer", `${"0".repeat(16)}\n`], ["peer", [peerId(1)]],
    ["swarm", swarmId(1).slice(1)], ["swarm", 5], ["secret", ""], ["serves", 1], ["serves", "true"],
    ["channel", "x".repeat(121)], ["channel", "two\nlines"], ["channel", "\u001b[31m"], ["channel", null],
  ])("refuse a join with %s %j", (field, value) => {
    expect(parseJoin({ ...joinRequest(1), [field]: value })).toBeTypeOf("string");
  });

  it.each([-1, 1.5, Number.NaN, Infinity, 2 ** 53, "5", null])("refuse %s as a number of bytes or peers", (value) => {
    expect(parseStat({ ...statReport(1), originBytes: value })).toBeTypeOf("string");
    expect(parseStat({ ...statReport(1), segments: value })).toBeTypeOf("string");
    expect(parseStat({ ...statReport(1), strangers: value })).toBeTypeOf("string");
    expect(parseFind({ swarm: swarmId(1), count: value, except: [] })).toBeTypeOf("string");
  });

  it.each([
    ["tracks", [1, 2, 3, 4, 5]], ["tracks", [1, 1]], ["tracks", [-1]], ["tracks", [2 ** 32]], ["tracks", ["1"]], ["tracks", Array(2)], ["tracks", { length: 1, 0: 1 }],
    ["tracks", null], ["willing", 1], ["uplinkBps", -1], ["uplinkBps", 0.5], ["uplinkBps", Infinity], ["uplinkBps", undefined], ["swarm", "1"], ["more", 1],
  ])("refuse an announcement of live tracks with %s %j", (field, value) => {
    expect(parseLive({ ...liveRequest(), [field]: value })).toBeTypeOf("string");
  });

  it("take no live track, and as many as are allowed", () => {
    for (const tracks of [[], [0, 0xffff_ffff], Array.from({ length: MAX_TRACKS }, (_, i) => i)]) expect(parseLive(liveRequest({ tracks }))).toEqual(liveRequest({ tracks }));
  });

  it.each([
    ["track", -1], ["track", "1"], ["sequence", 2 ** 32], ["sequence", 1.5], ["slices", [4]], ["slices", [0, 0]], ["slices", [0, 1, 2, 3, 0]],
    ["slices", Array(1)], ["slices", 0], ["swarm", null], ["more", 1],
  ])("refuse a report of missing slices with %s %j", (field, value) => {
    const good = { swarm: swarmId(1), track: 1, sequence: 7, slices: [0, 3] };
    expect(parseMissing(good)).toEqual(good);
    expect(parseMissing({ ...good, [field]: value })).toBeTypeOf("string");
  });

  it("bound the list of peers to leave out", () => {
    const find = (length: number) => parseFind({ swarm: swarmId(1), count: 1, except: Array.from({ length }, (_, i) => peerId(i)) });
    expect(find(MAX_EXCEPT)).toBeTypeOf("object");
    expect(find(MAX_EXCEPT + 1)).toBeTypeOf("string");
  });

  it("take a signal up to its size in bytes and not one more", () => {
    const signal = (sdp: string) => parseSignal({ swarm: swarmId(1), to: peerId(1), data: { sdp } }, 1000);
    expect(signal("x".repeat(990))).toBeTypeOf("object");
    expect(signal("x".repeat(991))).toBeTypeOf("string");
    expect(signal("é".repeat(495))).toBeTypeOf("object");
    expect(signal("é".repeat(496))).toBeTypeOf("string");
  });

  it.each([null, [], "offer", 1, { type: 1 }, { a: new Uint8Array(1) }, { a: new Date() }, { toJSON: () => 1 }, JSON.parse('{"__proto__":1}') as unknown])(
    "refuse %j as a signal's data",
    (data) => expect(parseSignal({ swarm: swarmId(1), to: peerId(1), data }, 1000)).toBeTypeOf("string"),
  );
});

describe("jsonBytes", () => {
  it("is the length JSON.stringify's result has in UTF-8", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: MAX_JSON_DEPTH - 1, stringUnit: "binary" }), (value) => {
        fc.pre(!JSON.stringify(value).includes('"__proto__":'));
        const size = new TextEncoder().encode(JSON.stringify(value)).length;
        expect(jsonBytes(value, size)).toBe(size);
        expect(jsonBytes(value, size - 1)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it("counts lone surrogates and control characters as they are escaped", () => {
    for (const text of ["\ud800", "\udc00x", "\u0001\n\t\b\f\r\"\\", "😀"]) {
      expect(jsonBytes(text, 1000)).toBe(new TextEncoder().encode(JSON.stringify(text)).length);
    }
  });

  it("refuses what is nested too deep, at no cost", () => {
    const nested = JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`) as unknown;
    expect(jsonBytes(nested, 1_000_000)).toBeUndefined();
  });
});
