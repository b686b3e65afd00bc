import { exp } from "./_double_double.ts";

/**
 * e to the power of a number. The language leaves the last bits of `Math.exp` open; this one is computed to
 * about 100 bits and then rounded, so that ratings are the same on every engine.
 *
 * @example
 * ```ts
 * import { exponential } from "./exponential.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(exponential(1), 2.718281828459045);
 * ```
 */
export function exponential(x: number): number {
  return exp([x, 0]);
}
