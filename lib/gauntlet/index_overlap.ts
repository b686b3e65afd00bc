import type { CompressedTensor } from "../sparseloco/compressed_tensor.ts";

/**
 * Share of kept entries that two peers have in common, averaged over chunks and tensors by the entries in
 * them: what a copy cannot hide. Independent peers meet by chance and by common gradients; a copy is near 1.
 * Dense tensors say nothing and are left out.
 *
 * @param masks Result of {@linkcode indexMasks} for each peer.
 * @returns Symmetric [peers][peers], 1 on the diagonal.
 */
export function indexOverlaps(masks: readonly Uint32Array[]): number[][] {
  const sizes = masks.map((mask) => countBits(mask, mask));
  return masks.map((mask, i) =>
    masks.map((other, j) => (i === j ? 1 : sizes[i] === 0 ? 0 : countBits(mask, other) / sizes[i]))
  );
}

/** One bit an element, set where an entry was kept: chunks of at most 4096 bits, one after the other. */
export function indexMasks(tensors: readonly CompressedTensor[]): Uint32Array {
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

function countBits(a: Uint32Array, b: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) {
    let x = a[i] & b[i];
    x -= (x >>> 1) & 0x55555555;
    x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
    count += Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}
