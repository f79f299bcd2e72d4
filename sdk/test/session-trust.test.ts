import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stubBrowser, VOD } from "./hls-in-node.js";
import { PEER, sessionWorld } from "./session-world.js";

const MASTER = "https://cdn.example/vod/master.m3u8?token=me";
const FRIEND = "f".repeat(32);

beforeEach(() => {
  stubBrowser();
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function playing(options: NonNullable<Parameters<typeof sessionWorld>[1]>["options"], setting: Parameters<typeof sessionWorld>[1] = {}) {
  const world = sessionWorld(VOD, { ...setting, options: options ?? {} });
  world.hls.loadSource(MASTER);
  await vi.advanceTimersByTimeAsync(300);
  await vi.waitFor(() => expect(world.joins.length + world.events.filter(({ event }) => event === "warning").length).toBeGreaterThan(0));
  return world;
}

describe("session: peers that prove who they are", () => {
  it("are asked for by ticket, permId and friends alone", async () => {
    for (const [options, guards] of [[{}, false], [{ permId: true }, true], [{ friends: [FRIEND] }, true], [{ ticket: "a.b.c" }, true], [{ permId: false }, false]] as const) {
      const world = await playing(options);
      expect([world.transportOptions?.guard !== undefined, world.admission !== undefined]).toEqual([guards, "ticket" in options]);
      world.hls.destroy();
    }
  });

  it("are friends when the page has named them", async () => {
    const world = await playing({ friends: [FRIEND] });
    world.transport!.onConnected(PEER, FRIEND);
    world.transport!.onConnected(PEER, "e".repeat(32));
    expect(world.engine.all("connected").map(({ friend }) => friend)).toEqual([true, false]);
    expect(world.events.filter(({ event }) => event === "neighbour")).toMatchObject([{ detail: { permId: FRIEND } }, { detail: { permId: "e".repeat(32) } }]);
    world.hls.destroy();
  });

  it("are not met at all when the file for it cannot be loaded, and the stream plays like plain hls.js", async () => {
    const world = await playing({ permId: true }, { loadTrust: () => Promise.reject(new Error("404")) });
    expect([world.joins, world.transport]).toEqual([[], undefined]);
    expect(world.player.session!.stats()).toMatchObject({ mode: "origin-only", reason: "trust-unavailable", tracker: "down", originBytes: 40_000 });
    expect(world.engine.all("tracker-down")).toHaveLength(1);
    world.hls.destroy();
  });
});

describe("session: consent", () => {
  it.each([["true", async () => true, 1], ["false", async () => false, 0], ["what is not true", async () => "no" as never, 0], ["an exception", () => { throw new Error("no such button"); }, 0], ["a rejection", () => Promise.reject(new Error("closed")), 0]])("%s decides whether anybody is connected", async (_, consent, joins) => {
    const world = await playing({ consent });
    expect([world.joins.length, world.transport !== undefined]).toEqual([joins, joins === 1]);
    expect(world.loaded[0]!.data).toEqual(VOD["/vod/360/0.ts"]);
    if (joins === 0) expect(world.player.session!.stats()).toMatchObject({ mode: "origin-only", reason: "no-consent", tracker: "down", errors: { "no-consent": 1 } });
    world.hls.destroy();
  });

  it("is waited for, without keeping the player waiting", async () => {
    const answers: ((agreed: boolean) => void)[] = [];
    const world = sessionWorld(VOD, { options: { consent: () => new Promise((resolve) => answers.push(resolve)) } });
    world.hls.loadSource(MASTER);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([answers.length, world.joins, world.transport, world.loaded[0]!.data]).toEqual([1, [], undefined, VOD["/vod/360/0.ts"]]);
    answers[0]!(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(world.joins).toHaveLength(1);
    world.hls.destroy();
  });

  it("that comes after the stream has ended connects nobody", async () => {
    let agree = (_agreed: boolean): void => {};
    const world = sessionWorld(VOD, { options: { consent: () => new Promise((resolve) => (agree = resolve)) } });
    world.hls.loadSource(MASTER);
    await vi.advanceTimersByTimeAsync(2_000);
    world.hls.destroy();
    agree(true);
    await vi.advanceTimersByTimeAsync(0);
    expect([world.joins, world.transport]).toEqual([[], undefined]);
  });
});

describe("session: tickets", () => {
  it("are asked for anew only where the page gives a function", async () => {
    for (const [ticket, isRenewable] of [["a.b.c", false], [async () => "a.b.c", true]] as const) {
      const world = await playing({ ticket });
      expect(world.admission).toMatchObject({ isRenewable });
      world.hls.destroy();
    }
  });

  it("that the tracker does not answer with its own are warned of", async () => {
    const world = await playing({ ticket: "a.b.c" });
    world.up();
    expect(world.events).toContainEqual({ event: "warning", detail: { code: "tracker-without-tickets", message: expect.stringContaining("--ticket-key") as string } });
    world.hls.destroy();
  });
});

it("a session tells the tracker whom it has banned", async () => {
  const world = await playing({});
  world.engine.emit({ type: "banned", peer: PEER, reason: "false chunk" });
  world.up();
  expect(world.calls).toContain("misbehaved");
  expect(world.events).toContainEqual({ event: "ban", detail: { peer: PEER, reason: "false chunk" } });
  world.hls.destroy();
});
