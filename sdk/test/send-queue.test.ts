import { describe, expect, it } from "vitest";
import { LOW_WATER_BYTES, MAX_QUEUED_BYTES, SendQueue } from "../src/browser/send-queue.js";

/** A channel that drains when told. */
class FakeChannel {
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  readonly sent: number[] = [];

  send(bytes: Uint8Array): void {
    this.bufferedAmount += bytes.byteLength;
    this.sent.push(bytes[0] ?? -1);
  }
}

const message = (index: number): Uint8Array => new Uint8Array(16 * 1024).fill(index);

describe("send queue", () => {
  it("holds back what the channel cannot take, and keeps the order", () => {
    const channel = new FakeChannel();
    const queue = new SendQueue(channel, () => {});
    for (let index = 0; index < 40; index++) expect(queue.push(message(index))).toBe(true);
    expect(channel.sent).toHaveLength(16);
    expect(queue.bufferedBytes).toBe(40 * 16 * 1024);
    while (channel.sent.length < 40) {
      channel.bufferedAmount = LOW_WATER_BYTES;
      queue.onLow();
    }
    expect(channel.sent).toEqual(Array.from({ length: 40 }, (_, index) => index));
  });

  it("reports low water only when nothing waits any more", () => {
    const channel = new FakeChannel();
    const reports: number[] = [];
    const queue = new SendQueue(channel, (bufferedBytes) => reports.push(bufferedBytes));
    for (let index = 0; index < 30; index++) queue.push(message(index));
    channel.bufferedAmount = 0;
    queue.onLow();
    expect(reports).toEqual([]);
    channel.bufferedAmount = 1000;
    queue.onLow();
    expect(reports).toEqual([1000]);
  });

  it("goes on reporting when more is pushed in answer to a report", () => {
    const channel = new FakeChannel();
    const reports: number[] = [];
    const queue: SendQueue = new SendQueue(channel, (bufferedBytes) => {
      reports.push(bufferedBytes);
      if (reports.length < 3) queue.push(message(0));
    });
    queue.push(message(0));
    for (let i = 0; i < 4; i++) {
      channel.bufferedAmount = 0;
      queue.onLow();
    }
    expect(reports).toEqual([0, 0, 0]);
  });

  it("does not report small frames, for whose end nobody waits", () => {
    const channel = new FakeChannel();
    const reports: number[] = [];
    const queue = new SendQueue(channel, (bufferedBytes) => reports.push(bufferedBytes));
    queue.push(new Uint8Array(200));
    channel.bufferedAmount = 0;
    queue.onLow();
    expect(reports).toEqual([]);
  });

  it("refuses what would pass its bound", () => {
    const queue = new SendQueue(new FakeChannel(), () => {});
    let pushed = 0;
    while (queue.push(message(0))) pushed += 1;
    expect(pushed * 16 * 1024).toBeLessThanOrEqual(MAX_QUEUED_BYTES + 256 * 1024);
    expect(queue.push(new Uint8Array(16 * 1024))).toBe(false);
  });

  it("asks to be told at half of what it handed over, and at the mark at the latest", () => {
    const channel = new FakeChannel();
    const queue = new SendQueue(channel, () => {});
    queue.push(message(0));
    expect(channel.bufferedAmountLowThreshold).toBe(8 * 1024);
    for (let index = 1; index < 12; index++) queue.push(message(index));
    expect(channel.bufferedAmountLowThreshold).toBe(LOW_WATER_BYTES);
  });
});
