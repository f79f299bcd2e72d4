import type { PeerId } from "../../sdk/src/protocol/ids.js";
import type { Message } from "../../sdk/src/protocol/message.js";
import { Connection } from "./connection.js";
import type { Viewer } from "./viewer.js";

/** As sdk/src/browser/webrtc.ts and link.ts have it. */
const MAX_PEERS = 32;
const CONNECT_TIMEOUT_MS = 10_000;
/** The browser calls a line disconnected after 5 s, the SDK gives it 3 more. */
const DEAD_LINE_MS = 8_000;
/** Host candidates are there at once, those of a STUN server take one round trip to it. */
const GATHER_MS = 40;
/** ICE checks, DTLS and SCTP, in round trips. */
const SETUP_ROUND_TRIPS = 5;

/** Dials, answers and holds the connections of one viewer. Signals go through the tracker. */
export class Transport {
  readonly #viewer: Viewer;
  readonly connections = new Map<PeerId, Connection>();

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
  }

  connect(peer: PeerId): void {
    if (this.connections.has(peer)) return;
    const { world } = this.#viewer;
    const other = world.byId.get(peer);
    if (this.connections.size >= MAX_PEERS || other === undefined) return this.#viewer.later(() => this.#viewer.handle({ type: "disconnected", peer }));
    this.#open(peer, true, world.roundTripMs(this.#viewer, other));
    world.clock.in(GATHER_MS, () => this.#viewer.signal(peer, "offer"));
  }

  /** An offer or a refusal has come through the tracker. */
  signalled(from: PeerId, what: string): void {
    const mine = this.connections.get(from);
    const { world, peer } = this.#viewer;
    if (what === "refuse") {
      if (mine !== undefined && !mine.open) this.#fail(mine);
      return;
    }
    const other = world.byId.get(from);
    if (other === undefined || mine?.open === true) return;
    // Both dialled at once: the smaller id's offer stands.
    if (mine?.initiator === true && peer < from) return;
    if (mine !== undefined) this.connections.delete(from);
    if (this.connections.size >= MAX_PEERS) return this.#viewer.signal(from, "refuse");
    const connection = this.#open(from, false, world.roundTripMs(this.#viewer, other));
    if (this.#viewer.access.hardNat && other.access.hardNat) return;
    world.clock.in(GATHER_MS + world.setting.tracker.roundTripMs + SETUP_ROUND_TRIPS * connection.roundTripMs, () => {
      const theirs = other.transport.connections.get(peer);
      if (this.connections.get(from) !== connection || theirs === undefined || theirs.open || other.gone || this.#viewer.gone) return;
      connection.remote = theirs;
      theirs.remote = connection;
      connection.open = theirs.open = true;
      other.handle({ type: "connected", peer });
      this.#viewer.handle({ type: "connected", peer: from });
    });
  }

  /** True when the frame of these messages was taken. */
  send(peer: PeerId, messages: readonly Message[], bytes: number): boolean {
    const connection = this.connections.get(peer);
    if (connection === undefined || !connection.open) return false;
    if (!connection.send(messages, bytes)) this.#viewer.later(() => this.#fail(connection));
    return true;
  }

  /** Closes, or gives up dialling; the other side notices half a round trip later. */
  disconnect(peer: PeerId): void {
    const connection = this.connections.get(peer);
    if (connection === undefined) return;
    this.connections.delete(peer);
    const { open } = connection;
    this.#close(connection, connection.roundTripMs / 2);
    if (!open) this.#viewer.signal(peer, "refuse");
  }

  /** The line to a neighbour breaks; both sides are told. */
  lose(peer: PeerId): void {
    const connection = this.connections.get(peer);
    if (connection !== undefined) this.#fail(connection);
  }

  /** The page is closed. Without a word, others find out when the line has been dead for a while. */
  leave(silently: boolean): void {
    for (const connection of this.connections.values()) this.#close(connection, silently ? DEAD_LINE_MS : connection.roundTripMs / 2);
    this.connections.clear();
  }

  #open(peer: PeerId, initiator: boolean, roundTripMs: number): Connection {
    const connection = new Connection(this.#viewer, peer, initiator, roundTripMs);
    this.connections.set(peer, connection);
    this.#viewer.world.clock.in(CONNECT_TIMEOUT_MS, () => {
      if (!connection.open && this.connections.get(peer) === connection) this.#fail(connection);
    });
    return connection;
  }

  #close(connection: Connection, noticedAfterMs: number): void {
    const { remote } = connection;
    connection.open = false;
    connection.remote = undefined;
    if (remote === undefined) return;
    remote.dead = true;
    remote.remote = undefined;
    this.#viewer.world.clock.in(noticedAfterMs, () => remote.local.transport.#fail(remote));
  }

  #fail(connection: Connection): void {
    if (this.connections.get(connection.peer) !== connection) return;
    this.connections.delete(connection.peer);
    this.#close(connection, connection.roundTripMs / 2);
    this.#viewer.handle({ type: "disconnected", peer: connection.peer });
  }
}
