import assert from "node:assert/strict";
import { challengedElements, challengeSlices } from "./challenge.ts";
import { stepsBehind } from "./steps_behind.ts";

const ONES = new Array(8).fill(1);

Deno.test("stepsBehind measures in typical steps, and is robust to outliers", () => {
  const mine = [0, 1, 2, 3, 4, 5, 6, 7];
  assert.equal(stepsBehind(mine, mine, ONES, "median"), 0);
  const behind = mine.map((value) => value - 2);
  for (const estimate of ["median", "interquartile-mean"] as const) {
    assert.equal(stepsBehind(mine, behind, ONES, estimate), 2);
    assert.equal(stepsBehind(mine, behind, ONES.map(() => 0.5), estimate), 4);
    assert.equal(stepsBehind(mine, [1e30, ...behind.slice(1)], ONES, estimate), 2);
  }
});

Deno.test("stepsBehind is NaN for missing or non-finite elements", () => {
  for (const shown of [[], [1, 2], [1, 2, 3, 4, 5, 6, 7, NaN], [1, 2, 3, 4, 5, 6, 7, Infinity]]) {
    assert.ok(Number.isNaN(stepsBehind(ONES, shown, ONES, "median")), `${shown}`);
  }
});

Deno.test("weakness 14: challenged elements differ by nonce and by peer", () => {
  const lengths = [1_000_000, 5, 3, 1_000_000];
  const places = (nonce: string, uid: number) =>
    challengeSlices(lengths, nonce, uid).map(({ start }) => start).join();
  assert.equal(places("a", 1), places("a", 1));
  assert.notEqual(places("a", 1), places("a", 2));
  assert.notEqual(places("a", 1), places("b", 1));
  for (const { count, start, tensor } of challengeSlices(lengths, "c", 7)) {
    assert.equal(count, Math.min(4, lengths[tensor]));
    assert.ok(start >= 0 && start + count <= lengths[tensor]);
  }
  const tensors = [Float32Array.of(1, 2, 3, 4, 5), Float32Array.of(6, 7)];
  const slices = [{ tensor: 0, start: 1, count: 3 }, { tensor: 1, start: 0, count: 2 }];
  assert.deepEqual([...challengedElements(tensors, slices)], [2, 3, 4, 6, 7]);
});
