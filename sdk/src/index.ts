export { Shoal } from "./shoal.js";
export { ShoalError, type ShoalErrorCode } from "./shoal-error.js";
export type { ShoalOptions } from "./options.js";
export type { NeighbourStats, PlayerStats, ShoalEvents, ShoalStats } from "./stats.js";
