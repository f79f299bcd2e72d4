/** A running hash over everything that happens: two runs that agree on it went the same way. FNV-1a in two lanes of 32 bits. */
export class Trace {
  #a = 0x811c9dc5;
  #b = 0x9747b28c;

  /** Three integers say what happened to whom; time counts to the microsecond. */
  event(nowMs: number, kind: number, who: number, what: number): void {
    this.#mix(Math.floor(nowMs * 1000) | 0);
    this.#mix((kind << 24) ^ who);
    this.#mix(what);
  }

  get hash(): string {
    return [this.#a, this.#b].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #mix(word: number): void {
    this.#a = Math.imul(this.#a ^ word, 0x01000193);
    this.#b = Math.imul((this.#b << 13) | (this.#b >>> 19), 5) + 0xe6546b64 ^ word;
  }
}
