import assert from "node:assert/strict";
import { fixture } from "../../fixtures/fixture.ts";
import { PythonRandom } from "./python_random.ts";

interface Drawn {
  uniform: number[];
  samples: number[][];
  choices: number[];
  below: number[];
}

const DRAWN = JSON.parse(await Deno.readTextFile(fixture("python_random.json"))) as Record<
  string,
  Drawn
>;
const SIZES = [[30, 3], [21, 5], [22, 5], [85, 6], [86, 6], [1000, 25], [5, 5], [1, 1], [300, 30]];

Deno.test("PythonRandom reproduces CPython's draws", () => {
  for (const [seed, expected] of Object.entries(DRAWN)) {
    const fresh = () => new PythonRandom(BigInt(seed));
    const uniform = fresh();
    assert.deepEqual(expected.uniform.map(() => uniform.uniform()), expected.uniform);
    const sampler = fresh();
    assert.deepEqual(SIZES.map(([n, k]) => sampler.sample(n, k)), expected.samples);
    assert.deepEqual([...fresh().choices(5153, 8)], expected.choices);
    const below = fresh();
    assert.deepEqual(
      [1, 2, 3, 1000, 2 ** 31, 2 ** 32 - 1].map((n) => below.below(n)),
      expected.below,
    );
  }
});

Deno.test("PythonRandom refuses samples larger than the population", () => {
  assert.throws(() => new PythonRandom(1).sample(2, 3), /Cannot draw 3 distinct numbers/);
});
