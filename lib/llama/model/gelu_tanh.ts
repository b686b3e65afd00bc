import { add, multiply, scale } from "../../graph/operators/arithmetic.ts";
import { tanh } from "../../graph/operators/functions.ts";
import type { Tensor } from "../../graph/graph.ts";

/** GELU in its tanh approximation, `0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`. */
export function geluTanh(x: Tensor): Tensor {
  const one = x.graph.scalar(x.type, 1);
  const cube = multiply(multiply(x, x), x);
  const inner = scale(add(x, scale(cube, 0.044715)), Math.sqrt(2 / Math.PI));
  return multiply(scale(x, 0.5), add(tanh(inner), one));
}
