import assert from "node:assert/strict";
import fc from "fast-check";
import { TopK } from "./top_k.ts";

/** Reference implementation: sorts everything. */
function bySorting(values: Float32Array, kept: number): number[] {
  return [...values.keys()]
    .sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]) || a - b)
    .slice(0, kept)
    .sort((a, b) => a - b);
}

function select(selector: TopK, values: Float32Array<ArrayBuffer>): number[] {
  const out = new Uint16Array(selector.kept);
  selector.select(new Int32Array(values.buffer), out, 0);
  return [...out];
}

Deno.test("TopK agrees with sorting, chunk after chunk", () => {
  const value = fc.oneof(
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, -0, 1, -1, 1e-40, 3e38),
  );
  const chunks = fc.integer({ min: 1, max: 300 }).chain((length) =>
    fc.record({
      kept: fc.integer({ min: 1, max: length }),
      chunks: fc.array(fc.array(value, { minLength: length, maxLength: length }), {
        minLength: 1,
        maxLength: 4,
      }),
    })
  );
  fc.assert(
    fc.property(chunks, ({ kept, chunks }) => {
      const selector = new TopK(chunks[0].length, kept);
      for (const chunk of chunks) {
        const values = Float32Array.from(chunk);
        assert.deepEqual(select(selector, values), bySorting(values, kept));
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});

Deno.test("TopK adapts when the scale of chunks jumps", () => {
  const selector = new TopK(4096, 64);
  for (const scale of [1, 1e-20, 1e20, 0, 1]) {
    const values = Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i * 12.9898) * scale);
    assert.deepEqual(select(selector, values), bySorting(values, 64));
  }
});
