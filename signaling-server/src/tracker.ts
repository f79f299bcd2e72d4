import { AddressBook } from "./address-book.js";
import { Connection } from "./connection.js";
import type { Answer, ConnectionId, ReplyId, TicketGrant, TrackerEffect, TrackerInput, TrackerStats } from "./contract.js";
import type { ClientToServerEvents, ErrorCode, ErrorReply, JoinReply, JoinRequest } from "./events.js";
import { Directory } from "./directory.js";
import { Fifo } from "./fifo.js";
import { DEFAULT_LIMITS, type TrackerLimits } from "./limits.js";
import { Member } from "./member.js";
import { parseFind, parseJoin, parseLeave, parseLive, parseMisbehaved, parseMissing, parseSignal, parseStat, type Problem } from "./payload.js";
import { isOffence, refusal, REFUSALS } from "./refusal.js";
import { Seats } from "./seats.js";
import { SilenceWatch } from "./silence.js";
import type { Swarm } from "./swarm.js";
import { TicketBook } from "./ticket-book.js";
import { Tribunal } from "./tribunal.js";

export interface TrackerOptions {
  /** Uniform in [0, 1), seeded where runs must repeat. */
  readonly random: () => number;
  /** Told to every joiner. Default none. */
  readonly iceServers?: JoinReply["iceServers"];
  /** How often a member sends STAT_REPORT, ms. Default 10,000. */
  readonly statIntervalMs?: number;
  readonly limits?: Partial<TrackerLimits>;
  /** Nobody joins without a ticket; `check-ticket` has them checked. Default false. */
  readonly wantsTickets?: boolean;
}

/** A member is offered last when it misses this many STAT_REPORTs in a row. */
const MISSED_REPORTS = 3;
/** So long after its join a member's signals say that it has just come. */
const NEWCOMER_MS = 15_000;

/**
 * The membership server of all swarms, sans-I/O: `handle` what happened, then `poll` until undefined, and `handle` a timeout
 * at `nextTimeoutMs`. Nothing a client sends costs more than O(peers named in it or in the answer).
 */
