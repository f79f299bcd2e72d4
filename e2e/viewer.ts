import { type Browser, type BrowserContext, expect, type Page } from "playwright/test";
import type { Origin } from "../origin/server.js";
import type { PlayerStats, ShoalOptions, ShoalStats } from "../sdk/src/index.js";
import type { MessageCounts } from "./page/message-counter.js";
import type { PlayerReport } from "./page/viewer.js";

export interface ViewerOptions {
  /** Page of the site. Default `/viewer.html`. */
  readonly path?: string;
  /** Runs in the page before any of its scripts. */
  readonly before?: () => void;
  /** Whether what hls.js was handed is compared with the origin's own bytes at the end. Default true. */
  readonly checksBytes?: boolean;
}

/** How {@link Viewer.play} plays; functions do not cross into the page. */
export interface PlayOptions {
  /** Default true; false: plain hls.js. */
  readonly shoal?: boolean | Partial<ShoalOptions>;
  /** Where the page gets a ticket from, each time that it needs one; a path of the site. */
  readonly ticketPath?: string;
  readonly hls?: Readonly<Record<string, unknown>>;
  /** Quality level to stay at. */
  readonly level?: number;
  /** Query of the stream's URL on top of `v`, which names the viewer in the access log. */
  readonly query?: string;
}

interface Setting {
  readonly browser: Browser;
  readonly site: Origin;
  readonly origin: Origin;
  readonly tracker: string;
  readonly name: string;
  readonly options: ViewerOptions;
}

/** A page in a browser context of its own, so that viewers share no cache, connection or storage. */
export class Viewer {
  readonly name: string;
  readonly page: Page;
  /** Uncaught errors of the page. */
  readonly pageErrors: string[] = [];
  readonly #context: BrowserContext;
  readonly #setting: Setting;
  readonly #console: string[] = [];
  readonly checksBytes: boolean;
  /** Whether the page can still be asked. */
  isOpen = true;

  private constructor(setting: Setting, context: BrowserContext, page: Page) {
    this.#setting = setting;
    this.name = setting.name;
    this.checksBytes = setting.options.checksBytes ?? true;
    this.#context = context;
    this.page = page;
    page.on("pageerror", (error) => this.pageErrors.push(error.message));
    page.on("console", (message) => this.#console.push(`${message.type()}: ${message.text()}`));
  }

  static async open(setting: Setting): Promise<Viewer> {
    const context = await setting.browser.newContext({ viewport: { width: 320, height: 240 } });
    const viewer = new Viewer(setting, context, await context.newPage());
    const { path = "/viewer.html", before } = setting.options;
    if (before) await viewer.page.addInitScript(before);
    await viewer.page.goto(`${setting.site.url}${path}`);
    await viewer.page.waitForFunction(() => "viewer" in globalThis && "Shoal" in globalThis);
    return viewer;
  }

  /** A stream's URL as this viewer asks for it. */
  src(path: string, query = ""): string {
    return `${this.#setting.origin.url}${path}?v=${this.name}${query === "" ? "" : `&${query}`}`;
  }

  async play(path: string, { shoal = true, hls = {}, query = "", level, ticketPath }: PlayOptions = {}): Promise<void> {
    const own = typeof shoal === "boolean" ? {} : shoal;
    const options = shoal === false ? undefined : { tracker: this.#setting.tracker, iceServers: [], ...own };
    await this.page.evaluate((start) => void viewer.start(start), { src: this.src(path, query), shoal: options, hls, level, ticketPath });
  }

  /** Waits until the playhead has passed this position, s. */
  async reaches(positionS: number, { player = 0, timeoutMs = 25_000 } = {}): Promise<void> {
    await expect.poll(() => this.positionS(player), { message: `${this.name} plays past ${positionS} s`, timeout: timeoutMs }).toBeGreaterThanOrEqual(positionS);
  }

  /** Waits until hls.js was handed this many different files. */
  async handed(count: number, { player = 0, timeoutMs = 25_000 } = {}): Promise<void> {
    await expect.poll(() => this.page.evaluate((index) => viewer.handedCount(index), player), { message: `${this.name} is handed ${count} files`, timeout: timeoutMs }).toBeGreaterThanOrEqual(count);
  }

  /** Waits until it has this many neighbours. */
  async neighbours(count: number): Promise<void> {
    await expect.poll(async () => (await this.stats()).neighbours, { message: `${this.name} has ${count} neighbours` }).toBe(count);
  }

  async seek(positionS: number, player = 0): Promise<void> {
    await this.page.evaluate(([to, index]) => void (viewer.video(index).currentTime = to), [positionS, player] as const);
  }

  positionS(player = 0): Promise<number> {
    return this.page.evaluate((index) => viewer.positionS(index), player);
  }

  stats(): Promise<ShoalStats> {
    return this.page.evaluate(() => viewer.stats());
  }

  async playerStats(player = 0): Promise<PlayerStats> {
    const stats = (await this.stats()).players[player];
    if (!stats) throw new Error(`${this.name} has no player ${player}`);
    return stats;
  }

  /** Lets the page count what its data channels send from now on. */
  countMessages(): Promise<void> {
    return this.page.evaluate(() => viewer.countMessages());
  }

  messages(): Promise<MessageCounts> {
    return this.page.evaluate(() => viewer.messages());
  }

  report(player = 0): Promise<PlayerReport> {
    return this.page.evaluate((index) => viewer.report(index), player);
  }

  async reports(): Promise<PlayerReport[]> {
    const count = await this.page.evaluate(() => viewer.players.length);
    return Promise.all(Array.from({ length: count }, (_, index) => this.report(index)));
  }

  /** Everything worth reading when a test has failed. */
  async trace(): Promise<unknown> {
    const { pageErrors } = this;
    if (!this.isOpen) return { pageErrors, console: this.#console };
    const warnings = await this.page.evaluate(() => viewer.warnings);
    return { pageErrors, console: this.#console, warnings, stats: await this.stats().catch(String), reports: await this.reports().catch(String) };
  }

  /** As when the tab crashes or is closed: no goodbye is waited for. */
  async kill(): Promise<void> {
    this.isOpen = false;
    await this.page.close({ runBeforeUnload: false });
  }

  async close(): Promise<void> {
    this.isOpen = false;
    await this.#context.close();
  }
}
