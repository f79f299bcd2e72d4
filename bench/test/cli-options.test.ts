import { describe, expect, it } from "vitest";
import { parseOptions, UsageError } from "../src/cli-options.js";

describe("parseOptions", () => {
  it("takes the players, the scenario and the numbers", () => {
    const options = parseOptions(["--players", "shoal,hls.js", "--scenario", "live-w8", "--viewers", "6", "--repeat", "3", "--json", "out.json"]);
    expect(options).toMatchObject({ players: ["shoal", "hls.js"], scenarios: [{ name: "live-w8" }], viewers: 6, repeat: 3, json: "out.json" });
  });

  it("runs every scenario with each one's own viewers where asked for all", () => {
    const options = parseOptions(["--scenario", "all"]);
    if (typeof options === "string") throw new Error("expected options");
    expect(options.scenarios.map(({ name }) => name)).toContain("vod-stagger");
    expect(options.viewers).toBeUndefined();
  });

  it("answers --list and --help before it looks at anything else", () => {
    expect(parseOptions(["--list", "--scenario", "unknown"])).toBe("list");
    expect(parseOptions(["--help"])).toBe("help");
  });

  it.each([
    ["no scenario", []],
    ["an unknown scenario", ["--scenario", "vod"]],
    ["an unknown player", ["--scenario", "abr", "--players", "flash"]],
    ["a count that is none", ["--scenario", "abr", "--viewers", "0"]],
    ["an unknown option", ["--speed", "9"]],
  ])("refuses %s with one sentence", (_case, args) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
  });
});
