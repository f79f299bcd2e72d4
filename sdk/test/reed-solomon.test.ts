import fc from "fast-check";
import { expect, test } from "vitest";
import { rebuildInWorker } from "../src/browser/coder.js";
import { reedSolomon, type Shard } from "../src/browser/reed-solomon.js";

const rebuild = reedSolomon();
const WHOLE = 67;

/** K data shards, the last ones short or empty as at a segment's end, and N - K parities. */
const rows = fc.integer({ min: 1, max: 16 }).chain((k) =>
  fc.record({
    data: fc.array(fc.uint8Array({ minLength: 0, maxLength: WHOLE }), { minLength: k, maxLength: k }),
    parities: fc.integer({ min: 1, max: 16 }),
    order: fc.infiniteStream(fc.nat()),
  }),
);

function encode(data: readonly Uint8Array[], parities: number): Shard[] {
  const known = data.map((bytes, index) => ({ index, bytes }));
  const wanted = Array.from({ length: parities }, (_, j) => ({ index: data.length + j, lengthBytes: WHOLE }));
  return [...known, ...rebuild({ known, wanted }).map((bytes, j) => ({ index: data.length + j, bytes }))];
}

test("any K of N shards rebuild every other one, data and parity, whatever K and N, short shards too (OC1, ZA2)", () => {
  fc.assert(
    fc.property(rows, ({ data, parities, order }) => {
      const all = encode(data, parities);
      const rest = [...all];
      const known = data.map(() => rest.splice((order.next().value as number) % rest.length, 1)[0]!);
      const made = rebuild({ known, wanted: rest.map(({ index, bytes }) => ({ index, lengthBytes: bytes.length })) });
      expect(made).toEqual(rest.map(({ bytes }) => new Uint8Array(bytes)));
    }),
    { numRuns: 300 },
  );
});

test("each choice of 4 out of 8, and out of 12, is good", () => {
  const data = Array.from({ length: 4 }, (_, i) => Uint8Array.from({ length: WHOLE - i }, (_, at) => (at * 31 + i * 101) & 255));
  for (const count of [8, 12]) {
    const all = encode(data, count - 4);
    let tried = 0;
    for (let mask = 0; mask < 1 << count; mask++) {
      const known = all.filter(({ index }) => ((mask >> index) & 1) === 1);
      if (known.length !== 4) continue;
      tried++;
      expect(rebuild({ known, wanted: data.map((bytes, index) => ({ index, lengthBytes: bytes.length })) })).toEqual(data);
    }
    expect(tried).toBe(count === 8 ? 70 : 495);
  }
});

test("one polluted shard spoils all that is made of it, and nothing else", () => {
  const data = Array.from({ length: 4 }, (_, i) => new Uint8Array(WHOLE).fill(i + 1));
  const [, second, third, fourth, parity] = encode(data, 1) as [Shard, Shard, Shard, Shard, Shard];
  const bytes = parity.bytes.slice();
  bytes[5] = (bytes[5] as number) ^ 1;
  const [made] = rebuild({ known: [second, third, fourth, { ...parity, bytes }], wanted: [{ index: 0, lengthBytes: WHOLE }] });
  expect(made!.filter((byte, i) => byte !== data[0]![i])).toHaveLength(1);
});

test("is done where it is when there are no workers of one's own text", async () => {
  const data = [1, 2, 3, 4].map((value, index) => ({ index, bytes: new Uint8Array(WHOLE).fill(value) }));
  const wanted = [{ index: 4, lengthBytes: WHOLE }];
  expect(await rebuildInWorker({ known: data, wanted })).toEqual(rebuild({ known: data, wanted }));
});

test("needs nothing but its own text: that is what a worker runs", () => {
  // oxlint-disable-next-line no-implied-eval -- as the worker does
  const alone = (new Function(`return (${reedSolomon.toString()})()`) as () => typeof rebuild)();
  const request = { known: [0, 1, 2, 3].map((index) => ({ index, bytes: new Uint8Array(WHOLE).fill(index + 7) })), wanted: [{ index: 6, lengthBytes: WHOLE }] };
  expect(alone(request)).toEqual(rebuild(request));
});
