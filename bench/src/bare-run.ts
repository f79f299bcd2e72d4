import type { Browser } from "playwright";
import { goodputBps } from "./goodput.js";
import { ViewerPage } from "./viewer-page.js";

const transferBytes = 64 * 1024 * 1024;
const pollMs = 100;
const patienceMs = 60_000;

/** Goodput of one bare data channel between two pages, bit/s. */
export async function measureBareChannel(browser: Browser, pageUrl: string): Promise<number> {
  const pages = [await ViewerPage.open(browser, pageUrl, "sender"), await ViewerPage.open(browser, pageUrl, "receiver")] as const;
  const [sender, receiver] = [pages[0].page, pages[1].page];
  try {
    const offer = await sender.evaluate(() => bench.bare.offer());
    const answer = await receiver.evaluate((sdp) => bench.bare.answer(sdp), offer);
    await sender.evaluate((sdp) => bench.bare.accept(sdp), answer);
    await sender.evaluate((bytes) => bench.bare.send(bytes), transferBytes);
    const deadlineMs = Date.now() + patienceMs;
    for (;;) {
      const { bytes, arrivals } = await receiver.evaluate(() => bench.bare.received());
      if (bytes >= transferBytes || Date.now() > deadlineMs) return goodputBps(arrivals);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  } finally {
    await Promise.allSettled(pages.map((page) => page.close()));
  }
}
