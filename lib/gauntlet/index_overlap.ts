import type { CompressedTensor } from "../sparseloco/compressed_tensor.ts";

/**
 * One bit an element, set where an entry was kept: chunks of at most 4096 bits, one after the other. Dense
 * tensors say nothing about who chose what, and are left out.
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
 * Share of kept entries that two submissions for one model have in common, averaged over chunks and tensors
 * by the entries in them: what a copy cannot hide. Independent peers meet by chance and by common gradients;
 * a copy is near 1.
 *
 * @param a Result of {@linkcode indexMask}.
 * @param b The other one, of the same length.
 * @param kept Entries of each, {@linkcode entriesIn} of either.
 */
export function indexOverlap(a: Uint32Array, b: Uint32Array, kept: number): number {
  let common = 0;
  for (let i = 0; i < a.length; i++) {
    // Hardly any word has an entry of both.
    const both = a[i] & b[i];
    if (both !== 0) common += bitCount(both);
  }
  return kept === 0 ? 0 : common / kept;
}

/** Entries of a mask. */
export function entriesIn(mask: Uint32Array): number {
  return mask.reduce((sum, word) => sum + bitCount(word), 0);
}

function bitCount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
