import { simulate } from "../sim/src/simulate.js";
import { Viewer } from "../sim/src/viewer.js";
import { type Figures, meanFigures, orderOf, sum } from "./figures.js";

/** One world of the simulator's scenario `calibration`, `seconds` from a live segment's appearance on. */
function simulatedFigures({ peers, seconds, seed }: { readonly peers: number; readonly seconds: number; readonly seed: number }): Figures & { readonly startedAtMs: readonly number[] } {
  const { world } = simulate({ scenario: "calibration", peers, seed, delivery: "seats", ri: 1, seconds, freeRiders: undefined, polluters: undefined, checkEvery: 500 });
  const { meter, clock } = world;
  const viewers = world.members.filter((member) => member instanceof Viewer);
  const stats = viewers.map((viewer) => viewer.engine.stats(clock.nowMs));
  const startedAtMs = viewers.map(({ player }) => player.startedMs ?? Infinity);
  const streamBytes = sum([...meter.distinctBytes.values()]);
  const [firstBytes = 0] = meter.distinctBytes.values();
  const chunkBytes = sum(viewers.map(({ givenBytes }) => givenBytes));
  const viewerSeconds = sum(viewers.map(({ joinedMs }) => (clock.nowMs - joinedMs) / 1000));
  const messages = Object.entries(meter.messages);
  return {
    offload: 1 - meter.originTotal / meter.playedBytes,
    originCopies: { all: meter.originTotal / streamBytes, steady: (meter.originTotal - meter.originBytes.start) / (streamBytes - firstBytes) },
    originRequests: { ...meter.originRequests },
    startupMs: viewers.map(({ joinedMs }, index) => (startedAtMs[index] ?? Infinity) - joinedMs),
    latencyS: viewers.map(({ player }) => clock.nowMs / 1000 - player.level.recordedS(player.positionS)),
    startedAtMs,
    startOrder: orderOf(startedAtMs),
    stallMs: meter.stalledMs,
    bans: meter.bans + meter.honestBans,
    duplicateRatio: sum(stats.map(({ duplicateBytes }) => duplicateBytes)) / chunkBytes,
    controlRatio: sum(messages.map(([type, { bytes }]) => (type === "DATA" ? 0 : bytes))) / chunkBytes,
    messages: Object.fromEntries(messages.map(([type, { count }]) => [type, count / viewerSeconds])),
  };
}

/** The mean over several seeds. */
export function meanSimulatedFigures({ peers, seconds, seeds }: { readonly peers: number; readonly seconds: number; readonly seeds: number }): Figures {
  const runs = Array.from({ length: seeds }, (_, index) => simulatedFigures({ peers, seconds, seed: index + 1 }));
  const startedAtMs = Array.from({ length: peers }, (_, viewer) => sum(runs.map((run) => run.startedAtMs[viewer] ?? Infinity)));
  return meanFigures(runs, orderOf(startedAtMs));
}
