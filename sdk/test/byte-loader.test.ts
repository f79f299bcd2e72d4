import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { HttpOrigin } from "../src/browser/origin.js";
import { ByteLoader } from "../src/manifest/byte-loader.js";
import { MAX_MANIFEST_BYTES } from "../src/manifest/layout.js";

const BOMB = gzipSync(Buffer.alloc(200 * 2 ** 20));

const ANSWERS: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
  "200 KB that unpack to 200 MB": (response) => response.writeHead(200, { "content-encoding": "gzip" }).end(BOMB),
  "a body without end": (response) => {
    const more = (): unknown => !response.destroyed && response.write(Buffer.alloc(2 ** 16), more);
    more();
  },
  "a length of a terabyte": (response) => response.writeHead(200, { "content-length": 2 ** 40 }).write(Buffer.alloc(9)),
};

for (const [what, answer] of Object.entries(ANSWERS)) {
  test(`a manifest of ${what} is none, and is not waited for`, async () => {
    const server = createServer((_, response) => void answer(response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    let receivedBytes = 0;
    const loader = new ByteLoader((events) => new HttpOrigin({
      ...events,
      onBytes: (id, bytes) => {
        receivedBytes += bytes.length;
        events.onBytes(id, bytes);
      },
    }), {} as never);
    try {
      expect(await loader.load(`http://127.0.0.1:${(server.address() as AddressInfo).port}/index.m3u8.shoal`, MAX_MANIFEST_BYTES)).toBeUndefined();
      // The last piece is the one that was too much.
      expect(receivedBytes).toBeLessThan(MAX_MANIFEST_BYTES + 2 ** 20);
    } finally {
      loader.destroy();
      server.closeAllConnections();
      server.close();
    }
  });
}
