import type { Message } from "../../sdk/src/protocol/message.js";
import { hashOf, pollutedPayload } from "./stream.js";

/**
 * leech: says that it does not upload. free-rider: says that it does, and lets nobody have anything. polluter: sends rubbish and
 * vouches for it, and tells the tracker of everybody it meets that they do.
 */
export type Conduct = "honest" | "leech" | "free-rider" | "polluter";

/** What really goes out instead of `message`; undefined: nothing. */
export function tamper(conduct: Conduct, message: Message): Message | undefined {
  switch (conduct) {
    case "honest":
    case "leech":
      return message;
    case "free-rider":
      return message.type === "UNCHOKE" || message.type === "DATA" ? undefined : message;
    case "polluter":
      if (message.type === "DATA") return { ...message, payload: pollutedPayload(message.segment, message.chunk, message.payload.length) };
      if (message.type === "INTEGRITY") return { ...message, fromOrigin: true, hashes: message.hashes.map((_, i) => hashOf(message.segment, message.first + i, false)) };
      return message;
  }
}
