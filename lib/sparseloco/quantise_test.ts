import assert from "node:assert/strict";
import { quantise } from "./quantise.ts";

Deno.test("quantise rounds cell borders half to even, as PyTorch does", () => {
  // Mean 0, sum of squares 160 over 90 degrees of freedom: cells are 2 wide, and 1 and 3 lie on their borders.
  const values = new Float32Array(91);
  [1, -1, 3, -3].forEach((value, i) => values.fill(value, 8 * i, 8 * (i + 1)));
  const codes = new Uint8Array(values.length);
  const levels = new Float32Array(4);
  quantise(values, codes, levels);
  assert.deepEqual([0, 8, 16, 24, 32].map((i) => codes[i]), [2, 2, 3, 0, 2]);
  assert.deepEqual([...levels], [-3, 0, 0, 3]);
});
