import { Decoder as WholeDecoder, Encoder as WholeEncoder } from "socket.io-parser";
import { expect, test } from "vitest";
import { SOCKET_IO_STAND_INS } from "../shims/socket-io-stand-ins.js";

interface Packet { readonly type: number; readonly nsp: string; readonly id?: number; readonly data?: unknown }
type Lean = { Encoder: new () => { encode(packet: object): string[] }; Decoder: new () => { on(event: "decoded", listener: (packet: object) => void): void; add(text: string): void } };

/** As the bundles have it. */
const source = (SOCKET_IO_STAND_INS["socket.io-parser/build/esm/index.js"] ?? "").replace("shoal:emitter", new URL("../shims/emitter.js", import.meta.url).href);
const lean = (await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(source)}`)) as Lean;

function decoded(text: string): object | undefined {
  const decoder = new lean.Decoder();
  let packet: object | undefined;
  decoder.on("decoded", (each) => (packet = each));
  decoder.add(text);
  return packet;
}

const PACKETS: readonly Packet[] = [
  { type: 0, nsp: "/", data: { sid: "x" } },
  { type: 2, nsp: "/", data: ["join", { swarm: "a" }], id: 0 },
  { type: 2, nsp: "/", data: ["seats", null, "line\nbreak \u2028", [1]], id: 12 },
  { type: 2, nsp: "/", data: ["leave"] },
  { type: 3, nsp: "/", data: [{ ok: true }], id: 7 },
  { type: 3, nsp: "/", data: [], id: 8 },
  { type: 4, nsp: "/", data: { message: "no" } },
];

test("packets of the script tag's parser are those of Socket.IO's own", () => {
  for (const packet of PACKETS) {
    const [text] = new WholeEncoder().encode(packet as never) as [string];
    expect(new lean.Encoder().encode(packet)).toEqual([text]);
    expect(decoded(text)).toMatchObject({ type: packet.type, data: packet.data, id: packet.id === undefined ? "" : String(packet.id) });
  }
  // What it sends to join, and to leave.
  for (const packet of [{ type: 0 }, { type: 1 }]) {
    const whole = new WholeDecoder();
    let type: number | undefined;
    whole.on("decoded", (each: Packet) => (type = each.type));
    whole.add(new lean.Encoder().encode(packet)[0]);
    expect(type).toBe(packet.type);
  }
  expect(decoded("1")).toMatchObject({ type: 1 });
});

test("anything else is an error, which ends the connection, and nothing that a listener would stumble over", () => {
  const reserved = ["connect", "connect_error", "disconnect"].map((name) => `2["${name}"]`);
  for (const text of ["", "9", "x", "2", "2{}", `2{"length":1e9}`, "2[", "3", "31", `31{"length":1e9}`, "0[]", `4"no"`, "4null", "51-[]", "/other,", ...reserved]) {
    expect(() => decoded(text), text).toThrow();
  }
  // Socket.IO's own parser lets this pass without data, and its client then stumbles over what is not there.
  expect(decoded("4")).toMatchObject({ type: 4, data: {} });
});
