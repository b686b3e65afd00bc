import type { Tensor } from "../graph.ts";
import { multiply, reduceSum, subtract } from "./arithmetic.ts";

/** Softmax over the last axis. */
export function softmax(x: Tensor): Tensor {
  const result: Tensor = x.graph.emit({
    operator: "Softmax",
    inputs: [x],
    outputs: [x],
    attributes: { axis: { int: x.dims.length - 1 } },
    pullback: ([gradient]) => {
      const weighted = multiply(gradient!, result);
      return [subtract(weighted, multiply(result, reduceSum(weighted, [-1])))];
    },
  })[0];
  return result;
}
