import type { BucketRate } from "./bucket.js";

/** Every bound of the tracker. Defaults: {@link DEFAULT_LIMITS}. */
export interface TrackerLimits {
  /** Peers named in one answer to join or find. */
  readonly peersPerReply: number;
  readonly peersPerSwarm: number;
  readonly swarms: number;
  readonly swarmsPerConnection: number;
  /** Memberships of one viewer, as its tickets name it: tabs and devices. */
  readonly peersPerViewer: number;
  /** Tickets remembered until they expire, so that nobody else uses them; further ones have to wait. */
  readonly tickets: number;
  /** Channels named in one answer. */
  readonly channelsPerReply: number;
  /** Most members told when one departs. */
  readonly contacts: number;
  /** JSON of one signal, UTF-8 bytes. */
  readonly signalBytes: number;
  /** Events other than signals, per connection. */
  readonly events: BucketRate;
  /** Signals sent, per connection. */
  readonly signals: BucketRate;
  /** Signals received, per member, from all senders together: many senders must not drown one peer. */
  readonly inboundSignals: BucketRate;
  /** New connections, and the events and signals of all connections together, per address: a house or a school of viewers fits, a flood does not. */
  readonly addressOpens: BucketRate;
  readonly addressEvents: BucketRate;
  readonly addressSignals: BucketRate;
  /** Peers that one member may accuse of misbehaviour. */
  readonly accusations: BucketRate;
  /** Refused and unknown events a connection is forgiven before it is closed. */
  readonly offences: BucketRate;
}

/**
 * A viewer sends a join, some finds, a STAT_REPORT every 10 s and at most one report of missing slices a segment per swarm and, with a seat, another one or two of slices taken; a connection to one neighbour costs about
 * ten signals when candidates trickle, and a joiner opens up to 12 at once in each of its swarms.
 */
export const DEFAULT_LIMITS: TrackerLimits = {
  peersPerReply: 24,
  peersPerSwarm: 100_000,
  swarms: 50_000,
  swarmsPerConnection: 4,
  peersPerViewer: 8,
  tickets: 500_000,
  channelsPerReply: 50,
  contacts: 64,
  signalBytes: 16 * 1024,
  events: { burst: 40, perSecond: 5 },
  signals: { burst: 500, perSecond: 50 },
  inboundSignals: { burst: 1000, perSecond: 100 },
  addressOpens: { burst: 512, perSecond: 10 },
  addressEvents: { burst: 5_000, perSecond: 500 },
  addressSignals: { burst: 30_000, perSecond: 1_500 },
  accusations: { burst: 8, perSecond: 1 / 120 },
  offences: { burst: 100, perSecond: 1 },
};
