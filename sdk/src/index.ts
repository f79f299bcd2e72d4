export { Shoal } from "./shoal.js";
export type { ShoalOptions } from "./options.js";
export type { NeighbourStats, PlayerStats, ShoalEvents, ShoalStats } from "./stats.js";
