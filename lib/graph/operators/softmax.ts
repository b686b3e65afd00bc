import type { Tensor } from "../tensor.ts";
import { multiply, subtract } from "./arithmetic.ts";
import { reduceSum } from "./reduction.ts";

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
