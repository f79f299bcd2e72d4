/** One shard of a row: data shards are numbered from 0, parity shards follow. */
export interface Shard {
  readonly index: number;
  /** What is missing at its end counts as zeros. */
  readonly bytes: Uint8Array;
}

/** `known`: as many shards as there are data shards, any of them. Each of the `wanted` is made from those. */
export interface RebuildRequest {
  readonly known: readonly Shard[];
  readonly wanted: readonly { readonly index: number; readonly lengthBytes: number }[];
}

/**
 * Systematic Reed-Solomon over GF(256) with a Cauchy matrix: any K shards of a row give all others, so encoding and decoding are the same.
 * Each pass makes up to four shards: their products with one byte lie beside each other in a word of a table.
 *
 * All it needs is inside the function, whose text is what the worker runs.
 */
export function reedSolomon(): (request: RebuildRequest) => Uint8Array<ArrayBuffer>[] {
  const PACKED = 4;
  const exp = new Uint8Array(510);
  const log = new Uint8Array(256);
  // 0x11d: the polynomial whose powers of two are all of the field.
  for (let power = 0, value = 1; power < 255; power++, value = value < 128 ? 2 * value : (2 * value) ^ 0x11d) {
    exp[power] = exp[power + 255] = value;
    log[value] = power;
  }
  const logOf = (a: number): number => log[a] as number;
  const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : (exp[logOf(a) + logOf(b)] as number));
  const over = (a: number): number => exp[255 - logOf(a)] as number;

  /** How a shard is made of the data shards. */
  const rowOf = (index: number, size: number): number[] => Array.from({ length: size }, (_, i) => (index >= size ? over(index ^ i) : Number(i === index)));

  /** How the data shards are made of the known ones: Gauss and Jordan. */
  function invert(matrix: number[][]): number[][] {
    const size = matrix.length;
    const rows = matrix.map((row, i) => [...row, ...rowOf(i, size)]);
    for (let i = 0; i < size; i++) {
      const pivot = rows.findIndex((row, at) => at >= i && row[i] !== 0);
      [rows[i], rows[pivot]] = [rows[pivot] as number[], rows[i] as number[]];
      const factor = over(rows[i]?.[i] as number);
      const scaled = (rows[i] as number[]).map((value) => times(value, factor));
      rows[i] = scaled;
      rows.forEach((row, at) => {
        const by = row[i] as number;
        if (at !== i && by !== 0) rows[at] = row.map((value, column) => value ^ times(scaled[column] as number, by));
      });
    }
    return rows.map((row) => row.slice(size));
  }

  return ({ known, wanted }) => {
    const size = known.length;
    const inverse = invert(known.map((shard) => rowOf(shard.index, size)));
    const made: Uint8Array<ArrayBuffer>[] = [];
    for (let first = 0; first < wanted.length; first += PACKED) {
      const some = wanted.slice(first, first + PACKED);
      const factors = some.map(({ index }) => {
        const row = rowOf(index, size);
        return inverse[0]?.map((_, column) => row.reduce((sum, by, i) => sum ^ times(by, inverse[i]?.[column] as number), 0)) as number[];
      });
      const sums = new Uint32Array(Math.max(...some.map((s) => s.lengthBytes)));
      known.forEach(({ bytes }, column) => {
        const table = new Uint32Array(256);
        for (let byte = 0; byte < 256; byte++) factors.forEach((row, at) => (table[byte] = (table[byte] as number) | (times(row[column] as number, byte) << (8 * at))));
        const length = Math.min(bytes.length, sums.length);
        for (let i = 0; i < length; i++) sums[i] = (sums[i] as number) ^ (table[bytes[i] as number] as number);
      });
      some.forEach(({ lengthBytes }, at) => {
        const out = new Uint8Array(lengthBytes);
        for (let i = 0; i < lengthBytes; i++) out[i] = (sums[i] as number) >>> (8 * at);
        made.push(out);
      });
    }
    return made;
  };
}
