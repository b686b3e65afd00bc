import assert from "node:assert/strict";
import { SeededRandom } from "../random/seeded_random.ts";
import { compress } from "../sparseloco/compress.ts";
import type { CompressedTensor } from "../sparseloco/compressed_tensor.ts";
import { entriesIn, indexMask, indexOverlap } from "./index_overlap.ts";

const SHAPES = [[128, 64], [100, 64], [64]];

function submission(seed: bigint): CompressedTensor[] {
  const random = new SeededRandom(seed);
  return SHAPES.map((dims) => {
    const length = dims.reduce((product, dim) => product * dim, 1);
    const delta = Float32Array.from({ length }, () => random.normal());
    return compress(delta, new Float32Array(length), dims, 64, 1);
  });
}

/** Reference implementation with sets. */
function overlap(a: CompressedTensor[], b: CompressedTensor[]): number {
  let [common, all] = [0, 0];
  a.forEach(({ indices, kept, tiling }, i) => {
    if (kept === tiling.chunkLength) return;
    for (let at = 0; at < indices.length; at += kept) {
      const other = new Set(b[i].indices.slice(at, at + kept));
      common += indices.slice(at, at + kept).filter((index) => other.has(index)).length;
      all += kept;
    }
  });
  return common / all;
}

const share = (a: Uint32Array, b: Uint32Array) => indexOverlap(a, b, entriesIn(a));

Deno.test("indexOverlap agrees with sets, and is 1 for a copy", () => {
  const peers = [submission(1n), submission(2n), submission(1n)];
  const masks = peers.map(indexMask);
  peers.forEach((a, i) =>
    peers.forEach((b, j) => assert.equal(share(masks[i], masks[j]), overlap(a, b)))
  );
  assert.equal(share(masks[0], masks[2]), 1);
  assert.ok(share(masks[0], masks[1]) < 0.05);
});

Deno.test("indexOverlap ignores dense tensors", () => {
  const dense = indexMask([submission(1n)[2]]);
  assert.equal(share(dense, dense), 0);
});
