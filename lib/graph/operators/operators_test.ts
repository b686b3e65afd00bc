import assert from "node:assert/strict";
import type { Engine } from "../../engine/engine.ts";
import { testOnCpu } from "../../../testing/engine.ts";
import { Graph, type Tensor } from "../graph.ts";
import { serializeGraph } from "../serialize_graph.ts";
import { reduceMax } from "./arithmetic.ts";
import { cast } from "./cast.ts";
import { and, argMax, equal, lessOrEqual, or, where } from "./compare.ts";
import { slice } from "./slice.ts";
import { concatenate } from "./split.ts";

const MATRIX = Float32Array.of(1, 5, 2, 5, 9, 3); // [2, 3]
const NAN = Float32Array.of(0, NaN);

/** Non-differentiable operators, with numpy's results. */
const CASES: [name: string, build: (x: Tensor) => Tensor, dims: number[], want: number[]][] = [
  ["slice", (x) => slice(x, 1, 1, 3), [2, 2], [5, 2, 9, 3]],
  ["concatenate", (x) => concatenate([x, slice(x, 1, 0, 1)], 1), [2, 4], [1, 5, 2, 1, 5, 9, 3, 5]],
  ["argMax, the first if tied", (x) => cast(argMax(x), "float32"), [2], [1, 1]],
  ["reduceMax", (x) => reduceMax(x, [-1]), [2, 1], [5, 9]],
  ["cast to int32 and back", (x) => cast(cast(x, "int32"), "float32"), [2, 3], [...MATRIX]],
  [
    "where, equal or less",
    (x) => {
      const five = x.graph.scalar("float32", 5);
      const two = x.graph.scalar("float32", 2);
      const middle = and(lessOrEqual(two, x), lessOrEqual(x, five));
      return where(or(middle, equal(x, x.graph.scalar("float32", 9))), x, negative(x));
    },
    [2, 3],
    [-1, 5, 2, 5, 9, 3],
  ],
];

function negative(x: Tensor): Tensor {
  return x.graph.scalar("float32", -1);
}

for (const [name, build, dims, want] of CASES) {
  testOnCpu(`${name} matches numpy`, async (engine) => {
    const { dims: found, values } = await run(engine, build);
    assert.deepEqual(found, dims);
    assert.deepEqual(values, want);
  });
}

async function run(engine: Engine, build: (x: Tensor) => Tensor) {
  const graph = new Graph("operator");
  const y = build(graph.input("x", "float32", [2, 3]));
  graph.output("y", y);
  const session = await engine.load(serializeGraph(graph));
  const results = await session.run({ x: { type: "float32", dims: [2, 3], data: MATRIX } });
  await session.release();
  return { dims: [...y.dims], values: Array.from(results.y.data as Float32Array) };
}

Deno.test("operators reject shapes that do not broadcast", () => {
  const graph = new Graph("operator");
  const [a, b] = [graph.input("a", "float32", [2]), graph.constant("float32", [2], NAN)];
  assert.doesNotThrow(() => equal(a, b));
  assert.throws(
    () => equal(a, graph.input("c", "float32", [3])),
    /\[2\] and \[3\] do not broadcast/,
  );
});
