import { beforeEach, describe, expect, it } from "vitest";
import type { Link, LinkEvents, LinkOptions } from "../src/browser/link.js";
import type { Signal } from "../src/browser/signal.js";
import { WebRtcTransport } from "../src/browser/webrtc.js";
import type { PeerId } from "../src/protocol/ids.js";
import type { SignalData } from "../../signaling-server/src/events.js";

const low = "0000000000000001" as PeerId;
const high = "ffffffffffffffff" as PeerId;
const sdp = "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";

/** A link that offers at once, answers an offer, and opens when answered. */
class FakeLink implements Link {
  static open: FakeLink[] = [];
  readonly signals: Signal[] = [];
  readonly sent: Uint8Array[] = [];

  constructor(
    readonly options: LinkOptions,
    readonly events: LinkEvents,
  ) {
    FakeLink.open.push(this);
    if (options.initiator) queueMicrotask(() => this.isOpen && events.onSignal({ type: "offer", sdp }));
  }

  get isOpen(): boolean {
    return FakeLink.open.includes(this);
  }

  signal(signal: Signal): void {
    this.signals.push(signal);
    queueMicrotask(() => {
      if (!this.isOpen) return;
      if (signal.type === "offer") this.events.onSignal({ type: "answer", sdp });
      if (signal.type !== "candidate") this.events.onOpen();
    });
  }

  send(bytes: Uint8Array): void {
    this.sent.push(bytes);
  }

  descriptions(): readonly [string, string] {
    return [sdp, sdp];
  }

  close(): void {
    FakeLink.open = FakeLink.open.filter((link) => link !== this);
  }
}

/** One side: its transport, what it reported, and what it wants the tracker to bring. */
function side(self: PeerId, maxPeers = 8) {
  const log: string[] = [];
  const outbox: { to: PeerId; data: SignalData }[] = [];
  const transport = new WebRtcTransport(
    { self, maxPeers, openLink: (options, events) => new FakeLink(options, events) },
    {
      onSignal: (to, data) => outbox.push({ to, data }),
      onConnected: (peer) => log.push(`connected ${peer}`),
      onDisconnected: (peer, reason) => log.push(`disconnected ${peer}: ${reason}`),
      onMessage: (peer, bytes) => log.push(`message ${peer} ${bytes.byteLength}`),
      onWritable: () => {},
    },
  );
  return { self, transport, log, outbox };
}

type Side = ReturnType<typeof side>;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The tracker: brings everything, in order, until nothing is left. */
async function bring(...sides: Side[]): Promise<void> {
  for (await settled(); sides.some(({ outbox }) => outbox.length > 0); await settled()) {
    for (const from of sides) {
      for (const { to, data } of from.outbox.splice(0)) sides.find(({ self }) => self === to)?.transport.signal(from.self, data);
    }
  }
}

describe("WebRTC transport", () => {
  beforeEach(() => {
    FakeLink.open = [];
  });

  it("connects two peers when one dials", async () => {
    const [a, b] = [side(low), side(high)];
    a.transport.connect(high);
    await bring(a, b);
    expect([a.log, b.log]).toEqual([[`connected ${high}`], [`connected ${low}`]]);
  });

  it.each([
    ["the smaller id's signals are first", (a: Side, b: Side) => [a, b]],
    ["the larger id's signals are first", (a: Side, b: Side) => [b, a]],
  ])("ends with one connection when both dial at once: %s", async (_, order) => {
    const [a, b] = [side(low), side(high)];
    a.transport.connect(high);
    b.transport.connect(low);
    await bring(...order(a, b));
    expect([a.log, b.log]).toEqual([[`connected ${high}`], [`connected ${low}`]]);
    expect(FakeLink.open.map(({ options }) => options.initiator)).toEqual([true, false]);
  });

  it("keeps candidates of an abandoned try away from the next", async () => {
    const [a, b] = [side(low), side(high)];
    b.transport.connect(low);
    await bring(b);
    a.transport.connect(high);
    await bring(a, b);
    a.transport.signal(high, { type: "candidate", attempt: "00000000", candidate: { candidate: "late", sdpMid: "0" } });
    expect(FakeLink.open.flatMap(({ signals }) => signals.map(({ type }) => type))).not.toContain("candidate");
  });

  it("tells the dialling side at once when there is no room", async () => {
    const [a, b] = [side(low), side(high, 0)];
    a.transport.connect(high);
    await bring(a, b);
    expect(a.log).toEqual([`disconnected ${high}: refused`]);
    expect(FakeLink.open).toEqual([]);
  });

  it("bounds its own dialling, and says so later, not at once", async () => {
    const a = side(low, 1);
    a.transport.connect(high);
    a.transport.connect("2222222222222222" as PeerId);
    expect(a.log).toEqual([]);
    await settled();
    expect(a.log).toEqual(["disconnected 2222222222222222: no room"]);
  });

  it("takes a peer back that lost its end and dials anew", async () => {
    const [a, b] = [side(low), side(high)];
    a.transport.connect(high);
    await bring(a, b);
    b.transport.disconnect(low);
    b.transport.connect(low);
    await bring(a, b);
    expect(a.log).toEqual([`connected ${high}`, `disconnected ${high}: the peer dialled anew`, `connected ${high}`]);
    expect(FakeLink.open).toHaveLength(2);
  });

  it("ignores signals that belong to nothing", async () => {
    const a = side(low);
    for (const type of ["answer", "candidate", "refuse", "renegotiate"]) a.transport.signal(high, { type, attempt: "00000000", sdp });
    a.transport.signal(low, { type: "offer", attempt: "00000000", sdp });
    await settled();
    expect([a.log, a.outbox, FakeLink.open]).toEqual([[], [], []]);
  });

  it("reports nothing after its own disconnect, and lets the other side stop waiting", async () => {
    const [a, b] = [side(low), side(high)];
    a.transport.connect(high);
    await settled();
    a.transport.disconnect(high);
    await bring(a, b);
    expect(a.log).toEqual([]);
    expect(FakeLink.open).toEqual([]);
  });

  it("is silent and empty once destroyed", async () => {
    const [a, b] = [side(low), side(high)];
    a.transport.connect(high);
    await bring(a, b);
    a.transport.destroy();
    b.transport.destroy();
    a.transport.connect(high);
    a.transport.signal(high, { type: "offer", attempt: "00000000", sdp });
    await bring(a, b);
    expect(FakeLink.open).toEqual([]);
    expect([a.log, b.log]).toEqual([[`connected ${high}`], [`connected ${low}`]]);
  });
});
