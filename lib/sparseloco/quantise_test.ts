import assert from "node:assert/strict";
import { quantise } from "./quantise.ts";

function quantised(...values: number[]) {
  const codes = new Uint8Array(values.length);
  const levels = new Float32Array(4);
  quantise(Float32Array.from(values), codes, levels);
  return { codes: [...codes], levels: [...levels] };
}

Deno.test("quantise gives the codes and levels of the reference's vector", () => {
  const { codes, levels } = quantised(4, -3, 2.5, -2, 1, -1, 0.5, -6);
  assert.deepEqual(codes, [3, 1, 3, 2, 2, 2, 2, 1]);
  assert.deepEqual(levels, [-0.5, -4.5, -0.375, 3.25]);
});

Deno.test("quantise gives equal values one level, themselves", () => {
  const { codes, levels } = quantised(0.25, 0.25, 0.25);
  assert.deepEqual(codes, [2, 2, 2]);
  assert.equal(levels[2], 0.25);
});

Deno.test("quantise takes a single value and zeros", () => {
  assert.equal(quantised(7).levels[2], 7);
  assert.deepEqual(quantised(0, 0).levels, [0, 0, 0, 0]);
});