export class Tracker {
  readonly #connections = new Map<ConnectionId, Connection>();
  readonly #directory = new Directory();
  readonly #silence: SilenceWatch;
  readonly #seats: Seats;
  readonly #addresses: AddressBook;
  readonly #tribunal = new Tribunal();
  readonly #wantsTickets: boolean;
  readonly #tickets: TicketBook;
  readonly #effects = new Fifo<TrackerEffect>();
  readonly #limits: TrackerLimits;
  readonly #iceServers: JoinReply["iceServers"];
  readonly #statIntervalMs: number;
  readonly #random: () => number;
  #shuttingDown = false;
  readonly #counts = { joins: 0, signals: 0, originBytes: 0, peerBytes: 0, uploadedBytes: 0, unknownEvents: 0, closed: 0 };
  readonly #refused: Record<ErrorCode, number> = {
    "bad-payload": 0, "rate-limited": 0, "not-a-member": 0, "unknown-peer": 0, "peer-id-taken": 0, "too-many-swarms": 0, "swarm-full": 0, "shutting-down": 0,
    "ticket-missing": 0, "ticket-invalid": 0, "ticket-expired": 0, "ticket-other-swarm": 0, "ticket-replayed": 0, "ticket-unproven": 0, "ticket-limit": 0,
  };

  constructor(options: TrackerOptions) {
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#iceServers = options.iceServers ?? [];
    this.#statIntervalMs = options.statIntervalMs ?? 10_000;
    this.#random = options.random;
    this.#seats = new Seats({ random: this.#random, statIntervalMs: this.#statIntervalMs });
    this.#wantsTickets = options.wantsTickets ?? false;
    this.#addresses = new AddressBook(this.#limits);
    this.#tickets = new TicketBook(this.#limits);
    this.#silence = new SilenceWatch(MISSED_REPORTS * this.#statIntervalMs, this.#tribunal, (member, nowMs) => this.#seats.update(member, nowMs), (member, nowMs) => this.#depart(member, nowMs));
  }

  handle(input: TrackerInput, nowMs: number): void {
    this.#silence.check(nowMs);
    this.#dispatch(input, nowMs);
    for (const change of this.#seats.drain()) this.#effects.push({ type: "emit", event: "seats", ...change });
  }

  #dispatch(input: TrackerInput, nowMs: number): void {
    switch (input.type) {
      case "opened":
        return this.#onOpened(input, nowMs);
      case "closed":
        return this.#forget(input.connection, nowMs);
      case "event":
        return this.#onEvent(input, nowMs);
      case "ticket-checked":
        return this.#onChecked(input, nowMs);
      case "timeout":
        return;
      case "shutdown":
        this.#shuttingDown = true;
        return;
    }
  }

  poll(): TrackerEffect | undefined {
    return this.#effects.shift();
  }

  nextTimeoutMs(): number | undefined {
    return this.#silence.nextTimeoutMs();
  }

  stats(): TrackerStats {
    return { connections: this.#connections.size, swarms: this.#directory.swarms, peers: this.#directory.peers, ...this.#counts, seatsLost: this.#seats.lost, outcasts: this.#tribunal.outcasts, refused: { ...this.#refused } };
  }

  /** For tests and simulation. */
  isOutcast(swarm: string, peer: string): boolean {
    return this.#directory.get(swarm)?.get(peer)?.isOutcast ?? false;
  }

  /** Throws when the tracker's parts disagree. For tests and simulation; costs O(everything). */
  assertConsistent(): void {
    let memberships = 0;
    for (const connection of this.#connections.values()) {
      if (connection.memberships.size > this.#limits.swarmsPerConnection) throw new Error(`connection ${connection.id} is in too many swarms`);
      memberships += connection.memberships.size;
    }
    if (this.#wantsTickets && this.#tickets.held !== memberships) throw new Error(`${memberships} memberships, ${this.#tickets.held} of viewers`);
    if (memberships !== this.#directory.peers) throw new Error(`${memberships} memberships held, ${this.#directory.peers} given`);
    this.#directory.assertConsistent((member) => {
      if (this.#connections.get(member.connection)?.memberships.get(member.swarm.id) !== member) throw new Error(`member ${member.peer} is on no connection`);
    });
  }

  #onOpened({ connection: id, network = "", address }: TrackerInput & { type: "opened" }, nowMs: number): void {
    if (this.#connections.has(id)) return;
    const rates = address === undefined ? undefined : this.#addresses.of(address, nowMs);
    if (rates?.admitsConnection(nowMs) === false) {
      this.#counts.closed += 1;
      return this.#effects.push({ type: "close", connection: id, reason: "too many connections from this address" });
    }
    this.#connections.set(id, new Connection(id, network, rates, this.#limits, nowMs));
  }

  #onEvent(input: TrackerInput & { type: "event" }, nowMs: number): void {
    const connection = this.#connections.get(input.connection);
    if (connection === undefined) return;
    if (!isKnown(input.event)) {
      this.#counts.unknownEvents += 1;
      return this.#charge(connection, nowMs);
    }
    const answer = this.#answer(connection, { ...input, event: input.event }, nowMs);
    if (answer !== undefined) this.#reply(connection, input.reply, answer, nowMs);
  }

  #reply(connection: Connection, reply: ReplyId | undefined, answer: Answer, nowMs: number): void {
    if (reply !== undefined) this.#effects.push({ type: "reply", connection: connection.id, reply, answer });
    if (answer.ok) return;
    this.#refused[answer.code] += 1;
    if (isOffence(answer.code)) this.#charge(connection, nowMs);
  }

  /** Undefined: the answer comes later. */
  #answer(connection: Connection, { event, payload, reply }: { event: keyof ClientToServerEvents; payload: unknown; reply?: ReplyId }, nowMs: number): Answer | undefined {
    if (this.#shuttingDown) return REFUSALS.shuttingDown;
    if (!connection.admits(event, nowMs)) return REFUSALS.rateLimited;
    switch (event) {
      case "join":
        return parsed(parseJoin(payload), (request) => (this.#wantsTickets ? this.#check(connection, request, reply) : this.#join(connection, request, undefined, nowMs)));
      case "leave":
        return parsed(parseLeave(payload), (request) => this.#leave(connection, request, nowMs));
      case "find":
        return parsed(parseFind(payload), (request) => this.#asMember(connection, request, nowMs, (member) => this.#find(member, request)));
      case "stat":
        return parsed(parseStat(payload), (report) => this.#asMember(connection, report, nowMs, (member) => this.#report(member, report, nowMs)));
      case "signal":
        return parsed(parseSignal(payload, this.#limits.signalBytes), (request) => this.#asMember(connection, request, nowMs, (member) => this.#relay(member, request, nowMs)));
      case "live":
        return parsed(parseLive(payload), (request) => this.#asMember(connection, request, nowMs, (member) => this.#live(member, request, nowMs)));
      case "missing":
        return parsed(parseMissing(payload), (request) => this.#asMember(connection, request, nowMs, (member) => this.#missing(member, request, nowMs)));
      case "misbehaved":
        return parsed(parseMisbehaved(payload), (request) => this.#asMember(connection, request, nowMs, (member) => this.#misbehaved(member, request.peer, nowMs)));
      case "channels":
        return payload === undefined ? this.#channels(connection) : refusal("bad-payload", "Send channels without a payload.");
    }
  }

  /** After the limits, so that nobody has us check signatures without end. */
  #check(connection: Connection, request: JoinRequest, reply: ReplyId | undefined): Answer | undefined {
    const { ticket } = request;
    if (ticket === undefined) return REFUSALS.ticketMissing;
    if (connection.isChecking) return REFUSALS.rateLimited;
    connection.isChecking = true;
    const ticketed = { ...request, ticket };
    this.#effects.push({ type: "check-ticket", connection: connection.id, check: this.#tickets.await({ connection: connection.id, request: ticketed, reply }), request: ticketed, reply });
    return undefined;
  }

  #onChecked({ check, verdict }: TrackerInput & { type: "ticket-checked" }, nowMs: number): void {
    const pending = this.#tickets.take(check);
    const connection = pending && this.#connections.get(pending.connection);
    if (connection === undefined || pending === undefined) return;
    connection.isChecking = false;
    const answer = this.#shuttingDown ? REFUSALS.shuttingDown : verdict.ok ? this.#join(connection, pending.request, verdict.grant, nowMs) : verdict;
    this.#reply(connection, pending.reply, answer, nowMs);
  }

  #join(connection: Connection, request: JoinRequest, grant: TicketGrant | undefined, nowMs: number): Answer {
    const known = this.#directory.get(request.swarm);
    const holder = known?.get(request.peer);
    const mine = connection.memberships.get(request.swarm);
    if (mine !== undefined && mine !== holder) return REFUSALS.secondId;
    if (holder !== undefined && holder.secret !== request.secret) return REFUSALS.peerIdTaken;
    const objection = grant && this.#tickets.objection(grant, holder, nowMs);
    if (objection !== undefined) return objection;
    if (mine === undefined && connection.memberships.size >= this.#limits.swarmsPerConnection) return REFUSALS.tooManySwarms;
    if (known === undefined && this.#directory.swarms >= this.#limits.swarms) return REFUSALS.serverFull;
    if (known !== undefined && holder === undefined && known.size >= this.#limits.peersPerSwarm) return REFUSALS.swarmFull;

    const swarm = this.#directory.open(request.swarm, request.channel);
    const member = holder === undefined ? this.#admit(swarm, connection, request, nowMs) : this.#takeOver(holder, connection, request.serves, nowMs);
    if (grant !== undefined) this.#tickets.enter(member, grant, nowMs);
    this.#tribunal.recognize(member, nowMs);
    swarm.update(member);
    this.#counts.joins += 1;
    const peers = this.#introduce(member, this.#limits.peersPerReply, []);
    return { ok: true, peers, size: swarm.size, iceServers: this.#iceServers, statIntervalMs: this.#statIntervalMs, ...(grant && { ticket: grant.channel }) };
  }

  #admit(swarm: Swarm, connection: Connection, request: JoinRequest, nowMs: number): Member {
    const member = new Member(swarm, request, connection, this.#limits, nowMs);
    this.#directory.add(member);
    connection.memberships.set(swarm.id, member);
    this.#silence.watch(member, nowMs);
    return member;
  }

  /** The same peer over a new connection: its neighbours need not notice. */
  #takeOver(member: Member, connection: Connection, serves: boolean, nowMs: number): Member {
    this.#connections.get(member.connection)?.memberships.delete(member.swarm.id);
    connection.memberships.set(member.swarm.id, member);
    member.connection = connection.id;
    member.network = connection.network;
    member.serves = serves;
    this.#heard(member, nowMs);
    return member;
  }

  #leave(connection: Connection, request: Request<typeof parseLeave>, nowMs: number): Answer {
    const member = connection.memberships.get(request.swarm);
    if (member === undefined) return REFUSALS.notAMember;
    this.#depart(member, nowMs);
    return { ok: true };
  }

  /** Runs `act` for the connection's member of that swarm. */
  #asMember(connection: Connection, { swarm }: { readonly swarm: string }, nowMs: number, act: (member: Member) => Answer): Answer {
    const member = connection.memberships.get(swarm);
    if (member === undefined) return REFUSALS.notAMember;
    if (member.grantedUntilMs > nowMs) return act(member);
    this.#depart(member, nowMs);
    return REFUSALS.ticketExpired;
  }

  #find(member: Member, request: Request<typeof parseFind>): Answer {
    const peers = this.#introduce(member, Math.min(request.count, this.#limits.peersPerReply), request.except);
    return { ok: true, peers, size: member.swarm.size };
  }

  #introduce(member: Member, count: number, except: readonly string[]): string[] {
    if (member.isOutcast) return [];
    const found = member.swarm.sample(count, new Set([member.peer, ...except]), this.#random);
    for (const other of found) other.introducedTo(member);
    return found.map((other) => other.peer);
  }

  #report(member: Member, report: Request<typeof parseStat>, nowMs: number): Answer {
    // totals only grow; a smaller one is a restarted count
    for (const key of ["originBytes", "peerBytes", "uploadedBytes"] as const) {
      this.#counts[key] += Math.max(0, report[key] - (member.report?.[key] ?? 0));
    }
    const { strangers, ...figures } = report;
    member.report = figures;
    this.#heard(member, nowMs);
    const { size } = member.swarm;
    return { ok: true, size, ...(strangers && { members: strangers.filter((peer) => member.swarm.get(peer)?.isOutcast === false) }) };
  }

  #heard(member: Member, nowMs: number): void {
    member.heard = true;
    member.heardMs = nowMs;
    member.silent = false;
    member.swarm.update(member);
    this.#seats.update(member, nowMs);
  }

  #live(member: Member, request: Request<typeof parseLive>, nowMs: number): Answer {
    member.heardMs = nowMs;
    this.#seats.announce(member, request, nowMs);
    return { ok: true };
  }

  #missing(member: Member, request: Request<typeof parseMissing>, nowMs: number): Answer {
    member.heardMs = nowMs;
    return { ok: true, of: this.#seats.missing(member, request, nowMs) };
  }

  /** The answer does not tell what will come of it. */
  #misbehaved(accuser: Member, peer: string, nowMs: number): Answer {
    const accused = accuser.swarm.get(peer);
    if (accused !== undefined && accused !== accuser) this.#tribunal.accuse(accuser, accused, nowMs);
    return { ok: true };
  }

  #relay(sender: Member, request: Request<typeof parseSignal>, nowMs: number): Answer {
    const receiver = sender.swarm.get(request.to);
    if (receiver === undefined) return REFUSALS.unknownPeer;
    if (receiver === sender) return REFUSALS.toItself;
    if (!receiver.inbound.take(nowMs)) return REFUSALS.receiverBusy;
    sender.signalled(receiver);
    this.#counts.signals += 1;
    const newcomer = nowMs - sender.joinedMs < NEWCOMER_MS;
    this.#effects.push({ type: "emit", connection: receiver.connection, event: "signal", payload: { swarm: request.swarm, from: sender.peer, data: request.data, ...(newcomer && { newcomer }) } });
    return { ok: true };
  }

  /** Where tickets are wanted, what there is to see is nobody's business but its viewers'. */
  #channels(connection: Connection): Answer {
    const swarms = this.#wantsTickets ? Array.from(connection.memberships.values(), ({ swarm }) => swarm) : this.#directory.largest(this.#limits.channelsPerReply);
    return { ok: true, channels: swarms.map((swarm) => ({ swarm: swarm.id, channel: swarm.channel, peers: swarm.size })) };
  }

  #depart(member: Member, nowMs: number): void {
    const { swarm } = member;
    this.#connections.get(member.connection)?.memberships.delete(swarm.id);
    this.#tickets.leave(member);
    this.#directory.remove(member);
    this.#seats.depart(member, nowMs);
    for (const contact of member.departed()) {
      if (!swarm.has(contact)) continue;
      this.#effects.push({ type: "emit", connection: contact.connection, event: "peer-left", payload: { swarm: swarm.id, peer: member.peer } });
    }
  }

  #forget(id: ConnectionId, nowMs: number): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    this.#connections.delete(id);
    for (const member of connection.memberships.values()) this.#depart(member, nowMs);
  }

  #charge(connection: Connection, nowMs: number): void {
    if (connection.forgives(nowMs)) return;
    this.#counts.closed += 1;
    this.#forget(connection.id, nowMs);
    this.#effects.push({ type: "close", connection: connection.id, reason: "too many refused events" });
  }
}

type Request<Parse extends (...args: never[]) => unknown> = Exclude<ReturnType<Parse>, Problem>;

/** Runs `act` on a payload that parsed, and turns a problem into its answer. */
function parsed<T extends object, A extends Answer | undefined>(request: T | Problem, act: (request: T) => A): A | ErrorReply {
  return typeof request === "string" ? refusal("bad-payload", request) : act(request);
}

const KNOWN: Readonly<Record<keyof ClientToServerEvents, true>> = { join: true, leave: true, find: true, stat: true, live: true, missing: true, signal: true, misbehaved: true, channels: true };

const isKnown = (event: string): event is keyof ClientToServerEvents => Object.hasOwn(KNOWN, event);
