import assert from "node:assert/strict";
import { syncScore } from "./sync_score.ts";

Deno.test("syncScore matches the reference's curves of both releases", () => {
  const curves: [stepsBehindMax: number, wanted: number[]][] = [
    [5, [0.7684, 0.5724, 0.2789, 0.1012]],
    [3, [0.6339, 0.3629, 0.0642, 0]],
  ];
  for (const [stepsBehindMax, wanted] of curves) {
    [0.5, 1, 2, 3].forEach((steps, i) => {
      const found = syncScore(steps, { stepsBehindMax, power: 2.5 });
      assert.ok(Math.abs(found - wanted[i]) < 5e-5, `${steps}: ${found}, want ${wanted[i]}`);
    });
  }
});

Deno.test("syncScore is 1 in sync, and 0 far behind or without a state", () => {
  const settings = { stepsBehindMax: 3, power: 2.5 };
  assert.deepEqual([0, 3, 100, NaN, -1].map((steps) => syncScore(steps, settings)), [
    1,
    0,
    0,
    0,
    0,
  ]);
});

Deno.test("syncScore decays with the power of its settings", () => {
  const half = (power: number) => syncScore(1.5, { stepsBehindMax: 3, power });
  assert.deepEqual([half(1), half(2), half(3)], [0.5, 0.25, 0.125]);
});
