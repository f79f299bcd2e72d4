import { WHOLE_STREAM } from "../buffers.js";
import { expect, test } from "../fixtures.js";
import { startLyingTracker } from "../lying-tracker.js";
import { tamperWithGreetings } from "../page/tampered-greeting.js";
import { ticket, TICKET_KEY } from "../site-tickets.js";
import type { Viewer } from "../viewer.js";

const STREAM = "/vod-8/level0.m3u8";
const OTHER_STREAM = "/vod-9/level0.m3u8";

const warnings = (viewer: Viewer): Promise<string[]> => viewer.page.evaluate(() => globalThis.viewer.warnings.map(({ code }) => code));
/** Why neighbours were lost, or never came to be. */
const reasons = (viewer: Viewer): Promise<string[]> => viewer.page.evaluate(() => globalThis.viewer.lost.map(({ reason }) => reason));
const hellos = (viewer: Viewer): Promise<number[][]> => viewer.page.evaluate(() => (globalThis as unknown as { hellos: number[][] }).hellos);
const steal = (thief: Viewer, hello: number[] | undefined): Promise<void> => thief.page.evaluate((bytes) => void ((globalThis as unknown as { loot?: number[] | undefined }).loot = bytes), hello);

test.describe("with tickets", () => {
  test.use({ signalingConfig: { ticketKey: TICKET_KEY } });

  test("viewers whom the site lets in share, and know each other's PermID", async ({ open, origin }) => {
    const [first, second] = [await open(), await open()];
    const swarm = origin.url + STREAM;
    await first.play(STREAM, { hls: WHOLE_STREAM, shoal: { ticket: await ticket({ swarm }) } });
    await first.handed(8);
    const friend = await second.page.evaluate(() => Shoal.permId());
    await second.play(STREAM, { hls: WHOLE_STREAM, shoal: { ticket: await ticket({ swarm }) } });
    await second.handed(8);
    expect((await second.playerStats()).peerBytes).toBeGreaterThan(0);
    expect(await first.page.evaluate(() => viewer.neighbours.map(({ permId }) => permId))).toEqual([friend]);
    expect([await warnings(first), await warnings(second)]).toEqual([[], []]);
  });

  test("who comes with none, an expired, a used one or another swarm's is refused with the reason, and plays all the same", async ({ open, origin }) => {
    const swarm = origin.url + STREAM;
    const used = await ticket({ swarm });
    const first = await open();
    await first.play(STREAM, { hls: WHOLE_STREAM, shoal: { ticket: used } });
    await first.handed(8);
    const refused = { missing: undefined, expired: await ticket({ swarm, lifetimeS: -60 }), replayed: used, "other-swarm": await ticket({ swarm: origin.url + OTHER_STREAM }), invalid: `${used}x` };
    for (const [reason, jwt] of Object.entries(refused)) {
      const viewer = await open();
      await viewer.play(STREAM, { hls: WHOLE_STREAM, shoal: jwt === undefined ? {} : { ticket: jwt } });
      await viewer.handed(8);
      await expect.poll(() => warnings(viewer)).toContain(`tracker-join-ticket-${reason}`);
      expect(await viewer.playerStats()).toMatchObject({ neighbours: [], peerBytes: 0, reason: `tracker-down: join refused: ticket-${reason}` });
    }
    expect((await first.playerStats()).neighbours).toEqual([]);
  });

  test("a peer that shows a stolen, a replayed or another swarm's channel ticket over the data channel is refused with the reason", async ({ open, origin }) => {
    const swarm = origin.url + STREAM;
    const honest = await open({ before: tamperWithGreetings });
    await honest.play(STREAM, { hls: WHOLE_STREAM, shoal: { ticket: await ticket({ swarm }) } });
    await honest.handed(8);

    // Two who let themselves be robbed: one in this swarm, and one in another.
    const [neighbour, stranger, strangersFriend] = [await open({ before: tamperWithGreetings }), await open({ before: tamperWithGreetings }), await open()];
    await neighbour.play(STREAM, { hls: WHOLE_STREAM, shoal: { ticket: await ticket({ swarm }) } });
    await neighbour.neighbours(1);
    for (const viewer of [strangersFriend, stranger]) {
      await viewer.play(OTHER_STREAM, { hls: WHOLE_STREAM, shoal: { ticket: await ticket({ swarm: origin.url + OTHER_STREAM }) } });
      await viewer.handed(9);
    }
    await stranger.neighbours(1);

    const loot = { "stolen ticket: issued to another key": (await hellos(neighbour))[0], "ticket for another swarm": (await hellos(stranger))[0] };

    // The same browser, in a second session.
    await steal(neighbour, (await hellos(neighbour))[0]);
    await neighbour.play(STREAM, { hls: WHOLE_STREAM });
    await expect.poll(() => reasons(honest)).toContain("replayed ticket: issued to another peer");
    await neighbour.kill();
    await honest.neighbours(0);
    for (const [reason, hello] of Object.entries(loot)) {
      const thief = await open({ before: tamperWithGreetings });
      await steal(thief, hello);
      await thief.play(STREAM, { hls: WHOLE_STREAM, shoal: { ticket: await ticket({ swarm }) } });
      await expect.poll(() => reasons(honest)).toContain(reason);
      await thief.handed(8);
      expect(await thief.playerStats()).toMatchObject({ neighbours: [], peerBytes: 0 });
      await thief.kill();
    }
  });
});

