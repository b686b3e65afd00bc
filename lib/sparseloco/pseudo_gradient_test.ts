import assert from "node:assert/strict";
import { pseudoGradient } from "./pseudo_gradient.ts";

Deno.test("pseudoGradient subtracts the new parameters from the old", () => {
  const before = new Map([["a", Float32Array.of(1, 2)], ["b", Float32Array.of(-1)]]);
  const after = new Map([["b", Float32Array.of(1)], ["a", Float32Array.of(0.5, 3)]]);
  const delta = pseudoGradient(before, after);
  assert.deepEqual([...delta.get("a")!], [0.5, -1]);
  assert.deepEqual([...delta.get("b")!], [-2]);
  assert.deepEqual([...before.get("a")!], [1, 2]);
});
