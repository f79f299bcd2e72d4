import type { Browser, BrowserContext, Page } from "playwright";
import type { PlayerName, ViewerOptions, ViewerReport } from "./contract.js";
import type { Bench } from "../page/main.js";

declare global {
  // The page's own global, seen only by the functions that run there.
  var bench: Bench;
}

/** One viewer: a page in a browser context of its own, so that no cache, connection or storage is shared. */
export class ViewerPage {
  readonly id: string;
  readonly console: string[] = [];
  readonly #context: BrowserContext;
  readonly #page: Page;

  private constructor(id: string, context: BrowserContext, page: Page) {
    this.id = id;
    this.#context = context;
    this.#page = page;
    page.on("pageerror", (error) => this.console.push(`page error: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.console.push(`${message.type()}: ${message.text()}`);
    });
  }

  /** Opens the page with all its scripts loaded, not yet playing. */
  static async open(browser: Browser, url: string, id: string): Promise<ViewerPage> {
    const context = await browser.newContext({ viewport: { width: 320, height: 180 } });
    const viewer = new ViewerPage(id, context, await context.newPage());
    await viewer.#page.goto(url);
    await viewer.#page.waitForFunction(() => "bench" in globalThis);
    return viewer;
  }

  start(player: PlayerName, options: ViewerOptions): Promise<void> {
    return this.#page.evaluate(([name, viewerOptions]) => bench.start(name, viewerOptions), [player, options] as const);
  }

  report(): Promise<ViewerReport> {
    return this.#page.evaluate(() => bench.report());
  }

  /** The page itself, for what is no viewer's business. */
  get page(): Page {
    return this.#page;
  }

  close(): Promise<void> {
    return this.#context.close();
  }
}
