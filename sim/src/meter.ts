import type { FetchReason } from "../../sdk/src/protocol/contract.js";
import type { PeerId } from "../../sdk/src/protocol/ids.js";
import type { Message, MessageType } from "../../sdk/src/protocol/message.js";
import { framedLength } from "../../sdk/src/wire/frame.js";
import type { Clock } from "./clock.js";
import { Histogram } from "./histogram.js";
import type { Need } from "./oracle.js";
import type { PlayerEvents } from "./player.js";
import type { Media } from "./stream.js";
import { wireBytes } from "./wire-cost.js";

const REASONS = ["start", "alone", "seat", "slice", "rescue", "settle", "check"] as const;

/** Everything that is counted, from the end of the warm-up on. */
export class Meter {
  readonly #clock: Clock;
  readonly fromMs: number;
  readonly originBytes: Record<FetchReason, number> = { start: 0, alone: 0, seat: 0, slice: 0, rescue: 0, settle: 0, check: 0 };
  readonly originRequests: Record<FetchReason, number> = { start: 0, alone: 0, seat: 0, slice: 0, rescue: 0, settle: 0, check: 0 };
  /** Of each segment, by its id: what the origin sent of it beside first segments, over its bytes. */
  readonly steadyCopies = new Map<string, number>();
  readonly messages: Partial<Record<MessageType, { count: number; bytes: number; wireBytes: number }>> = {};
  /** Manifests and lists of chunk hashes, from the origin. */
  signatureBytes = 0;
  signatureRequests = 0;
  playedBytes = 0;
  dueChunks = 0;
  lateChunks = 0;
  dueSegments = 0;
  lateSegments = 0;
  stalledMs = 0;
  stalls = 0;
  watchedMs = 0;
  pollutedChunksPlayed = 0;
  bans = 0;
  honestBans = 0;
  /** Honest viewers whom anybody has banned. */
  readonly honestBanned = new Set<PeerId>();
  /** Whom the tracker offers to nobody. */
  outcasts = 0;
  honestOutcasts = 0;
  readonly startupMs: number[] = [];
  /** Bytes of each segment that anybody's player was handed, by its id. */
  readonly distinctBytes = new Map<string, number>();
  /** VoD: what the oracle has to beat. */
  readonly needs: Need[] = [];
  readonly chunkDelay = new Histogram(10, 60_000);

  constructor(clock: Clock, fromMs: number) {
    this.#clock = clock;
    this.fromMs = fromMs;
  }

  get on(): boolean {
    return this.#clock.nowMs >= this.fromMs;
  }

  originRequest(reason: FetchReason): void {
    if (this.on) this.originRequests[reason]++;
  }

  originSent(reason: FetchReason, bytes: number, media: Media): void {
    if (!this.on) return;
    this.originBytes[reason] += bytes;
    if (reason !== "start") this.steadyCopies.set(media.info.ref.id, (this.steadyCopies.get(media.info.ref.id) ?? 0) + bytes / media.sizeBytes);
  }

  signatureSent(bytes: number): void {
    if (!this.on) return;
    this.signatureBytes += bytes;
    this.signatureRequests++;
  }

  /** What travels in one frame, of `total` bytes: a chunk costs what it would alone, the rest share what comes on top. */
  frame(messages: readonly Message[], total: number): void {
    const [first] = messages;
    const data = first?.type === "DATA" ? framedLength(first) : 0;
    const perByte = total === data ? 0 : (wireBytes(total) - (data === 0 ? 0 : wireBytes(data))) / (total - data);
    for (const message of messages) {
      const bytes = framedLength(message);
      const entry = (this.messages[message.type] ??= { count: 0, bytes: 0, wireBytes: 0 });
      entry.count++;
      entry.bytes += bytes;
      entry.wireBytes += message.type === "DATA" ? wireBytes(bytes) : bytes * perByte;
    }
  }

  due(chunks: number, lateChunks: number): void {
    if (!this.on) return;
    this.dueChunks += chunks;
    this.lateChunks += lateChunks;
    this.dueSegments++;
    if (lateChunks > 0) this.lateSegments++;
  }

  outcast(honest: boolean): void {
    if (honest) this.honestOutcasts++;
    else this.outcasts++;
  }

  banned(peer: PeerId, honest: boolean): void {
    if (!honest) return void this.bans++;
    this.honestBans++;
    this.honestBanned.add(peer);
  }

  /** The ear of one player. */
  forPlayer(viewer: { readonly index: number; readonly joinedMs: number }, onEnded: () => void): PlayerEvents {
    return {
      started: (ms) => {
        if (this.on) this.startupMs.push(ms);
      },
      stalled: (ms) => {
        if (!this.on) return;
        this.stalledMs += ms;
        this.stalls++;
      },
      watched: (ms) => {
        if (this.on) this.watchedMs += ms;
      },
      due: (chunks, lateChunks) => this.due(chunks, lateChunks),
      served: (media, dueMs) => {
        if (this.on) this.distinctBytes.set(media.info.ref.id, media.sizeBytes);
        if (media.appearsMs === 0) this.needs.push({ viewer: viewer.index, segment: media.info.ref.id, bytes: media.sizeBytes, fromMs: viewer.joinedMs, dueMs });
      },
      ended: onEnded,
    };
  }

  get originTotal(): number {
    return REASONS.reduce((sum, r) => sum + this.originBytes[r], 0);
  }

  /** Wire bytes of all messages but DATA, over those of DATA. */
  get controlRatio(): number {
    const data = this.messages.DATA?.wireBytes ?? 0;
    let all = 0;
    for (const entry of Object.values(this.messages)) all += entry.wireBytes;
    return data === 0 ? 0 : (all - data) / data;
  }
}
