export { Shoal } from "./shoal.js";
