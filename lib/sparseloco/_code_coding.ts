import { BitReader } from "./_bit_reader.ts";
import { BitWriter } from "./_bit_writer.ts";
import { LEVELS } from "./compressed_tensor.ts";

/** Orders of the four codes, most frequent first; a tensor stores the index of its order. */
const ORDERS: readonly (readonly number[])[] = permutations([0, 1, 2, 3]);

/** Number of the plain two-bit coding. */
const PLAIN = ORDERS.length;

/** Number of codings that a tensor may use. */
export const CODINGS = ORDERS.length + 1;

/**
 * Writes codes with the prefix code 0, 10, 110, 111 by descending frequency, or in two bits each if
 * that is no longer. Returns the coding.
 */
export function writeCodes(writer: BitWriter, codes: Uint8Array): number {
  const counts = new Array(LEVELS).fill(0);
  for (let i = 0; i < codes.length; i++) counts[codes[i]]++;
  const order = [0, 1, 2, 3].sort((a, b) => counts[b] - counts[a] || a - b);
  const prefixBits = order.reduce(
    (bits, code, rank) => bits + counts[code] * Math.min(rank + 1, 3),
    0,
  );
  const coding = prefixBits < 2 * codes.length
    ? ORDERS.findIndex((candidate) => candidate.every((code, rank) => code === order[rank]))
    : PLAIN;
  const table = new Array<[value: number, bits: number]>(LEVELS);
  for (let rank = 0; rank < LEVELS; rank++) {
    const word: [number, number] = coding === PLAIN
      ? [rank, 2]
      : [[0, 1, 3, 7][rank], Math.min(rank + 1, 3)];
    table[coding === PLAIN ? rank : order[rank]] = word;
  }
  for (let i = 0; i < codes.length; i++) writer.write(...table[codes[i]]);
  return coding;
}

/** Reads codes. Every bit string is valid. */
export function readCodes(reader: BitReader, codes: Uint8Array, coding: number): void {
  if (coding === PLAIN) {
    for (let i = 0; i < codes.length; i++) codes[i] = reader.read(2);
    return;
  }
  const order = ORDERS[coding];
  for (let i = 0; i < codes.length; i++) {
    let rank = 0;
    while (rank < LEVELS - 1 && reader.read(1) === 1) rank++;
    codes[i] = order[rank];
  }
}

function permutations(items: number[]): number[][] {
  if (items.length <= 1) return [items];
  return items.flatMap((item) =>
    permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest])
  );
}
