import { chunkOrigin, keptPerChunk, type Tiling, tilingOf } from "./tiling.ts";

/** Number of quantisation levels. */
export const LEVELS = 4;

/** One tensor of a pseudo-gradient after top-k and quantisation. */
export interface CompressedTensor {
  /** Tiling of the tensor. */
  readonly tiling: Tiling;
  /** Entries kept per chunk. */
  readonly kept: number;
  /** [chunks, kept] uint16, strictly ascending in each chunk. */
  readonly indices: Uint16Array<ArrayBuffer>;
  /** [chunks, kept] uint8, 0 to 3: level of each kept entry. */
  readonly codes: Uint8Array<ArrayBuffer>;
  /** [4] value of each level. */
  readonly levels: Float32Array<ArrayBuffer>;
}

/** Allocates an empty compressed tensor for a shape. */
export function emptyCompressed(dims: readonly number[], topk: number): CompressedTensor {
  const tiling = tilingOf(dims);
  const kept = keptPerChunk(topk, tiling.chunkLength);
  return {
    tiling,
    kept,
    indices: new Uint16Array(tiling.chunks * kept),
    codes: new Uint8Array(tiling.chunks * kept),
    levels: new Float32Array(LEVELS),
  };
}

/** Returns the number of entries that a submission has for a tensor of a shape. */
export function keptCount(dims: readonly number[], topk: number): number {
  const { chunkLength, chunks } = tilingOf(dims);
  return chunks * keptPerChunk(topk, chunkLength);
}

/**
 * Calls `visit` for every kept entry in order, with its position in the row-major tensor and its
 * level. All sums over entries follow this order, so they are identical on every machine.
 */
export function forEachEntry(
  { tiling, kept, indices, codes }: CompressedTensor,
  visit: (position: number, code: number) => void,
): void {
  const { columns, tileColumns, chunks } = tiling;
  let at = 0;
  for (let chunk = 0; chunk < chunks; chunk++) {
    const origin = chunkOrigin(tiling, chunk);
    for (const end = at + kept; at < end; at++) {
      const index = indices[at];
      const row = (index / tileColumns) | 0;
      visit(origin + row * columns + (index - row * tileColumns), codes[at]);
    }
  }
}

/** Returns the tensor as received, before clipping: entries at their levels, zeros elsewhere. */
export function decompress(tensor: CompressedTensor): Float32Array<ArrayBuffer> {
  const dense = new Float32Array(tensor.tiling.rows * tensor.tiling.columns);
  forEachEntry(tensor, (position, code) => dense[position] = tensor.levels[code]);
  return dense;
}
