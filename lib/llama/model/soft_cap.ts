import { scale } from "../../graph/operators/arithmetic.ts";
import { tanh } from "../../graph/operators/functions.ts";
import type { Tensor } from "../../graph/graph.ts";

/** Keeps values between -cap and cap, `cap tanh(x / cap)`; as they are where there is no cap. */
export function capped(x: Tensor, cap: number | undefined): Tensor {
  return cap === undefined ? x : scale(tanh(scale(x, 1 / cap)), cap);
}
