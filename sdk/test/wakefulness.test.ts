import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Wakefulness } from "../src/browser/wakefulness.js";

describe("wakefulness", () => {
  let page: EventTarget & { visibilityState: string };
  const told: boolean[] = [];
  const show = (visibilityState: string): void => {
    page.visibilityState = visibilityState;
    page.dispatchEvent(new Event("visibilitychange"));
  };

  beforeEach(() => {
    vi.useFakeTimers();
    told.length = 0;
    page = Object.assign(new EventTarget(), { visibilityState: "visible" });
    vi.stubGlobal("document", page);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("a page that is hidden for long sleeps until it is seen again; for a moment is nothing", () => {
    new Wakefulness((awake) => void told.push(awake));
    show("hidden");
    vi.advanceTimersByTime(10_000);
    show("visible");
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual([]);
    show("hidden");
    vi.advanceTimersByTime(20_000);
    expect(told).toEqual([false]);
    show("visible");
    expect(told).toEqual([false, true]);
  });

  it("one that is frozen sleeps at once", () => {
    new Wakefulness((awake) => void told.push(awake));
    show("hidden");
    page.dispatchEvent(new Event("freeze"));
    expect(told).toEqual([false]);
  });

  it("says nothing after its end, nor where there is no page", () => {
    const wakefulness = new Wakefulness((awake) => void told.push(awake));
    wakefulness.destroy();
    show("hidden");
    vi.advanceTimersByTime(60_000);
    vi.stubGlobal("document", undefined);
    new Wakefulness((awake) => void told.push(awake)).destroy();
    expect(told).toEqual([]);
  });
});
