import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChannelTicketIssuer, isProven } from "../../signaling-server/src/channel-ticket.js";
import { Credentials, openCredentials, type TicketSource } from "../src/credentials/credentials.js";
import { decodeGreeting, encodeGreeting } from "../src/credentials/greeting.js";
import { PermKey, permKey } from "../src/credentials/perm-key.js";
import { fingerprintOf } from "../src/credentials/proof.js";
import { fingerprint, guarded } from "./link-pair.js";

const swarm = "5".repeat(32);
const [annId, bobId] = ["a".repeat(16), "b".repeat(16)];
const newKey = async (): Promise<PermKey> => PermKey.of(await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]));

interface Side {
  readonly key: PermKey;
  readonly credentials: Credentials;
}

async function side(peer: string, over: { key?: PermKey; swarm?: string; ticket?: TicketSource } = {}): Promise<Side> {
  const key = over.key ?? (await newKey());
  return { key, credentials: new Credentials({ swarm, name: "a swarm", peer, ...over }, key) };
}

/** Both ends of one channel. `swapped`: each end is connected to somebody in the middle, who passes everything on. */
function connect(ann: Side, bob: Side, { swapped = false } = {}) {
  const [a, b, m] = [fingerprint("A"), fingerprint("B"), fingerprint("E")];
  const one = guarded((open) => ann.credentials.guard(open), bobId, [a, swapped ? m : b]);
  const two = guarded((open) => bob.credentials.guard(open), annId, [b, swapped ? m : a]);
  one.end.other = two.end;
  two.end.other = one.end;
  one.end.events.onOpen();
  two.end.events.onOpen();
  return [one, two] as const;
}

const settled = (log: readonly string[]): Promise<void> => vi.waitFor(() => expect(log.length).toBeGreaterThan(0));
const frame = (first: number): Uint8Array => Uint8Array.of(0, 1, first);

describe("two peers that prove who they are", () => {
  it("open to each other after one round trip, and know each other's PermID", async () => {
    const [ann, bob] = [await side(annId), await side(bobId)];
    const [one, two] = connect(ann, bob);
    await Promise.all([settled(one.report.log), settled(two.report.log)]);
    expect([one.report.log, two.report.log]).toEqual([[`open ${bob.key.id}`], [`open ${ann.key.id}`]]);
    expect(one.end.sent.map((bytes) => [bytes[2], bytes.length])).toEqual([[0, 84], [1, 67]]);
    one.link.send(frame(7));
    await vi.waitFor(() => expect(two.report.messages).toEqual([frame(7)]));
  });

  it("find a man in the middle, whom the signaling server put there, by the certificates", async () => {
    const [one, two] = connect(await side(annId), await side(bobId), { swapped: true });
    await Promise.all([settled(one.report.log), settled(two.report.log)]);
    for (const { report, end } of [one, two]) {
      expect(report.log).toEqual([expect.stringContaining("somebody sits in the middle")]);
      expect([end.isClosed, report.messages]).toEqual([true, []]);
    }
  });

  it("do not open when one of them believes in another swarm", async () => {
    const [one] = connect(await side(annId), await side(bobId, { swarm: "6".repeat(32) }));
    await settled(one.report.log);
    expect(one.report.log).toEqual([expect.stringContaining("proof is not for this connection")]);
  });

  it("lose no message that one sends when the other still looks at its proof", async () => {
    const [one, two] = connect(await side(annId), await side(bobId));
    await settled(one.report.log);
    for (let i = 0; i < 30; i++) one.link.send(frame(i));
    await vi.waitFor(() => expect(two.report.messages.map((bytes) => bytes[2])).toEqual(Array.from({ length: 30 }, (_, i) => i)));
  });
});

