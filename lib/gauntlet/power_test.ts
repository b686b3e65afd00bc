import assert from "node:assert/strict";
import { fixture } from "../../fixtures/fixture.ts";
import { exponential } from "./exponential.ts";
import { power } from "./power.ts";

/** Arguments and correctly rounded results, as bits in hexadecimal digits. */
const VECTORS = JSON.parse(await Deno.readTextFile(fixture("gauntlet/powers.json"))) as {
  exp: [x: string, result: string][];
  power: [base: string, exponent: string, result: string][];
};

function double(bits: string): number {
  return new DataView(Uint8Array.fromHex(bits).buffer).getFloat64(0);
}

Deno.test("exponential rounds to the nearest double", () => {
  for (const [x, result] of VECTORS.exp) {
    assert.equal(exponential(double(x)), double(result), `exp ${double(x)}`);
  }
  assert.deepEqual([-Infinity, Infinity, NaN].map(exponential), [0, Infinity, NaN]);
});

Deno.test("power rounds to the nearest double", () => {
  for (const [base, exponent, result] of VECTORS.power) {
    const [x, y] = [double(base), double(exponent)];
    assert.equal(power(x, y), double(result), `${x} to the power of ${y}`);
  }
});

Deno.test("power refuses what it is not made for", () => {
  for (const [x, y] of [[-1, 2], [NaN, 1], [1, NaN], [Infinity, 1], [2, Infinity], [2, -1]]) {
    assert.throws(() => power(x, y), RangeError);
  }
});
