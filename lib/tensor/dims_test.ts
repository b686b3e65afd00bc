import assert from "node:assert/strict";
import { elementCount, sameDims } from "./dims.ts";

Deno.test("elementCount multiplies axes, and is 1 for a scalar", () => {
  assert.equal(elementCount([]), 1);
  assert.equal(elementCount([3, 4, 5]), 60);
  assert.equal(elementCount([3, 0]), 0);
});

Deno.test("sameDims compares ranks and lengths", () => {
  assert.ok(sameDims([2, 3], [2, 3]));
  assert.ok(!sameDims([2, 3], [3, 2]));
  assert.ok(!sameDims([2], [2, 1]));
});
