import type { Announcer } from "./announcer.js";
import type { Input } from "./contract.js";
import type { Fetches } from "./fetches.js";
import type { PeerId } from "./ids.js";
import type { Integrity } from "./integrity.js";
import type { Judge } from "./judge.js";
import type { OriginPlan } from "./origin-plan.js";
import type { PlayerDesk } from "./player-desk.js";
import type { EngineState } from "./state.js";
import type { StoredSegment } from "./stored-segment.js";
import type { Uploads } from "./uploads.js";

/** What is heard of chunks' hashes. */
export type Witnesses = Pick<Integrity, "ask" | "answer" | "held" | "isHolding" | "forget">;

/** Takes chunks that have arrived into the store, or throws them out and blames their giver. */
export type ChunkJudge = Pick<Judge, "submit" | "originChunk" | "hashed" | "word" | "review" | "forget" | "dropSoleWord" | "examinationFailed" | "evidence" | "fellShort" | "settlesSize">;

export type Evidence = Extract<Input, { type: "signed" | "unsigned" | "list-fetched" | "list-checked" }>;

export interface JudgeParts {
  readonly state: EngineState;
  readonly plan: OriginPlan;
  readonly fetches: Fetches;
  readonly uploads: Uploads;
  readonly announcer: Announcer;
  readonly desk: PlayerDesk;
  readonly blame: (peer: PeerId, points: number, reason: string, nowMs: number) => void;
  /** The size of a segment is known for certain; neighbours who told another one are blamed. */
  readonly learnSize: (segment: StoredSegment, sizeBytes: number, nowMs: number) => void;
}

/** Makes an engine believe chunks by something else than agreement. Its parts are made before those that they judge with. */
export interface Belief {
  readonly witnesses: (state: EngineState) => Witnesses & { readonly judge: (parts: JudgeParts) => ChunkJudge };
}
