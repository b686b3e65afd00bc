import {
  add,
  meanSquare,
  multiply,
  reduceSum,
  scale,
  subtract,
} from "../../graph/operators/arithmetic.ts";
import { reciprocal, sqrt } from "../../graph/operators/functions.ts";
import { matmul } from "../../graph/operators/matmul.ts";
import { reshape } from "../../graph/operators/reshape.ts";
import { elementCount } from "../../tensor/dims.ts";
import type { Tensor } from "../../graph/graph.ts";

/**
 * Computes RMSNorm over the last axis, `w x / sqrt(mean(x^2) + epsilon)`, with its gradient written out:
 * dx = r (g w - n mean(g w n)) for n = r x, with fewer passes over the activations than the chain rule.
 *
 * @param x Shape [..., width].
 * @param weight Shape [width].
 */
export function rmsNorm(x: Tensor, weight: Tensor, epsilon: number): Tensor {
  const inverse = reciprocal(sqrt(add(meanSquare(x), x.graph.scalar(x.type, epsilon))));
  const normal = multiply(x, inverse);
  return x.graph.emit({
    operator: "Mul",
    inputs: [normal, weight],
    outputs: [x],
    sources: [x, weight],
    pullback: ([gradient]) => {
      const [width] = weight.dims;
      const rows = elementCount(x.dims) / width;
      const product = multiply(gradient!, normal);
      const byWeight = multiply(gradient!, weight);
      // A matrix-vector product weights and sums in one pass.
      const column = scale(reshape(weight, [width, 1]), 1 / width);
      const along = reshape(matmul(reshape(product, [rows, width]), column), [
        ...x.dims.slice(0, -1),
        1,
      ]);
      return [
        multiply(inverse, subtract(byWeight, multiply(normal, along))),
        reshape(reduceSum(reshape(product, [rows, width]), [0]), weight.dims),
      ];
    },
  })[0];
}
