import type { PeerId, WantId } from "../../sdk/src/protocol/ids.js";
import type { Clock } from "./clock.js";
import { Line } from "./link.js";
import type { HttpRequest } from "./origin.js";
import { Player, type PlayerEvents, type PlayerHost } from "./player.js";
import type { Media } from "./stream.js";
import type { ViewerSetting } from "./viewer.js";
import type { World } from "./world.js";

/** A viewer without Shoal: hls.js takes every segment whole from the origin. What mesh delivery is held against. */
export class PlainViewer implements PlayerHost {
  readonly player: Player;
  readonly downlink: Line;
  readonly uplink: Line;
  readonly shaper = { freeMs: 0 };
  readonly joinedMs: number;
  readonly events: PlayerEvents;
  readonly givenBytes = 0;
  readonly takenBytes = 0;
  gone = false;
  goneMs: number | undefined;
  #request: HttpRequest | undefined;
  #first = true;

  constructor(
    readonly world: World,
    readonly setting: ViewerSetting,
  ) {
    this.joinedMs = world.clock.nowMs;
    this.downlink = new Line(setting.access.downBps);
    this.uplink = new Line(setting.access.upBps);
    this.events = world.meter.forPlayer(this, () => world.departs(this));
    this.player = new Player(this, setting.level, world.setting.player, setting.best);
  }

  get clock(): Clock {
    return this.world.clock;
  }

  get index(): number {
    return this.setting.index;
  }

  get peer(): PeerId {
    return this.setting.peer;
  }

  start(): void {
    this.player.start();
  }

  leave(): void {
    if (this.gone) return;
    this.player.close();
    this.gone = true;
    this.#request?.abort();
  }

  handle(): void {}

  loadPlaylist(then: () => void): void {
    const { roundTripMs, latencyMs } = this.world.origin.setting;
    this.clock.in(roundTripMs + latencyMs, () => {
      if (!this.gone) then();
    });
  }

  want(id: WantId, media: Media): void {
    const { world } = this;
    const reason = this.#first ? "start" : "alone";
    this.#request = world.origin.fetch(this, { media, range: undefined, reason }, {
      head: () => {},
      bytes: () => {
        if (world.meter.on) world.meter.chunkDelay.add(this.clock.nowMs - media.appearsMs);
        this.player.chunkStored(media.info.ref.id, this.clock.nowMs);
      },
      done: () => {
        this.#first = false;
        if (world.meter.on) world.meter.playedBytes += media.sizeBytes;
        this.player.delivered(id);
      },
      failed: () => this.player.failed(id),
    });
  }

  unwant(): void {
    this.#request?.abort();
  }
}
