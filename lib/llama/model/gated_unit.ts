import { add, multiply, subtract } from "../../graph/operators/arithmetic.ts";
import { sigmoid } from "../../graph/operators/functions.ts";
import type { Tensor } from "../../graph/graph.ts";

/**
 * Computes the SwiGLU gate, `silu(gate) * up`. Its gradient is written out with s = sigmoid(gate) and
 * a = gate s: the slope of silu is s + a (1 - s), so nothing is computed twice.
 *
 * @param gate Any shape.
 * @param up Same shape.
 */
export function gatedUnit(gate: Tensor, up: Tensor): Tensor {
  const open = sigmoid(gate);
  const active = multiply(gate, open);
  return gate.graph.emit({
    operator: "Mul",
    inputs: [active, up],
    outputs: [gate],
    sources: [gate, up],
    pullback: ([gradient]) => {
      const one = gate.graph.scalar(gate.type, 1);
      const slope = add(open, multiply(active, subtract(one, open)));
      return [multiply(multiply(gradient!, up), slope), multiply(gradient!, active)];
    },
  })[0];
}
