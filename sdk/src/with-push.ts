import { Push } from "./protocol/push.js";

/** What an engine needs to push; the script tag's build has `without-push.ts` in its place. */
export const push = (parts: ConstructorParameters<typeof Push>[0]): Push => new Push(parts);
