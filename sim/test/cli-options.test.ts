import { expect, it } from "vitest";
import { CliError } from "../src/command-line.js";
import { readOptions } from "../src/cli-options.js";

it("reads what was asked for, and fills in the rest", () => {
  expect(readOptions(["--scenario", "vod", "--peers=200", "--seed", "3", "--delivery", "origin", "--ri", "0.8", "--seconds", "60", "--json", "--plot", "a.svg"])).toMatchObject({
    scenario: "vod", peers: 200, seed: 3, delivery: "origin", ri: 0.8, seconds: 60, json: true, plot: "a.svg",
  });
  expect(readOptions([])).toMatchObject({ scenario: "live", peers: 100, seed: 1, delivery: "auto", ri: 1.2, seconds: undefined, json: false });
  expect(readOptions(["--list"])).toBe("list");
});

it.each([[["--peers", "0"]], [["--peers", "2.5"]], [["--ri", "x"]], [["--scenario", "moon"]], [["--delivery", "pigeon"]], [["--speed", "9"]], [["--seed"]], [["--seeds", "0"]], [["--seeds", "2", "--plot", "a.svg"]]])("answers %j with a sentence", (words) => {
  expect(() => readOptions(words)).toThrow(CliError);
});
