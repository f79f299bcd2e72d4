import { chunkListTarget, listsTarget } from "./list-targets.js";
import { originTarget } from "./origin-target.js";
import { payloadTarget, signalTarget } from "./payload-targets.js";
import type { Target } from "./target.js";
import { trackerTarget } from "./tracker-target.js";
import { fingerprintTarget, greetingTarget, manifestTarget, signedManifestTarget, siteTicketTarget, ticketTarget } from "./trust-targets.js";
import { frameTarget, messageTarget } from "./wire-targets.js";

/** Everything that takes bytes or JSON of strangers. */
export async function allTargets(seed: number): Promise<readonly Target[]> {
  return [
    messageTarget(seed), frameTarget(seed), greetingTarget(seed), fingerprintTarget(), await ticketTarget(), manifestTarget(seed), await signedManifestTarget(seed),
    await chunkListTarget(seed), listsTarget(), originTarget(), payloadTarget(), signalTarget(), await siteTicketTarget(), trackerTarget(),
  ];
}

/** How many of `inputs` each target gets: its share, whole trials, and the rest to the first. */
export function shares(targets: readonly Target[], inputs: number): readonly number[] {
  const all = targets.reduce((sum, { share }) => sum + share, 0);
  const counts = targets.map(({ share }) => Math.floor((inputs * share) / all));
  const left = inputs - counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count, i) => (i === 0 ? count + left : count));
}