test.describe("with tickets that are soon over", () => {
  test.use({ signalingConfig: { ticketKey: TICKET_KEY } });

  test("connections outlive them when the site gives new ones, and end when it does not; an old one opens nothing", async ({ open, origin, site }) => {
    const swarm = origin.url + STREAM;
    const [honest, renewing, ending] = [await open(), await open({ before: tamperWithGreetings }), await open()];
    await honest.play(STREAM, { hls: WHOLE_STREAM, shoal: { ticket: await ticket({ swarm }) } });
    await honest.handed(8);
    // The signaling server bears with a site whose clock is 5 s off: the first has some 6 s to live.
    const tickets = [await ticket({ swarm, lifetimeS: 1, viewer: "renewing" }), await ticket({ swarm, viewer: "renewing" })];
    let asked = 0;
    site.answer("/ticket", () => tickets[Math.min(asked++, 1)]!);
    await renewing.play(STREAM, { hls: WHOLE_STREAM, ticketPath: "/ticket" });
    await ending.play(STREAM, { hls: WHOLE_STREAM, shoal: { ticket: await ticket({ swarm, lifetimeS: 1 }) } });
    await honest.neighbours(2);
    await expect.poll(() => reasons(honest)).toEqual(["expired ticket"]);
    await expect.poll(() => warnings(ending)).toContainEqual(expect.stringMatching(/^tracker-(stat|find)-ticket-expired$/));
    expect([asked, (await renewing.playerStats()).tracker, (await renewing.playerStats()).neighbours.length]).toEqual([2, "connected", 1]);

    await steal(renewing, (await hellos(renewing))[0]);
    const newcomer = await open();
    await newcomer.play(STREAM, { hls: WHOLE_STREAM, shoal: { ticket: await ticket({ swarm }) } });
    await expect.poll(() => reasons(newcomer)).toEqual(["expired ticket"]);
    expect((await newcomer.playerStats()).neighbours.map(({ peer }) => peer)).toEqual([(await honest.playerStats()).peer]);
  });
});

test("a man in the middle, put there by the signaling server, is found by peers that prove who they are", async ({ open, browser }) => {
  const context = await browser.newContext();
  const middle = await context.newPage();
  const tracker = await startLyingTracker(middle);
  const passed = (): Promise<number> => middle.evaluate(() => (globalThis as unknown as { passed: number }).passed);
  const pair = async (permId: boolean): Promise<[Viewer, Viewer]> => {
    const two: [Viewer, Viewer] = [await open(), await open()];
    for (const viewer of two) {
      await viewer.play(STREAM, { hls: WHOLE_STREAM, shoal: { tracker: tracker.url, permId } });
      await viewer.handed(8);
    }
    return two;
  };

  // Without proofs he hears everything, and nobody notices.
  const [fool, fooled] = await pair(false);
  await fooled.neighbours(1);
  expect((await fooled.playerStats()).peerBytes).toBeGreaterThan(0);
  const before = await passed();
  expect(before).toBeGreaterThan(10);
  for (const viewer of [fool, fooled]) await viewer.kill();

  const wary = await pair(true);
  for (const viewer of wary) {
    await expect.poll(() => reasons(viewer)).toEqual([expect.stringContaining("somebody sits in the middle")]);
    expect(await viewer.playerStats()).toMatchObject({ neighbours: [], peerBytes: 0, uploadedBytes: 0 });
    await viewer.reaches(1);
  }
  // HELLO and proof of each, and nothing else
  expect(await passed()).toBe(before + 4);
  await tracker.close();
  await context.close();
});
