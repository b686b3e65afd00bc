import assert from "node:assert/strict";
import { aggregate } from "./aggregate.ts";
import { type CompressedTensor, emptyCompressed } from "./compressed_tensor.ts";
import { outerStep } from "./outer_step.ts";

/** Returns a tensor of four values, two of them sent, both at one level. */
function sent(indices: number[], level: number): CompressedTensor {
  const tensor = emptyCompressed([4], 2);
  tensor.indices.set(indices);
  tensor.levels.fill(level);
  return tensor;
}

Deno.test("aggregate divides by the number of peers that sent a position, or of all peers", () => {
  const peers = [sent([0, 1], 2), sent([0, 2], 2)];
  // The norm floor of the clip shrinks values by a few parts in a billion.
  const rounded = (values: Float64Array) => [...values].map((value) => Number(value.toFixed(6)));
  assert.deepEqual(rounded(aggregate(peers, "selected-mean")), [2, 2, 2, 0]);
  assert.deepEqual(rounded(aggregate(peers, "peer-mean")), [2, 1, 1, 0]);
});

Deno.test("aggregate clips every peer to the lower median norm", () => {
  const peers = [sent([0, 1], 1), sent([0, 1], 1), sent([2, 3], 1000), sent([2, 3], 1e6)];
  const [, , loud] = aggregate(peers, "selected-mean");
  assert.ok(Math.abs(loud - 1) < 1e-6, `${loud}, want 1`);
});

Deno.test("aggregate accepts zeros without dividing by zero", () => {
  assert.deepEqual([...aggregate([sent([0, 1], 0), sent([0, 1], 0)], "selected-mean")], [
    0,
    0,
    0,
    0,
  ]);
});

Deno.test("outerStep rounds once", () => {
  const parameters = Float32Array.of(1, 16777216);
  assert.ok(outerStep(parameters, Float64Array.of(1e-9, -1.5), 1));
  assert.deepEqual([...parameters], [1, 16777218]);
});

Deno.test("outerStep leaves parameters unchanged if the average is not finite", () => {
  const parameters = Float32Array.of(1, 2);
  assert.equal(outerStep(parameters, Float64Array.of(0, Infinity), 1), false);
  assert.deepEqual([...parameters], [1, 2]);
});
