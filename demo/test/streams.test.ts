import { afterEach, expect, test, vi } from "vitest";
import { addressOf, readStreams } from "../streams.js";

const config = { tracker: "http://localhost:4001", streams: [{ name: "Film", url: "/film/master.m3u8", live: false }, { name: "Live", url: "/live/master.m3u8", live: true }] };
const answer = (body: unknown, ok = true): void => void vi.stubGlobal("fetch", async () => ({ ok, json: async () => body }));

afterEach(() => vi.unstubAllGlobals());

test("the configuration's first stream plays first", async () => {
  answer(config);
  const found = await readStreams(new URL("http://localhost/"));
  expect(found).toEqual({ ...config, first: config.streams[0] });
});

test("?src names a listed stream by its address, relative or not", async () => {
  answer(config);
  expect((await readStreams(new URL("http://localhost/?src=/live/master.m3u8")))?.first.name).toBe("Live");
  expect((await readStreams(new URL("http://localhost/?src=http://localhost/live/master.m3u8")))?.first.name).toBe("Live");
});

test("?src and ?tracker override, and a stream of one's own joins the list", async () => {
  answer(config);
  const found = await readStreams(new URL("http://localhost/?src=http://cdn.example/mine/x.m3u8&tracker=http://t.example"));
  expect(found?.tracker).toBe("http://t.example");
  expect(found?.streams.map(({ name }) => name)).toEqual(["Film", "Live", "x.m3u8"]);
  expect(found?.first.url).toBe("http://cdn.example/mine/x.m3u8");
});

test("without a configuration and ?src there is nothing to play", async () => {
  answer(undefined, false);
  expect(await readStreams(new URL("http://localhost/"))).toBeUndefined();
  answer({ streams: [{ name: 3 }, null, "x"] });
  expect(await readStreams(new URL("http://localhost/"))).toBeUndefined();
});

test("another tab opened from a stream's address plays that stream", async () => {
  answer(config);
  const address = addressOf({ name: "Live", url: "/live/master.m3u8", live: true }, new URL("http://localhost/?tracker=http://t.example"));
  expect(address.searchParams.get("tracker")).toBe("http://t.example");
  expect((await readStreams(address))?.first.name).toBe("Live");
});
