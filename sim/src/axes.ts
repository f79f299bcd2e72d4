import type { RunOptions } from "./simulate.js";
import type { Delivery } from "./world.js";

/** What deliveries are compared along. */
export interface Axis {
  /** As in `--only` and in file names. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly points: readonly Point[];
}

/** One world, in which every delivery has its turn. */
export interface Point {
  readonly label: string;
  readonly world: Pick<RunOptions, "scenario" | "peers" | "ri" | "freeRiders">;
}

/** All but `origin`, where viewers give each other nothing. */
export const COMPARED: readonly Delivery[] = ["mesh", "seats", "tree", "hybrid", "coded", "auto"];

const point = (label: string, scenario: string, { peers = 100, ri, freeRiders }: { readonly peers?: number; readonly ri: number; readonly freeRiders?: number }): Point => ({ label, world: { scenario, peers, ri, freeRiders } });

export const AXES: readonly Axis[] = [
  {
    name: "n", title: "Live, by number of viewers",
    about: "A live stream, players 12 s behind the edge, uplinks that together carry 1.2 times the stream (`--scenario live --ri 1.2`).",
    points: [10, 100, 300].map((peers) => point(`${peers} viewers`, "live", { peers, ri: 1.2 })),
  },
  {
    name: "ri", title: "Live, by what uplinks carry",
    about: "What 100 viewers' uplinks carry together, in copies of the stream a viewer: the resource index, RI (`--scenario live --peers 100`).",
    points: [0.8, 1.2, 2, 4].map((ri) => point(`RI ${ri}`, "live", { ri })),
  },
  {
    name: "churn", title: "Viewers who come and go",
    about: "Newcomers: six times the usual arrivals (`--scenario newcomers --ri 1.2`). Leavers: every 5 s one viewer in twelve leaves without a word, and as many come, players 2 to 4 s behind the edge (`--scenario leavers --ri 2`). Above each of the two the same without it. 100 viewers.",
    points: [point("as usual, RI 1.2", "live", { ri: 1.2 }), point("newcomers, RI 1.2", "newcomers", { ri: 1.2 }), point("short latency, RI 2", "short-latency", { ri: 2 }), point("leavers, short latency, RI 2", "leavers", { ri: 2 })],
  },
  {
    name: "latency", title: "By how far behind the edge players are",
    about: "Players 12 s behind the edge (`--scenario live`), and 2 to 4 s behind it, with segments of 2 s (`--scenario short-latency`). 100 viewers.",
    points: [2, 4].flatMap((ri) => [point(`12 s, RI ${ri}`, "live", { ri }), point(`2 to 4 s, RI ${ri}`, "short-latency", { ri })]),
  },
  {
    name: "loss", title: "Long and poor lines",
    about: "Short latency over lines as usual, and over long and poor ones: 250 ms, 0.5 % of packets are lost, every fifth of those holds its line up for 1.5 s (`--scenario lossy`). 100 viewers, RI 2.",
    points: [point("lines as usual", "short-latency", { ri: 2 }), point("poor lines", "lossy", { ri: 2 })],
  },
  {
    name: "free-riders", title: "Viewers who take and never give",
    about: "Free-riders (`--scenario free-riders --free-riders SHARE`) where uplinks are short: RI 0.8, 100 viewers. The bound counts their uplinks too, though they give nothing. Advantage: bytes from peers that who gives gets, over those that a free-rider gets.",
    points: [point("no free-riders", "live", { ri: 0.8 }), ...[0.2, 0.5].map((freeRiders) => point(`${100 * freeRiders} % free-riders`, "free-riders", { ri: 0.8, freeRiders }))],
  },
];
