import { Worker } from "node:worker_threads";

/** An input that never ends cannot be noticed by the thread that tries it. */
export class Watchdog {
  readonly #at = new Float64Array(new SharedArrayBuffer(8));
  readonly #worker: Worker;

  /** `lines`: what comes before and after the number of the input, to try it again. */
  constructor(seconds: number, lines: readonly [string, string]) {
    this.#worker = new Worker(SOURCE, { eval: true, workerData: { at: this.#at, seconds, lines } });
    this.#worker.unref();
  }

  see(input: number): void {
    this.#at[0] = input;
  }

  stop(): Promise<number> {
    return this.#worker.terminate();
  }
}

const SOURCE = `
const { workerData: { at, seconds, lines } } = require("node:worker_threads");
const { writeSync } = require("node:fs");
let seen = -1, still = 0;
setInterval(() => {
  still = at[0] === seen ? still + 1 : 0;
  seen = at[0];
  if (still < seconds) return;
  writeSync(2, "input " + seen + " has not ended after " + seconds + " s\\n" + lines[0] + (seen + 1) + lines[1] + "\\n");
  process.kill(process.pid, "SIGKILL");
}, 1000);`;
