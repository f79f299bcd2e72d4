/** Entry of the part that `load-trust.ts` loads: all that only pages need that set an option about trust. Nothing else imports it. */
export { openCredentials } from "./credentials/credentials.js";
export { forgetPermKey, permKey } from "./credentials/perm-key.js";
export { PublisherLine } from "./manifest/publisher-line.js";
export { signedBelief } from "./protocol/signed-judge.js";
