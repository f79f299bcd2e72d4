#!/usr/bin/env node
// In a checkout the sources run as they are, so that nothing is built first; a package has only the build.
import { existsSync } from "node:fs";

const isCheckout = existsSync(new URL("../src/main.ts", import.meta.url));
if (isCheckout) {
  const { tsImport } = await import("tsx/esm/api");
  await tsImport("../src/main.ts", import.meta.url);
} else {
  await import("../dist/shoal.js");
}
