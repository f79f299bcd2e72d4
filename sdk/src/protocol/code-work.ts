import type { CodeEffect, Input } from "./contract.js";
import type { Row } from "./rows.js";

type Done = (payloads: readonly Uint8Array[], nowMs: number) => void;

/** Coding is slow work: asked for as an effect, answered by an input. */
export class CodeWork {
  readonly #effects: CodeEffect[] = [];
  readonly #pending = new Map<number, Done>();
  #nextToken = 1;

  ask(row: Row, shards: Pick<CodeEffect, "known" | "wanted">, done: Done): void {
    const token = this.#nextToken++;
    this.#pending.set(token, done);
    this.#effects.push({ type: "code", token, segment: row.segment.ref, row: row.number, ...shards });
  }

  answer({ token, payloads }: Extract<Input, { type: "coded" }>, nowMs: number): void {
    const done = this.#pending.get(token);
    this.#pending.delete(token);
    done?.(payloads, nowMs);
  }

  poll(): CodeEffect | undefined {
    return this.#effects.shift();
  }
}
