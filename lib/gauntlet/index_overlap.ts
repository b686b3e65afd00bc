import type { CompressedTensor } from "../sparseloco/compressed_tensor.ts";

/**
 * Returns one bit per element, set where an entry was kept: chunks of at most 4096 bits, concatenated.
 * Dense tensors carry no information about the choice of entries and are left out.
 */
export function indexMask(tensors: readonly CompressedTensor[]): Uint32Array<ArrayBuffer> {
  const sparse = tensors.filter(({ kept, tiling }) => kept < tiling.chunkLength);
  const words = (chunkLength: number) => Math.ceil(chunkLength / 32);
  const length = sparse.reduce(
    (sum, { tiling }) => sum + tiling.chunks * words(tiling.chunkLength),
    0,
  );
  const mask = new Uint32Array(length);
  let base = 0;
  for (const { indices, kept, tiling } of sparse) {
    const stride = words(tiling.chunkLength);
    for (let at = 0; at < indices.length; at++) {
      mask[base + Math.floor(at / kept) * stride + (indices[at] >> 5)] |= 1 << (indices[at] & 31);
    }
    base += tiling.chunks * stride;
  }
  return mask;
}

/**
 * Returns the share of kept entries that two submissions for one model have in common, averaged over chunks
 * and tensors by the number of entries. A copy cannot hide it: independent peers overlap by chance and
 * through common gradients; a copy is near 1.
 *
 * @param a Result of {@linkcode indexMask}.
 * @param b Mask of the other submission, of the same length.
 * @param kept Number of entries of each mask, see {@linkcode entriesIn}.
 */
export function indexOverlap(a: Uint32Array, b: Uint32Array, kept: number): number {
  let common = 0;
  for (let i = 0; i < a.length; i++) {
    // Few words have entries of both.
    const both = a[i] & b[i];
    if (both !== 0) common += bitCount(both);
  }
  return kept === 0 ? 0 : common / kept;
}

/** Returns the number of entries of a mask. */
export function entriesIn(mask: Uint32Array): number {
  return mask.reduce((sum, word) => sum + bitCount(word), 0);
}

function bitCount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