describe("a peer that does not prove who it is", () => {
  /** An honest end, and what it was told so far by a hostile one. */
  async function honest() {
    const ann = await side(annId);
    const one = guarded((open) => ann.credentials.guard(open), bobId, [fingerprint("A"), fingerprint("B")]);
    one.end.events.onOpen();
    return one;
  }
  const hello = (key: PermKey): Uint8Array => encodeGreeting({ type: "hello", nonce: new Uint8Array(16), key: key.publicKey, ticket: new Uint8Array() });

  it.each([
    ["speaks the engine's language at once", async () => [frame(1)]],
    ["says HELLO and goes on", async () => [hello(await newKey()), frame(1)]],
    ["says HELLO twice", async () => [hello(await newKey()), hello(await newKey())]],
    ["begins with its proof", async () => [encodeGreeting({ type: "proof", signature: new Uint8Array(64) })]],
    ["shows a ticket before its proof", async () => [hello(await newKey()), encodeGreeting({ type: "ticket", ticket: new Uint8Array(124) })]],
    ["signs with noise", async () => [hello(await newKey()), encodeGreeting({ type: "proof", signature: new Uint8Array(64).fill(7) })]],
    ["has no key at all", async () => [encodeGreeting({ type: "hello", nonce: new Uint8Array(16), key: new Uint8Array(65), ticket: new Uint8Array() }), encodeGreeting({ type: "proof", signature: new Uint8Array(64) })]],
    ["sends garbage", async () => [Uint8Array.of(0, 0, 9)]],
  ])("is closed, and nothing of it reaches the engine: it %s", async (_, says) => {
    const { end, report } = await honest();
    for (const bytes of await says()) end.events.onMessage(bytes);
    await settled(report.log);
    expect(report.log).toEqual([expect.stringMatching(/^closed: /)]);
    expect([end.isClosed, report.messages]).toEqual([true, []]);
  });

  it("cannot send our own words back to us", async () => {
    const { end, report } = await honest();
    end.other = end;
    end.events.onMessage(end.sent[0]!);
    await settled(report.log);
    expect(report.log).toEqual([expect.stringContaining("proof is not for this connection")]);
  });

  it("is not waited for", async () => {
    vi.useFakeTimers();
    const { end, report } = await honest();
    await vi.advanceTimersByTimeAsync(5_000);
    vi.useRealTimers();
    expect([end.isClosed, report.log]).toEqual([true, ["closed: the peer did not prove in time who it is"]]);
  });
});

