/** The script tag, which has to be small, pulls: see `with-push.ts`. */
export const push = undefined;
