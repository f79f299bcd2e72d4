import { ReceiptKey } from "../../sdk/src/browser/receipt-key.js";
import type { ChunkRun, Message } from "../../sdk/src/protocol/message.js";
import { decodeFrame, encodeFrames } from "../../sdk/src/wire/frame.js";

/** What a hostile peer does, over connections that the SDK has opened for it in good faith. */
export type Misconduct =
  /** Takes, and gives nothing. */
  | "never-answers"
  /** Says that it holds all of each segment it knows of, and gives nothing. */
  | "claims-everything"
  /** Says every half second that it is fetching everything from the origin. */
  | "promises-everything"
  /** 6,000 messages in one frame, right after HANDSHAKE. */
  | "floods"
  /** Chunks that nobody asked for. */
  | "pushes-unasked"
  /** A receipt that was changed after it had been signed, right after HANDSHAKE. */
  | "forges-receipts"
  /** Receipts for all that it asks for, signed in order, of a receiver who does not exist. */
  | "invents-receivers"
  | "sends-oversized"
  | "sends-garbage"
  | "sends-text";

/** From now on the page's data channels misbehave. */
export function misbehave(how: Misconduct): void {
  const send = RTCDataChannel.prototype.send as (this: RTCDataChannel, data: unknown) => void;
  const begun = new WeakSet<RTCDataChannel>();
  let greeting: Greeting | undefined;
  let ghost: Promise<ReceiptKey> | undefined;
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown) {
    const messages = ArrayBuffer.isView(data) ? decodeFrame(new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()) : [];
    if ("type" in messages) return send.call(this, data);
    const say = (...extra: Message[]): void => {
      if (this.readyState === "open") for (const frame of encodeFrames(extra)) send.call(this, frame.slice());
    };
    say(...messages.flatMap((message) => altered(message, how)));
    greeting ??= messages.find((message) => message.type === "HANDSHAKE");
    if (greeting === undefined) return;
    if (how === "invents-receivers") {
      const runs = messages.flatMap((message) => (message.type === "REQUEST" ? message.runs : []));
      ghost ??= ReceiptKey.make(greeting.swarm);
      if (runs.length > 0) void signed(ghost, { giver: greeting, runs }).then(say);
    }
    if (begun.has(this) || !messages.some(({ type }) => type === "HANDSHAKE")) return;
    begun.add(this);
    begin(how, { say, raw: (bytes) => send.call(this, bytes), greeting });
  };
}

function altered(message: Message, how: Misconduct): Message[] {
  const givesNothing = how === "never-answers" || how === "claims-everything" || how === "promises-everything";
  if (givesNothing && (message.type === "DATA" || message.type === "REJECT" || message.type === "INTEGRITY")) return [];
  if (how === "claims-everything" && message.type === "HAVE") return [{ ...message, entries: message.entries.map((entry) => ({ ...entry, chunks: "all" as const })) }];
  if (how === "promises-everything" && message.type === "HAVE")
    return [message, { type: "PROMISE", withdrawn: false, runs: message.entries.slice(0, 200).map(({ segment }) => ({ segment, first: 0, count: 65_535 })) }];
  return [message];
}

type Greeting = Extract<Message, { type: "HANDSHAKE" }>;

/** What the holder of a key says of what `giver` has given it. */
async function signed(key: Promise<ReceiptKey>, { giver, runs }: { giver: Greeting; runs: readonly ChunkRun[] }): Promise<Extract<Message, { type: "RECEIPT" }>> {
  const receipt = { type: "RECEIPT", giver: giver.peer, receiver: (await key).peer, runs } as const;
  const answer = await (await key).answer({ type: "sign-receipt", token: 0, receipt });
  if (answer.type !== "receipt-signed") throw new Error(answer.type);
  return { ...receipt, key: answer.key, signature: answer.signature };
}

function begin(how: Misconduct, { say, raw, greeting }: { say: (...messages: Message[]) => void; raw: (bytes: unknown) => void; greeting: Greeting }): void {
  const segment = { track: 1, sequence: 1, variant: 1, id: "1.1.1" } as Extract<Message, { type: "DATA" }>["segment"];
  switch (how) {
    case "floods": return say(...Array.from({ length: 6_000 }, (): Message => ({ type: "UNCHOKE" })));
    case "pushes-unasked": return say(...Array.from({ length: 10 }, (_, chunk): Message => ({ type: "DATA", segment, chunk, payload: new Uint8Array(16_384) })));
    case "forges-receipts": {
      const runs = [{ segment, first: 0, count: 1 }];
      return void signed(ReceiptKey.make(greeting.swarm), { giver: greeting, runs }).then((receipt) => say({ ...receipt, runs: [{ segment, first: 1, count: 1 }] }));
    }
    case "sends-oversized": return raw(new Uint8Array(64 * 1024 + 1));
    case "sends-garbage": return raw(Uint8Array.of(0, 1, 0x7f));
    case "sends-text": return raw("HANDSHAKE");
    case "never-answers": case "claims-everything": case "promises-everything": case "invents-receivers": return;
  }
}