describe("channel tickets", () => {
  let tracker: ChannelTicketIssuer;
  let [ann, bob]: Side[] = [];
  beforeEach(async () => {
    tracker = await ChannelTicketIssuer.create();
    [ann, bob] = [await side(annId, { ticket: "a.b.c" }), await side(bobId, { ticket: "a.b.c" })];
    ann.credentials.joined(await ticketFor(ann, annId));
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const ticketFor = ({ key }: Side, peer: string, { lifetimeMs = 60_000, of = swarm, by = tracker } = {}) =>
    by.issue({ swarm: of, peer, holder: key.id, expiresMs: Date.now() + lifetimeMs }, Date.now());
  /** Why Ann does not let Bob in. */
  async function reason(): Promise<string | undefined> {
    const [one] = connect(ann!, bob!);
    await settled(one.report.log);
    return one.report.log[0];
  }

  it("let peers in that the tracker gave them to", async () => {
    bob!.credentials.joined(await ticketFor(bob!, bobId));
    expect(await reason()).toBe(`open ${bob!.key.id}`);
  });

  it.each([
    ["none", "no ticket", async () => undefined],
    ["an expired one", "expired ticket", () => ticketFor(bob!, bobId, { lifetimeMs: -1 })],
    ["another swarm's", "ticket for another swarm", () => ticketFor(bob!, bobId, { of: "6".repeat(32) })],
    ["a stolen one", "stolen ticket: issued to another key", () => ticketFor(ann!, bobId)],
    ["one of another session of the same browser", "replayed ticket: issued to another peer", () => ticketFor(bob!, "c".repeat(16))],
    ["one of somebody else's making", "ticket not signed by the tracker", async () => ticketFor(bob!, bobId, { by: await ChannelTicketIssuer.create() })],
  ])("keep out who has %s, and say so: %s", async (_, why, make) => {
    const ticket = await make();
    if (ticket) bob!.credentials.joined(ticket);
    expect(await reason()).toBe(`closed: ${why}`);
  });

  it("are judged by the tracker's clock, however wrong the viewer's is", async () => {
    const dayMs = 86_400_000;
    const own = await ticketFor(ann!, annId, { lifetimeMs: dayMs + 60_000 });
    ann!.credentials.joined({ ...own, nowMs: Date.now() + dayMs });
    bob!.credentials.joined(await ticketFor(bob!, bobId));
    expect(await reason()).toBe("closed: expired ticket");
  });

  it("end a connection when they expire, unless a new one is shown in time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    bob!.credentials.joined(await ticketFor(bob!, bobId, { lifetimeMs: 10_000 }));
    const [one, two] = connect(ann!, bob!);
    const untilOpen = async (): Promise<void> => {
      while (one.report.log.length === 0 || two.report.log.length === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    await untilOpen();
    vi.advanceTimersByTime(9_000);
    bob!.credentials.joined(await ticketFor(bob!, bobId, { lifetimeMs: 30_000 }));
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(20_000);
    expect(one.report.log).toEqual([`open ${bob!.key.id}`]);
    vi.advanceTimersByTime(20_000);
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(one.report.log.at(-1)).toBe("closed: expired ticket");
  });

  it("cannot be renewed with somebody else's, nor so often that it costs", async () => {
    bob!.credentials.joined(await ticketFor(bob!, bobId));
    for (const [ticket, times, why] of [[await ticketFor(ann!, bobId), 1, "stolen ticket: issued to another key"], [await ticketFor(bob!, bobId), 2, "a greeting out of place"]] as const) {
      const [one, two] = connect(ann!, bob!);
      await settled(one.report.log);
      const bytes = encodeGreeting({ type: "ticket", ticket: new Uint8Array(Buffer.from(ticket.channel, "base64url")) });
      for (let i = 0; i < times; i++) two.end.send(bytes);
      await vi.waitFor(() => expect(one.report.log).toEqual([`open ${bob!.key.id}`, `closed: ${why}`]));
    }
  });
});

describe("joining", () => {
  it("signs each request with the browser's key, over a ticket that is asked for anew", async () => {
    let count = 0;
    const { credentials } = await side(annId, { ticket: async (name) => `${name.length}.${(count += 1)}.x` });
    const [first, second] = [await credentials.admission!.joinTicket(), await credentials.admission!.joinTicket()];
    expect([first.jwt, second.jwt]).toEqual(["7.1.x", "7.2.x"]);
    expect(await isProven({ swarm, peer: annId, ticket: first })).toBe(true);
    for (const forged of [{ swarm, peer: bobId, ticket: first }, { swarm: "6".repeat(32), peer: annId, ticket: first }, { swarm, peer: annId, ticket: { ...first, jwt: second.jwt } }]) expect(await isProven(forged)).toBe(false);
  });

  it.each([["", /gave no JWT/], [async () => "Forbidden", /gave no JWT/], [async () => Promise.reject(new Error("not logged in")), /not logged in/]])("fails where the site gives no ticket", async (ticket, why) => {
    await expect((await side(annId, { ticket })).credentials.admission!.joinTicket()).rejects.toThrow(why);
  });

  it("uses one key a page where nothing can be stored", async () => {
    expect(await permKey()).toBe(await permKey());
    await openCredentials({ swarm, name: "", peer: annId });
  });
});

describe("greetings", () => {
  it("survive any bytes, and what is read is what was written", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ minLength: 60, maxLength: 210 }).map((bytes) => Uint8Array.of(0, 0, ...bytes))), (bytes) => {
        const greeting = decodeGreeting(bytes);
        if (greeting) expect(encodeGreeting(greeting)).toEqual(bytes);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("the fingerprint of a description", () => {
  const line = (of: string): string => `a=fingerprint:${of}\r\n`;
  it("is the one that is there, however written", () => {
    expect(fingerprintOf(`v=0\r\n${line("sha-256 AB:CD")}m=application\r\n${line("SHA-256 ab:cd")}`)).toBe("sha-256 AB:CD");
  });
  it.each([["there is none", "v=0\r\n"], ["there are two", line("sha-256 AB:CD") + line("sha-256 AB:CE")], ["it is no hex", line("sha-256 XY")], ["it is endless", line(`sha-256 ${"AB:".repeat(200)}AB`)]])("is nothing when %s", (_, sdp) => {
    expect(fingerprintOf(sdp)).toBeUndefined();
  });
});

