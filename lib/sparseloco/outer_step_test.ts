import assert from "node:assert/strict";
import { outerStep } from "./outer_step.ts";

Deno.test("outerStep subtracts rate x average", () => {
  const parameters = Float32Array.of(1, -2, 0);
  assert.ok(outerStep(parameters, Float64Array.of(0.5, 1, -4), 0.25));
  assert.deepEqual([...parameters], [0.875, -2.25, 1]);
});

Deno.test("outerStep leaves a tensor unchanged that would become non-finite", () => {
  const parameters = Float32Array.of(1, 3e38);
  assert.ok(!outerStep(parameters, Float64Array.of(1, -1e38), 1));
  assert.deepEqual([...parameters], [1, Math.fround(3e38)]);
});
