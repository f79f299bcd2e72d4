import "./channel-meter.js";
import type { PlayerName, ViewerOptions, ViewerReport } from "../src/contract.js";
import { BareChannel } from "./bare-channel.js";
import { Observer } from "./observer.js";
import { makePlayer, type Player } from "./players.js";

let player: Player | undefined;
let observer: Observer | undefined;

/** The page's side of the bench, called through the browser's debugging protocol. */
const bench = {
  bare: new BareChannel(),

  start(name: PlayerName, options: ViewerOptions): void {
    const video = document.querySelector("video");
    if (!video) throw new Error("the page has no video element");
    observer = new Observer(video, options.live);
    player = makePlayer(name, options);
    player.start(video, options.src, observer.observe);
  },

  report(): ViewerReport {
    if (!observer) throw new Error("start was not called");
    return observer.report(player?.stats() ?? null);
  },
};

export type Bench = typeof bench;

Object.assign(globalThis, { bench });
