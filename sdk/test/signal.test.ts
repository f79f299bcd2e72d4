import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSignal } from "../src/browser/signal.js";

const attempt = "0123abcd";
const sdp = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";
const candidate = { candidate: "candidate:1 1 udp 1 127.0.0.1 9 typ host", sdpMid: "0", sdpMLineIndex: 0 };

describe("signals from a stranger", () => {
  it("are read when well formed", () => {
    expect(parseSignal({ type: "offer", attempt, sdp })).toEqual({ type: "offer", attempt, sdp, proves: false });
    expect(parseSignal({ type: "answer", attempt, sdp, proves: true })).toMatchObject({ proves: true });
    expect(parseSignal({ type: "candidate", attempt, candidate })).toEqual({ type: "candidate", attempt, candidate });
    expect(parseSignal({ type: "refuse", attempt })).toEqual({ type: "refuse", attempt });
  });

  it("bring no candidates in a description, where nobody would count them", () => {
    const line = `a=${candidate.candidate}\r\n`;
    expect(parseSignal({ type: "offer", attempt, sdp: sdp + line.repeat(200) + "a=mid:0\r\n" + line })).toMatchObject({ sdp: `${sdp}a=mid:0\r\n` });
  });

  it.each([
    ["no attempt", { type: "offer", sdp }],
    ["a description with pictures", { type: "offer", attempt, sdp: `${sdp}m=video 9 UDP/TLS/RTP/SAVPF 96\r\n` }],
    ["a description of many connections", { type: "offer", attempt, sdp: sdp + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" }],
    ["a description out of bounds", { type: "offer", attempt, sdp: "x".repeat(20_000) }],
    ["a candidate out of bounds", { type: "candidate", attempt, candidate: { ...candidate, candidate: "x".repeat(2_000) } }],
    ["a candidate for no media line", { type: "candidate", attempt, candidate: { candidate: candidate.candidate } }],
    ["simple-peer's own requests to renegotiate", { type: "renegotiate", attempt, renegotiate: true }],
    ["simple-peer's own requests for a transceiver", { type: "transceiverRequest", attempt, transceiverRequest: { kind: "video" } }],
  ])("are refused: %s", (_, data) => {
    expect(parseSignal(data)).toBeUndefined();
  });

  it("never throw", () => {
    fc.assert(fc.property(fc.dictionary(fc.constantFrom("type", "attempt", "sdp", "candidate"), fc.anything()), (data) => void parseSignal({ attempt, ...data } as never)));
  });
});
