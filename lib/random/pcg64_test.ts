import assert from "node:assert/strict";
import { Pcg64 } from "./pcg64.ts";
import { SeededRandom } from "./seeded_random.ts";

Deno.test("Pcg64 reproduces numpy's draws", () => {
  // numpy.random.PCG64(SEED).random_raw(3)
  const vectors: [bigint, bigint[]][] = [
    [0n, [11749869230777074271n, 4976686463289251617n, 755828109848996024n]],
    [12345n, [4193609425186963869n, 5843160025838961886n, 14708796524633321433n]],
  ];
  for (const [seed, wanted] of vectors) {
    const generator = new Pcg64(seed);
    assert.deepEqual(wanted.map(() => generator.next64()), wanted);
  }
});

Deno.test("Pcg64.below stays below the limit and reaches every value", () => {
  const generator = new Pcg64(9n);
  const counts = new Array(7).fill(0);
  for (let i = 0; i < 7000; i++) counts[generator.below(7)]++;
  assert.ok(counts.every((count) => count > 850 && count < 1150), String(counts));
  assert.equal(generator.below(1), 0);
});

Deno.test("SeededRandom is reproducible and normally distributed", () => {
  const draw = () => {
    const random = new SeededRandom(3n);
    return Array.from({ length: 4000 }, () => random.normal());
  };
  const values = draw();
  assert.deepEqual(values, draw());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  assert.ok(Math.abs(mean) < 0.06 && Math.abs(variance - 1) < 0.1, `${mean}, ${variance}`);
});
