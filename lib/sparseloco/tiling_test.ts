import assert from "node:assert/strict";
import { chunkOrigin, keptPerChunk, tilingOf } from "./tiling.ts";

Deno.test("tilingOf cuts each side by its largest divisor of at most 64", () => {
  for (
    const [side, wanted] of [[8192, 64], [2688, 64], [32, 32], [100, 50], [97, 1], [50257, 29], [
      30522,
      6,
    ]]
  ) {
    assert.equal(tilingOf([side]).chunkLength, wanted, `side ${side}`);
  }
  const { chunks, chunkLength, tileRows, tileColumns } = tilingOf([100, 64]);
  assert.deepEqual([chunks, chunkLength, tileRows, tileColumns], [2, 3200, 50, 64]);
});

Deno.test("tilingOf refuses scalars and cubes", () => {
  assert.throws(() => tilingOf([]), RangeError);
  assert.throws(() => tilingOf([2, 2, 2]), /shape is \[2,2,2\], want one or two axes/);
});

Deno.test("keptPerChunk is even and at most the chunk length", () => {
  assert.deepEqual(
    [[64, 4096], [63, 4096], [64, 32], [1, 4096], [64, 1], [64, 3]].map(([k, n]) =>
      keptPerChunk(k, n)
    ),
    [64, 62, 32, 2, 1, 2],
  );
});

Deno.test("chunkOrigin walks tiles row by row", () => {
  const tiling = tilingOf([128, 192]);
  assert.deepEqual([0, 1, 2, 3].map((chunk) => chunkOrigin(tiling, chunk)), [0, 64, 128, 64 * 192]);
});
