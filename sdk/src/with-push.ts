import { CodingEngine } from "./coding-engine.js";
import type { DrivenEngine, DriveLoop } from "./drive-loop.js";
import type { EngineOptions } from "./protocol/config.js";
import { Engine } from "./protocol/engine.js";
import { Push, type PushParts } from "./protocol/push.js";
import { ShoalError } from "./shoal-error.js";

export function checkDelivery(delivery = "auto"): void {
  if (!/^(auto|mesh|tree|hybrid|coded)$/.test(delivery)) throw new ShoalError("bad-delivery", "Set delivery to mesh, tree, hybrid, coded or auto.");
}

/** What an engine needs to push. */
export const push = (parts: PushParts): Push => new Push(parts);

/** An engine that pushes, or codes, where it is told to; the script tag's build has `without-push.ts` in its place. */
export const openEngine = (options: EngineOptions, loop: Pick<DriveLoop, "dispatch">): DrivenEngine => (options.delivery === "coded" ? new CodingEngine(options, loop) : new Engine({ ...options, push }));
