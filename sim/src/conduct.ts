import type { PeerId } from "../../sdk/src/protocol/ids.js";
import type { Message } from "../../sdk/src/protocol/message.js";
import { forgeReceipt, ghostPeer, signReceipt } from "./receipt-signature.js";
import { hashOf, pollutedPayload } from "./stream.js";

/**
 * leech: says that it does not upload. free-rider: says that it does, and lets nobody have anything. forger: a free-rider that tells its givers
 * that it has forwarded all, in the name of viewers who have not signed that, or of such as do not exist, each time twice. colluder: a free-rider
 * for whom another one signs. polluter: sends rubbish and vouches for it, and tells the tracker of everybody it meets that they do.
 * sleeper: a polluter that is honest until half of the run is over, when nobody doubts it any more; all of them turn at once.
 */
export type Conduct = "honest" | "leech" | "free-rider" | "forger" | "colluder" | "polluter" | "sleeper";

/** Who does it. */
export interface Culprit {
  readonly conduct: Conduct;
  readonly peer: PeerId;
  readonly index: number;
  /** Of a sleeper: its time has come. */
  readonly isAwake: () => boolean;
  /** Somebody else who is there: of a colluder one of its kind. */
  readonly other: () => PeerId | undefined;
}

/** Peers that a forger invents for a receipt. */
const GHOSTS = 4;

/** What really goes out instead of `message`. */
export function tamper(culprit: Culprit, message: Message): readonly Message[] {
  switch (culprit.conduct) {
    case "honest":
    case "leech":
      return [message];
    case "free-rider":
      return keepsAll(message) ? [] : [message];
    case "forger":
    case "colluder":
      return keepsAll(message) ? [] : message.type === "RECEIPT" && message.receiver === culprit.peer ? [message, ...invented(culprit, message)] : [message];
    case "sleeper":
      return culprit.isAwake() ? polluted(message) : [message];
    case "polluter":
      return polluted(message);
  }
}

function polluted(message: Message): readonly Message[] {
  if (message.type === "DATA") return [{ ...message, payload: pollutedPayload(message.segment, message.chunk, message.payload.length) }];
  if (message.type === "INTEGRITY") return [{ ...message, fromOrigin: true, hashes: message.hashes.map((_, i) => hashOf(message.segment, message.first + i, false)) }];
  return [message];
}

const keepsAll = ({ type }: Message): boolean => type === "UNCHOKE" || type === "DATA";

/** "What you gave me I have forwarded", to who is told truly what was received. */
function invented({ conduct, peer, index, other }: Culprit, { runs }: Extract<Message, { type: "RECEIPT" }>): Message[] {
  const claim = (receiver: PeerId, isSigned: boolean): Message => {
    const receipt = { type: "RECEIPT", giver: peer, receiver, runs } as const;
    return { ...receipt, ...(isSigned ? signReceipt(receipt) : forgeReceipt(receiver)) };
  };
  const named = other();
  if (conduct === "colluder") return named === undefined ? [] : [claim(named, true)];
  // Half of them are clever enough to sign with keys of their own.
  const claims = index % 2 === 0 ? Array.from({ length: GHOSTS }, (_, i) => claim(ghostPeer(`${peer} ${runs[0]?.segment.id} ${i}`), true)) : named === undefined ? [] : [claim(named, false)];
  return [...claims, ...claims];
}
