import type { Tensor } from "../graph.ts";
import { divide, multiply, negate, reduceMax, reduceSum, subtract } from "./arithmetic.ts";
import { exp, log } from "./functions.ts";
import { gatherElements, scatterAdd } from "./gather.ts";
import { reshape } from "./reshape.ts";

/**
 * Cross-entropy of each row, in nats, composed of operators that every execution provider supports
 * (LogSoftmax is missing on WebGPU). The gradient, softmax minus one-hot, is written out.
 *
 * @param logits Shape [rows, classes].
 * @param targets int32, shape [rows].
 * @returns Shape [rows, 1].
 */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const column = reshape(targets, [logits.dims[0], 1]);
  const shifted = subtract(logits, reduceMax(logits, [1]));
  const powers = exp(shifted);
  const total = reduceSum(powers, [1]);
  return logits.graph.emit({
    operator: "Sub",
    inputs: [log(total), gatherElements(shifted, column)],
    outputs: [total],
    sources: [logits],
    pullback: ([gradient]) => [
      scatterAdd(multiply(powers, divide(gradient!, total)), column, negate(gradient!), 1),
    ],
  })[0];
}
