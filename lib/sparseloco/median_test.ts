import assert from "node:assert/strict";
import { lowerMedian, upperMedian } from "./median.ts";

Deno.test("medians differ for even counts, and order as numbers", () => {
  const cases: [number[], lower: number, upper: number][] = [
    [[3], 3, 3],
    [[10, 9], 9, 10],
    [[2, 100, 30], 30, 30],
    [[4, 1, 3, 2], 2, 3],
  ];
  for (const [values, lower, upper] of cases) {
    assert.deepEqual([lowerMedian(values), upperMedian(values)], [lower, upper]);
  }
});
