import { exp, log, multiply } from "./_double_double.ts";

/**
 * A number from 0 on to a power from 0 on. The language leaves the last bits of `**` open; this one is
 * computed to about 100 bits and then rounded, so that scores and weights are the same on every engine.
 *
 * @throws RangeError for a negative or infinite base or exponent.
 *
 * @example
 * ```ts
 * import { power } from "./power.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(power(0.25, 2.5), 0.03125);
 * ```
 */
export function power(base: number, exponent: number): number {
  if (!(base >= 0 && base < Infinity && exponent >= 0 && exponent < Infinity)) {
    throw new RangeError(
      `Cannot raise ${base} to ${exponent}: want a finite base and exponent from 0 on`,
    );
  }
  if (exponent === 0) return 1;
  return base === 0 ? 0 : exp(multiply([exponent, 0], log(base)));
}
