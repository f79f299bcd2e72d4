import type { SignalData } from "../../signaling-server/src/events.js";
import { parseFind, parseJoin, parseLeave, parseLive, parseMisbehaved, parseMissing, parseSignal as parseSignalRequest, parseStat } from "../../signaling-server/src/payload.js";
import { parseSignal } from "../../sdk/src/browser/signal.js";
import { pick } from "./chance.js";
import { someEvent, someSignal } from "./client-event.js";
import { mutateJson } from "./json-mutation.js";
import { stateless, type Target } from "./target.js";

const SIGNAL_BYTES = 16 * 1024;

const PARSERS = {
  join: parseJoin, leave: parseLeave, find: parseFind, stat: parseStat, live: parseLive, missing: parseMissing, misbehaved: parseMisbehaved,
  signal: (payload: unknown) => parseSignalRequest(payload, SIGNAL_BYTES),
} as const;
type ParserName = keyof typeof PARSERS;
const NAMES = Object.keys(PARSERS) as ParserName[];
const isParserName = (name: string): name is ParserName => Object.hasOwn(PARSERS, name);

/** The tracker's validation of payloads, by itself. */
export const payloadTarget = (): Target =>
  stateless("payload", 9, (chance) => {
    const { event, payload } = someEvent(chance(20), chance);
    const of = isParserName(event) && chance(20) > 0 ? event : pick(NAMES, chance);
    const parsed = PARSERS[of](payload);
    if (typeof parsed === "string") return { of, refusal: /^Send .*\.$/.test(parsed) ? parsed : fail("no sentence for its sender") };
    const json = JSON.stringify(parsed);
    // escapes may be longer than what the bound counts in UTF-8
    if (json.length > 6 * SIGNAL_BYTES) fail("accepted something longer than any bound");
    const again = PARSERS[of](JSON.parse(json));
    if (JSON.stringify(again) !== json) fail("is not accepted again as it was passed on");
    return { of };
  });

/** What the SDK takes for a signal of another peer, whatever a tracker passes on. */
export const signalTarget = (): Target =>
  stateless("signal", 5, (chance) => {
    const data = mutateJson(someSignal(chance), chance);
    // the client hands on objects alone
    if (typeof data !== "object" || data === null) return { of: "unknown", refusal: "no object" };
    const { type } = data as SignalData;
    const signal = parseSignal(data as SignalData);
    if (signal === undefined) return { of: ["offer", "answer", "candidate", "refuse"].find((of) => of === type) ?? "unknown", refusal: "no signal" };
    if ("sdp" in signal && /^m=(audio|video)/m.test(signal.sdp)) fail("sound or pictures were accepted");
    return { of: signal.type };
  });

function fail(problem: string): never {
  throw new Error(problem);
}
