import { fileURLToPath } from "node:url";
import { test as base } from "playwright/test";
import { startOrigin, type Origin, type OriginConfig } from "../origin/server.js";
import type { SignalingConfig } from "../signaling-server/src/config.js";
import { startSignalingServer, type SignalingServer } from "../signaling-server/src/server.js";
import { expectTrueBytes } from "./byte-exact.js";
import { Viewer, type ViewerOptions } from "./viewer.js";

export { expect } from "playwright/test";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Keeps a figure beside the test's result. */
export function note(type: string, figure: unknown): void {
  test.info().annotations.push({ type, description: JSON.stringify(figure) });
  if (process.env["SHOAL_E2E_FIGURES"] !== undefined) console.log(`    ${type}: ${JSON.stringify(figure)}`);
}

interface TestFixtures {
  /** `test.use({ originConfig: ... })`. Default: segments of 2 s, not shaped. */
  readonly originConfig: OriginConfig;
  readonly origin: Origin;
  readonly signalingConfig: Partial<SignalingConfig>;
  readonly signaling: SignalingServer;
  /** Opens a page in a context of its own. At the end all that hls.js was handed there is compared with the origin's bytes. */
  readonly open: (options?: ViewerOptions) => Promise<Viewer>;
}

interface WorkerFixtures {
  /** Serves the pages under test and the builds they load; the streams come from another origin. */
  readonly site: Origin;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  originConfig: [{}, { option: true }],

  site: [
    // oxlint-disable-next-line no-empty-pattern -- the runner reads the names of fixtures from the pattern and insists on one
    async ({}, use) => {
      const site = await startOrigin();
      site.mount("/", folder("dist"));
      site.mount("/page", folder("dist"));
      site.mount("/sdk", folder("../sdk/dist"));
      for (const name of ["hls.js", "video.js", "plyr"]) site.mount(`/${name}`, folder(`../node_modules/${name}/dist`));
      await use(site);
      await site.close();
    },
    { scope: "worker" },
  ],

  origin: async ({ originConfig }, use) => {
    const origin = await startOrigin({ segmentS: 2, ...originConfig });
    await use(origin);
    await origin.close();
  },

  signalingConfig: [{}, { option: true }],

  signaling: async ({ signalingConfig }, use) => {
    const signaling = await startSignalingServer({ port: 0, host: "127.0.0.1", closeTimeoutMs: 500, ...signalingConfig });
    await use(signaling);
    await signaling.close();
  },

  open: async ({ browser, site, origin, signaling }, use, testInfo) => {
    const viewers: Viewer[] = [];
    await use(async (options = {}) => {
      const viewer = await Viewer.open({ browser, site, origin, tracker: signaling.url, name: `v${viewers.length + 1}`, options });
      viewers.push(viewer);
      return viewer;
    });
    for (const viewer of viewers) {
      if (testInfo.status !== testInfo.expectedStatus) await testInfo.attach(viewer.name, { body: JSON.stringify(await viewer.trace(), null, 1) });
      else await expectTrueBytes(viewer, origin);
    }
    for (const viewer of viewers) await viewer.close();
  },
});
