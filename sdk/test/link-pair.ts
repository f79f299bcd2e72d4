import type { Link, LinkEvents, LinkOptions } from "../src/browser/link.js";

export const fingerprint = (digit: string): string => `sha-256 ${Array.from({ length: 32 }, () => digit.repeat(2)).join(":")}`;
const sdpOf = (of: string): string => `v=0\r\na=fingerprint:${of}\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n`;

/** One end of a data channel in memory. */
export class EndInMemory implements Link {
  readonly sent: Uint8Array[] = [];
  isClosed = false;
  other: EndInMemory | undefined;

  constructor(readonly events: LinkEvents, readonly fingerprints: readonly [own: string, other: string]) {}

  signal(): void {}
  send(bytes: Uint8Array): void {
    this.sent.push(bytes);
    const { other } = this;
    queueMicrotask(() => other?.isClosed === false && other.events.onMessage(bytes.slice()));
  }
  descriptions(): readonly [string, string] {
    return [sdpOf(this.fingerprints[0]), sdpOf(this.fingerprints[1])];
  }
  close(): void {
    this.isClosed = true;
  }
}

/** What a guarded link reports. */
export class Report implements LinkEvents {
  readonly log: string[] = [];
  readonly messages: Uint8Array[] = [];
  readonly onSignal = (): void => {};
  readonly onOpen = (permId?: string): void => void this.log.push(`open ${permId}`);
  readonly onMessage = (bytes: Uint8Array): void => void this.messages.push(bytes);
  readonly onWritable = (): void => void this.log.push("writable");
  readonly onClosed = (reason: string): void => void this.log.push(`closed: ${reason}`);
}

type Guard = (open: (options: LinkOptions, events: LinkEvents) => Link) => (options: LinkOptions, events: LinkEvents) => Link;

/** A guarded end whose own end of the channel is in the test's hands. */
export function guarded(guard: Guard, peer: string, fingerprints: readonly [string, string]) {
  let end: EndInMemory | undefined;
  const report = new Report();
  const link = guard((_options, events) => (end = new EndInMemory(events, fingerprints)))({ initiator: true, iceServers: [], peer }, report);
  return { link, report, end: end as unknown as EndInMemory };
}
