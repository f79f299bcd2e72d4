import type { PlayerStats } from "shoal";
import { bytesText, countText, percentText } from "./quantity.js";

type Facts = Pick<PlayerStats, "mode" | "reason" | "tracker" | "swarmSize" | "originBytes" | "peerBytes" | "uploadedBytes" | "offload"> & { readonly neighbours: readonly unknown[] };

/** What is happening, in plain words. */
export function sentence(facts: Facts | undefined): string {
  if (facts === undefined || facts.originBytes + facts.peerBytes === 0) return "Loading the stream.";
  if (facts.tracker === "down" && facts.neighbours.length === 0) return "The tracker does not answer, so the stream comes from the origin alone.";
  if (facts.mode === "origin-only") return `Everything comes from the origin: ${facts.reason ?? "this browser cannot share"}.`;
  const neighbours = facts.neighbours.length;
  if (neighbours === 0) {
    if (facts.tracker === "connecting") return "The stream plays from the origin; looking for other viewers.";
    if (facts.swarmSize > 1) return `${countText(facts.swarmSize, "viewer")} watch this stream; you are connecting to the others.`;
    return alone(facts);
  }
  const who = facts.tracker === "down" ? `The tracker is away, and ${countText(neighbours, "neighbour")} still share with you` : `${countText(Math.max(facts.swarmSize, neighbours + 1), "viewer")} share this stream`;
  const share = facts.originBytes === 0 ? "none" : facts.peerBytes === 0 ? "all" : percentText(1 - facts.offload);
  const passedOn = facts.uploadedBytes > 0 ? `, and you passed on ${bytesText(facts.uploadedBytes)}` : "";
  return `${who}; the origin sent you ${share} of it${passedOn}.`;
}

function alone(facts: Facts): string {
  if (facts.peerBytes + facts.uploadedBytes > 0) return "The other viewers have left; the origin sends you the rest.";
  return "You are the only viewer, so all of it comes from the origin. Open another tab to share.";
}
