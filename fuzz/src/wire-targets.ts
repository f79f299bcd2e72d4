import fc from "fast-check";
import { MAX_FRAME_BYTES, type Message } from "../../sdk/src/protocol/message.js";
import { decode, encode } from "../../sdk/src/wire/codec.js";
import { decodeFrame, encodeFrames } from "../../sdk/src/wire/frame.js";
import { FLAG, typeOf } from "../../sdk/src/wire/tag.js";
import { messageProblem } from "../../sdk/test/message-problem.js";
import { messageArb } from "../../sdk/test/wire-message.js";
import { mutated, noise, same } from "./byte-mutation.js";
import type { Chance } from "./chance.js";
import { stateless, type Target, type Verdict } from "./target.js";

/** One message, as the parser gets it out of a frame. */
export function messageTarget(seed: number): Target {
  const corpus = fc.sample(messageArb, { numRuns: 300, seed }).map(encode);
  return stateless("message", 30, (chance) => {
    const input = chance(4) === 0 ? withKnownTag(noise(chance), chance) : mutated(corpus, chance);
    const message = decode(input);
    const of = typeOf((input[0] ?? 0) & ~FLAG) ?? "unknown";
    if (message.type === "malformed") return { of, refusal: message.reason };
    demandNone(messageProblem(input, message));
    return { of };
  });
}

/** What a data channel hands over: several messages, each after its length. */
export function frameTarget(seed: number): Target {
  const frames = fc.sample(fc.array(messageArb, { minLength: 1, maxLength: 5 }), { numRuns: 300, seed }).flatMap((messages) => Array.from(encodeFrames(messages), (frame) => frame.slice()));
  const corpus = [...frames, new Uint8Array(MAX_FRAME_BYTES), new Uint8Array(MAX_FRAME_BYTES + 1)];
  return stateless("frame", 15, (chance) => {
    const input = chance(8) === 0 ? noise(chance) : mutated(corpus, chance);
    const messages = decodeFrame(input);
    return "type" in messages ? { of: "frame", refusal: messages.reason } : frameVerdict(input, messages);
  });
}

function frameVerdict(input: Uint8Array, messages: readonly Message[]): Verdict {
  const frames = Array.from(encodeFrames(messages), (frame) => frame.slice());
  demandNone(frames.length === 1 && frames[0] && same(frames[0], input) ? undefined : "encodes to other bytes than it was parsed from");
  return { of: "frame" };
}

function withKnownTag(bytes: Uint8Array, chance: Chance): Uint8Array {
  if (bytes.length > 0 && chance(4) > 0) bytes[0] = 1 + chance(14) + (chance(4) === 0 ? FLAG : 0);
  return bytes;
}

function demandNone(problem: string | undefined): void {
  if (problem !== undefined) throw new Error(problem);
}
