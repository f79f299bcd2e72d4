import Hls from "hls.js";
import type { HlsConfig } from "hls.js";
// @ts-expect-error hls.js has no types for its light build
import HlsLight from "hls.js/light";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { captureController } from "../src/hls/capture.js";
import { stubBrowser } from "./hls-in-node.js";

type HlsClass = typeof Hls;

beforeEach(stubBrowser);
afterEach(() => void vi.unstubAllGlobals());

describe.each([["full", Hls], ["light", HlsLight as HlsClass]])("capture of the instance, %s build", (_name, Build) => {
  it("sees every instance of a spread configuration, and leaves hls.js its own controller", () => {
    const seen: Hls[] = [];
    const made: object[] = [];
    const Own = Build.DefaultConfig.fpsController!;
    const spy = vi.spyOn(Own.prototype, "setStreamController").mockImplementation(function (this: object) { made.push(this); });
    const destroyed = vi.spyOn(Own.prototype, "destroy");
    const config: Partial<HlsConfig> = { fpsController: captureController(undefined, false, (hls) => void seen.push(hls)) };
    const first = new Build({ ...config });
    const second = new Build({ ...config });
    expect(seen).toEqual([first, second]);
    expect(made.every((controller) => controller instanceof Own)).toBe(true);
    expect(made).toHaveLength(2);
    first.destroy();
    second.destroy();
    expect(destroyed).toHaveBeenCalledTimes(2);
    spy.mockRestore();
    destroyed.mockRestore();
  });

  it("works for a subclass of Hls, for a page's own controller, and for none", () => {
    class Mine extends Build {}
    class Own { setStreamController(): void {} destroy(): void {} }
    const OwnController = Own as unknown as NonNullable<HlsConfig["fpsController"]>;
    for (const [controller, replaces] of [[undefined, false], [OwnController, true], [undefined, true]] as const) {
      const seen: Hls[] = [];
      const hls = new Mine({ fpsController: captureController(controller, replaces, (own) => void seen.push(own)) });
      expect(seen).toEqual([hls]);
      hls.destroy();
    }
  });

  it("does not go round in circles when a page makes it the default configuration", () => {
    const before = Build.DefaultConfig;
    try {
      const seen: Hls[] = [];
      Build.DefaultConfig = { ...before, fpsController: captureController(undefined, false, (own) => void seen.push(own)) };
      const hls = new Build();
      expect(seen).toEqual([hls]);
      hls.destroy();
    } finally {
      Build.DefaultConfig = before;
    }
  });
});
