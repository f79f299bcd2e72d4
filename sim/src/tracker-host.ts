import { Tracker } from "../../signaling-server/src/tracker.js";
import type { Answer, ConnectionId, ReplyId, TrackerEffect } from "../../signaling-server/src/contract.js";
import type { Chance } from "./chance.js";
import type { Clock } from "./clock.js";
import { SWARM } from "./stream.js";
import type { Viewer } from "./viewer.js";

export interface TrackerSetting {
  readonly roundTripMs: number;
  /** TCP, TLS and the WebSocket upgrade, in round trips. */
  readonly connectRoundTrips: number;
}

/** A connection that breaks without a word is noticed by the server's ping: every 10 s, with 8 s to answer. */
const SILENT_MS = [8_000, 18_000] as const;

/** The real tracker behind lines with a delay, and the process it dies with. */
export class TrackerHost {
  readonly tracker: Tracker;
  /** False once the process is dead. */
  up = true;
  readonly #clock: Clock;
  readonly #chance: Chance;
  readonly #setting: TrackerSetting;
  readonly #viewers = new Map<ConnectionId, Viewer>();
  readonly #outcasts = new Set<Viewer>();
  readonly #replies = new Map<ReplyId, (answer: Answer) => void>();
  #nextReply = 1;

  constructor(clock: Clock, chance: Chance, setting: TrackerSetting) {
    this.#clock = clock;
    this.#chance = chance;
    this.#setting = setting;
    this.tracker = new Tracker({ random: () => chance.next() });
  }

  /** A viewer's WebSocket opens; its first event is JOIN. */
  open(viewer: Viewer, then: () => void): void {
    const { connectRoundTrips, roundTripMs } = this.#setting;
    this.#clock.in(connectRoundTrips * roundTripMs, () => {
      if (viewer.gone) return;
      if (!this.up) return viewer.trackerDown();
      const connection = idOf(viewer);
      this.#viewers.set(connection, viewer);
      this.tracker.handle({ type: "opened", connection, network: String(viewer.index) }, this.#clock.nowMs);
      then();
    });
  }

  emit(viewer: Viewer, event: string, payload: unknown, onReply?: (answer: Answer) => void): void {
    this.#clock.in(this.#setting.roundTripMs / 2, () => {
      if (!this.up || !this.#viewers.has(idOf(viewer))) return;
      const reply = this.#nextReply++ as ReplyId;
      if (onReply !== undefined) this.#replies.set(reply, onReply);
      this.tracker.handle({ type: "event", connection: idOf(viewer), event, payload, reply }, this.#clock.nowMs);
      if (event === "stat" && !this.#outcasts.has(viewer) && this.tracker.isOutcast(SWARM, viewer.peer)) {
        this.#outcasts.add(viewer);
        viewer.world.meter.outcast(viewer.setting.conduct === "honest");
      }
      this.#drain();
    });
  }

  closed(viewer: Viewer, silently: boolean): void {
    this.#clock.in(silently ? this.#chance.between(...SILENT_MS) : this.#setting.roundTripMs / 2, () => {
      if (!this.up || !this.#viewers.delete(idOf(viewer))) return;
      this.tracker.handle({ type: "closed", connection: idOf(viewer) }, this.#clock.nowMs);
      this.#drain();
    });
  }

  die(): void {
    this.up = false;
    for (const viewer of this.#viewers.values()) if (!viewer.gone) viewer.trackerDown();
    this.#viewers.clear();
  }

  #drain(): void {
    for (let effect = this.tracker.poll(); effect !== undefined; effect = this.tracker.poll()) {
      const viewer = this.#viewers.get(effect.connection);
      if (viewer === undefined) continue;
      switch (effect.type) {
        case "reply": {
          const onReply = this.#replies.get(effect.reply);
          this.#replies.delete(effect.reply);
          const { answer } = effect;
          if (onReply !== undefined) this.#back(viewer, () => onReply(answer));
          break;
        }
        case "emit":
          this.#emitted(viewer, effect);
          break;
        case "check-ticket": // The simulated tracker wants none.
          break;
        case "close":
          this.#viewers.delete(effect.connection);
          this.#back(viewer, () => viewer.trackerDown());
      }
    }
  }

  #emitted(viewer: Viewer, { event, payload }: Extract<TrackerEffect, { type: "emit" }>): void {
    switch (event) {
      case "signal":
        return this.#back(viewer, () => viewer.signalled(payload.from, String(payload.data.type), payload.newcomer === true));
      case "seats":
        return this.#back(viewer, () => viewer.seated(payload));
      case "peer-left": // A departure is noticed by its connection.
    }
  }

  #back(viewer: Viewer, run: () => void): void {
    this.#clock.in(this.#setting.roundTripMs / 2, () => {
      if (!viewer.gone) run();
    });
  }
}

const idOf = (viewer: Viewer): ConnectionId => (viewer.index + 1) as ConnectionId;
