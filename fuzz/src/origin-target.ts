import { readHead } from "../../sdk/src/browser/response-head.js";
import type { Effect } from "../../sdk/src/protocol/contract.js";
import { MAX_SEGMENT_BYTES } from "../../sdk/src/protocol/segment.js";
import { Bench } from "../../sdk/test/bench.js";
import { Stream } from "../../sdk/test/world-stream.js";
import { type Chance, pick } from "./chance.js";
import type { Target, Trial, Verdict } from "./target.js";

type Fetch = Extract<Effect, { type: "fetch" }>;

const INPUTS = 200;
const SEGMENTS = 8;

/** A viewer alone with an origin, or something in front of it, that answers with any status, headers and bodies. */
export const originTarget = (): Target => ({ name: "origin", share: 1, trialInputs: INPUTS, begin: (chance) => new Asking(chance) });

class Asking implements Trial {
  readonly #b = new Bench({ memoryBytes: 100_000, stream: new Stream({ count: SEGMENTS, bandwidthBps: 200_000, sizeBytes: (s) => 16_384 * (s % 4) + 1 + 5_000 * s }) });
  readonly #open: { readonly fetch: Fetch; headed: boolean }[] = [];

  constructor(private readonly chance: Chance) {
    this.#b.play();
    this.#b.alone();
    if (chance(2) === 0) this.#b.neighbour(1, { has: [2, 3] });
  }

  next(): Verdict {
    const { chance } = this;
    const b = this.#b;
    for (const { effect } of b.effects.splice(0)) {
      if (effect.type === "fetch") this.#open.push({ fetch: effect, headed: false });
      if (effect.type === "abort-fetch") this.#drop((fetch) => fetch === effect.fetch);
    }
    if (chance(4) === 0) b.advance(chance(chance(10) === 0 ? 10_000 : 500));
    if (this.#open.length === 0 || chance(6) === 0) return b.want(chance(SEGMENTS)), { of: "want" };
    const open = pick(this.#open, chance);
    return open.headed ? this.#body(open.fetch) : this.#head(open);
  }

  #head(open: { readonly fetch: Fetch; headed: boolean }): Verdict {
    const { chance } = this;
    const { fetch } = open.fetch;
    open.headed = true;
    if (chance(8) === 0) return this.#fail(open.fetch);
    const size = this.#b.stream.body(open.fetch.segment.sequence).length;
    const { start, end } = open.fetch.range ?? { start: 0, end: size };
    const headers = new Headers();
    const number = (right: number): string => (chance(3) > 0 ? String(right) : pick(ODD, chance));
    if (chance(3) > 0) headers.set("content-range", `bytes ${number(start)}-${number(Math.min(end, size) - 1)}/${number(size)}`);
    if (chance(3) > 0) headers.set("content-length", number(Math.min(end, size) - start));
    if (chance(10) === 0) headers.set(pick(["content-type", "content-encoding"], chance), pick(["text/html", "gzip", ""], chance));
    const head = readHead({ status: open.fetch.range && chance(4) > 0 ? 206 : 200, headers }, open.fetch.range);
    // As `HttpOrigin` does.
    if ((head.sizeBytes ?? 0) > MAX_SEGMENT_BYTES) return this.#fail(open.fetch);
    this.#b.handle({ type: "origin-head", fetch, startByte: head.startByte, sizeBytes: head.sizeBytes });
    return { of: "head" };
  }

  #body(fetch: Fetch): Verdict {
    const { chance } = this;
    const whole = this.#b.stream.body(fetch.segment.sequence);
    switch (chance(5)) {
      case 0: return this.#fail(fetch);
      case 1:
        this.#b.handle({ type: "origin-done", fetch: fetch.fetch });
        this.#drop((id) => id === fetch.fetch);
        return { of: "done" };
      default: {
        const from = chance(whole.length);
        this.#b.handle({ type: "origin-bytes", fetch: fetch.fetch, bytes: whole.slice(chance(2) === 0 ? (fetch.range?.start ?? 0) : from, from + chance(40_000)) });
        return { of: "bytes" };
      }
    }
  }

  #fail({ fetch }: Fetch): Verdict {
    this.#b.handle({ type: "origin-failed", fetch, status: pick([0, 200, 404, 416, 503], this.chance), timedOut: this.chance(2) === 0 });
    this.#drop((id) => id === fetch);
    return { of: "failure" };
  }

  #drop(is: (fetch: Fetch["fetch"]) => boolean): void {
    for (let i = this.#open.length - 1; i >= 0; i--) if (is(this.#open[i]!.fetch.fetch)) this.#open.splice(i, 1);
  }
}

const ODD: readonly string[] = ["0", "1", "16384", "1000000000", "1099511627776", "9007199254740993", "99999999999999999999999", "-1", "1e9", "*", "", "5 5"];
