import { defineConfig } from "vitest/config";

/** Unit and property tests, in Node. Those that need a browser are in e2e/ and have a runner of their own. */
export default defineConfig({
  test: {
    include: ["{sdk,cli,signaling-server,origin,sim,fuzz,demo,bench}/test/**/*.test.ts"],
    environment: "node",
    // Time is virtual: a busy machine fails nothing.
    testTimeout: 60_000,
    // The default leaves a core idle, which on two cores is half of the machine.
    maxWorkers: "100%",
  },
});
