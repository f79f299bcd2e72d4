import type { SeatsMessage } from "../src/events.js";
import { joinRequest, liveRequest, statReport, swarmId, type World } from "./world.js";

/** What viewers have been told of their seats; viewer `n` is peer `n` on connection `n`. */
export class SeatBook {
  readonly #told = new Map<string, SeatsMessage>();
  /** Messages read so far. */
  messages = 0;

  constructor(readonly world: World) {}

  /** Viewer `n` joins, from a network of its own unless given, and plays track 1. */
  watch(n: number, over: { network?: string; serves?: boolean; live?: Parameters<typeof liveRequest>[0] } = {}): void {
    this.world.open(n, over.network ?? `network ${n}`);
    this.world.send(n, "join", joinRequest(n, { serves: over.serves ?? true }));
    this.live(n, over.live);
  }

  live(n: number, over?: Parameters<typeof liveRequest>[0]): unknown {
    const answer = this.world.send(n, "live", liveRequest(over));
    this.read();
    return answer;
  }

  /** Ten seconds pass, at the end of which these viewers report; so that they are fit for seats. */
  grow(...viewers: number[]): void {
    this.world.advance(10_000);
    this.report(...viewers);
  }

  report(...viewers: number[]): void {
    for (const n of viewers) this.world.send(n, "stat", statReport(1));
    this.read();
  }

  missing(n: number, sequence: number, ...slices: number[]): unknown {
    const answer = this.world.send(n, "missing", { swarm: swarmId(1), track: 1, sequence, slices });
    this.read();
    return answer;
  }

  close(n: number): void {
    this.world.close(n);
    for (const key of this.#told.keys()) if (key.startsWith(`${n}/`)) this.#told.delete(key);
    this.read();
  }

  /** Folds in what was sent since; how many messages that was. */
  read(): number {
    let read = 0;
    for (const effect of this.world.take()) {
      if (effect.type !== "emit" || effect.event !== "seats") continue;
      read += 1;
      this.#told.set(`${effect.connection}/${effect.payload.track}`, effect.payload);
    }
    this.messages += read;
    return read;
  }

  told(n: number, track = 1): SeatsMessage | undefined {
    return this.#told.get(`${n}/${track}`);
  }

  slicesOf(n: number, track = 1): number[] {
    return (this.told(n, track)?.seats ?? []).map((seat) => seat.slice);
  }

  /** For each slice its holders, in order of copy. Throws when two believe to have the same copy. */
  holders(track = 1): number[][] {
    const holders: number[][] = [[], [], [], []];
    for (const [key, message] of this.#told) {
      if (message.track !== track) continue;
      for (const { slice, copy } of message.seats) {
        if (holders[slice]?.[copy] !== undefined) throw new Error(`copy ${copy} of slice ${slice} is held twice`);
        if (copy >= message.of) throw new Error(`copy ${copy} of ${message.of}`);
        (holders[slice] ??= [])[copy] = Number(key.split("/")[0]);
      }
    }
    return holders;
  }
}
