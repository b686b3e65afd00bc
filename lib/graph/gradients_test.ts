import assert from "node:assert/strict";
import type { Engine, HostTensor } from "../engine/engine.ts";
import { testOnCpu } from "../../testing/engine.ts";
import { rmsNorm } from "../llama/model/rms_norm.ts";
import { gatedUnit } from "../llama/model/gated_unit.ts";
import { SeededRandom } from "../random/seeded_random.ts";
import { Graph, type Tensor } from "./graph.ts";
import { gradients } from "./gradients.ts";
import {
  add,
  divide,
  expand,
  multiply,
  negate,
  reduceMean,
  reduceSum,
  scale,
  subtract,
  sumOfSquares,
} from "./operators/arithmetic.ts";
import { crossEntropy } from "./operators/cross_entropy.ts";
import { exp, log, reciprocal, sigmoid, sqrt, tanh } from "./operators/functions.ts";
import { gatherElements, gatherRows } from "./operators/gather.ts";
import { gemm, linear, matmul } from "./operators/matmul.ts";
import { reshape } from "./operators/reshape.ts";
import { softmax } from "./operators/softmax.ts";
import { concatenate, split } from "./operators/split.ts";
import { transpose } from "./operators/transpose.ts";
import { serializeGraph } from "./serialize_graph.ts";
import { elementCount } from "../tensor/dims.ts";

type Case = [name: string, shapes: number[][], build: (...inputs: Tensor[]) => Tensor];

const ids = (x: Tensor, dims: number[], values: number[]) =>
  x.graph.constant("int32", dims, Int32Array.from(values));

/** Every differentiable operator, with inputs in (0.5, 1.5) so that log and sqrt are smooth. */
const CASES: Case[] = [
  ["add", [[2, 3], [2, 3]], add],
  ["add, broadcast", [[2, 3], [3]], add],
  ["subtract, broadcast both", [[2, 1], [1, 3]], subtract],
  ["multiply, broadcast", [[2, 3], [2, 1]], multiply],
  ["multiply with itself", [[4]], (x) => multiply(x, x)],
  ["divide", [[2, 3], [3]], divide],
  ["negate", [[3]], negate],
  ["scale", [[3]], (x) => scale(x, -2.5)],
  ["exp", [[3]], exp],
  ["log", [[3]], log],
  ["sqrt", [[3]], sqrt],
  ["reciprocal", [[3]], reciprocal],
  ["sigmoid", [[3]], sigmoid],
  ["tanh", [[3]], tanh],
  ["reduceSum", [[2, 3, 4]], (x) => reduceSum(x, [0, -1])],
  ["reduceMean", [[2, 3, 4]], (x) => reduceMean(x, [1])],
  ["sumOfSquares", [[2, 3]], sumOfSquares],
  ["expand", [[2, 1]], (x) => expand(x, [4, 2, 3])],
  ["reshape", [[2, 3]], (x) => reshape(x, [3, 2])],
  ["transpose", [[2, 3, 4]], (x) => transpose(x, [2, 0, 1])],
  ["split, all parts", [[2, 4]], (x) => {
    const [a, b] = split(x, 2);
    return multiply(a, exp(b));
  }],
  ["split, one part", [[2, 4]], (x) => split(x, 2)[1]],
  ["concatenate", [[2, 2], [2, 2]], (a, b) => concatenate([a, b])],
  ["matmul", [[2, 3], [3, 4]], matmul],
  ["matmul, batched with broadcast", [[2, 1, 2, 3], [4, 3, 2]], matmul],
  ["gemm", [[2, 3], [3, 4]], (a, b) => gemm(a, b)],
  ["gemm, first transposed", [[3, 2], [3, 4]], (a, b) => gemm(a, b, true)],
  ["gemm, second transposed", [[2, 3], [4, 3]], (a, b) => gemm(a, b, false, true)],
  ["gemm, both transposed", [[3, 2], [4, 3]], (a, b) => gemm(a, b, true, true)],
  ["linear", [[2, 2, 3], [4, 3]], linear],
  ["gatherRows, repeated rows", [[4, 3]], (x) => gatherRows(x, ids(x, [2, 2], [1, 3, 1, 1]))],
  ["gatherElements", [[3, 4]], (x) => gatherElements(x, ids(x, [3, 1], [3, 0, 2]))],
  ["softmax", [[2, 4]], softmax],
  ["crossEntropy", [[3, 5]], (x) => crossEntropy(x, ids(x, [3], [4, 0, 2]))],
  ["rmsNorm", [[2, 3, 4], [4]], (x, w) => rmsNorm(x, w, 1e-5)],
  ["gatedUnit", [[2, 5], [2, 5]], gatedUnit],
];

testOnCpu("gradients agrees with finite differences for every operator", async (engine, t) => {
  for (const [name, shapes, build] of CASES) {
    await t.step(name, () => checkOperator(engine, shapes, build));
  }
});

Deno.test("gradients returns zeros for a parameter that the loss does not depend on", () => {
  const graph = new Graph("unused");
  const [x, y] = ["x", "y"].map((name) => graph.input(name, "float32", [2]));
  const [, dy] = gradients(sumOfSquares(x), [x, y]);
  assert.deepEqual(dy.dims, [2]);
});

Deno.test("gradients rejects a loss that is not a scalar", () => {
  const graph = new Graph("vector");
  const x = graph.input("x", "float32", [2]);
  assert.throws(() => gradients(x, [x]), /loss has shape \[2\], want a scalar/);
});

async function checkOperator(engine: Engine, shapes: number[][], build: Case[2]): Promise<void> {
  const random = new SeededRandom(7n);
  const point = shapes.map((dims) => ({
    type: "float64" as const,
    dims,
    data: Float64Array.from({ length: elementCount(dims) }, () => 0.5 + random.uniform()),
  }));
  const graph = new Graph("check");
  const inputs = shapes.map((dims, i) => graph.input(`x${i}`, "float64", dims));
  const result = build(...inputs);
  // Unequal weights expose errors that would cancel in a plain sum.
  const weights = graph.constant(
    "float64",
    result.dims,
    Float64Array.from({ length: elementCount(result.dims) }, () => random.normal()),
  );
  const axes = result.dims.map((_, axis) => axis);
  const weighted = multiply(result, weights);
  const loss = axes.length > 0 ? reshape(reduceSum(weighted, axes), []) : weighted;
  graph.output("loss", loss);
  gradients(loss, inputs).forEach((gradient, i) => graph.output(`gradient${i}`, gradient));
  const session = await engine.load(serializeGraph(graph));
  const run = (values: HostTensor[]) =>
    session.run(Object.fromEntries(values.map((value, i) => [`x${i}`, value])));
  const found = await run(point);
  for (const [i, { data }] of point.entries()) {
    assert.deepEqual(found[`gradient${i}`].dims, shapes[i]);
    const [h, tolerance] = [1e-5, 1e-7];
    for (let at = 0; at < data.length; at++) {
      const lossAt = async (offset: number) => {
        const moved = data.slice();
        moved[at] += offset;
        const values = point.map((value, j) => (j === i ? { ...value, data: moved } : value));
        return Number((await run(values)).loss.data[0]);
      };
      const slope = (await lossAt(h) - await lossAt(-h)) / (2 * h);
      const gradient = Number(found[`gradient${i}`].data[at]);
      assert.ok(
        Math.abs(gradient - slope) < tolerance * (1 + Math.abs(slope)),
        `gradient of input ${i} at ${at} is ${gradient}, finite difference ${slope}`,
      );
    }
  }
  await session.release();
}
