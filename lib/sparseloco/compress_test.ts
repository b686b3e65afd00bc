import assert from "node:assert/strict";
import fc from "fast-check";
import { compress } from "./compress.ts";
import { decompress } from "./compressed_tensor.ts";

Deno.test("compress is lossless: sent and kept parts add up to the input", () => {
  const shapes = fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 70 }));
  const small = fc.float({ min: -8, max: 8, noNaN: true });
  const run = shapes.chain(([rows, columns]) =>
    fc.record({
      dims: fc.constantFrom([rows, columns], [rows * columns]),
      delta: fc.array(small, { minLength: rows * columns, maxLength: rows * columns }),
      before: fc.array(small, { minLength: rows * columns, maxLength: rows * columns }),
    })
  );
  fc.assert(
    fc.property(run, ({ dims, delta, before }) => {
      const residual = Float32Array.from(before);
      const sent = decompress(compress(Float32Array.from(delta), residual, dims, 8, 0.5));
      delta.forEach((value, i) => {
        const whole = Math.fround(0.5 * before[i] + value);
        assert.ok(
          Math.abs(sent[i] + residual[i] - whole) <= 4e-6,
          `${sent[i]} + ${residual[i]}, want ${whole}`,
        );
      });
    }),
    { seed: 2, numRuns: 200 },
  );
});

Deno.test("compress refuses a non-finite pseudo-gradient", () => {
  for (const wrong of [NaN, Infinity, -Infinity]) {
    const delta = new Float32Array(4096);
    delta[77] = wrong;
    assert.throws(
      () => compress(delta, new Float32Array(4096), [64, 64], 64, 0.95),
      /entries that are not finite/,
    );
  }
});
