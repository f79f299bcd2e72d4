import type { EngineOptions } from "./protocol/config.js";
import { Engine } from "./protocol/engine.js";

/** Whatever is set. */
export const checkDelivery = (_delivery?: string): void => {};

/** The script tag, which has to be small, pulls: see `with-push.ts`. */
export const openEngine = (options: EngineOptions): Engine => new Engine(options);
