import { scale } from "../../graph/operators/arithmetic.ts";
import { tanh } from "../../graph/operators/functions.ts";
import type { Tensor } from "../../graph/graph.ts";

/** Bounds values between -cap and cap by `cap tanh(x / cap)`; returns x if cap is undefined. */
export function capped(x: Tensor, cap: number | undefined): Tensor {
  return cap === undefined ? x : scale(tanh(scale(x, 1 / cap)), cap);
}
