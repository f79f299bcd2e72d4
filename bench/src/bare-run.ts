import { goodputBps } from "./goodput.js";
import type { ViewerPage } from "./viewer-page.js";

const transferBytes = 64 * 1024 * 1024;
const pollMs = 100;
const patienceMs = 60_000;

/** Goodput of one bare data channel between two pages, which may be playing, bit/s. */
export async function measureBareChannel({ page: sender }: ViewerPage, { page: receiver }: ViewerPage): Promise<number> {
  const offer = await sender.evaluate(() => bench.bare.offer());
  const answer = await receiver.evaluate((sdp) => bench.bare.answer(sdp), offer);
  await sender.evaluate((sdp) => bench.bare.accept(sdp), answer);
  await sender.evaluate((bytes) => bench.bare.send(bytes), transferBytes);
  const deadlineMs = Date.now() + patienceMs;
  for (;;) {
    const { bytes, arrivals } = await receiver.evaluate(() => bench.bare.received());
    // The players' own messages count too: next to nothing, as they have everything.
    if (bytes >= transferBytes || Date.now() > deadlineMs) return goodputBps(arrivals);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
