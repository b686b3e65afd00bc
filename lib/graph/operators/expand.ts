import { sameDims, type Tensor } from "../tensor.ts";
import { sumToDims } from "./_broadcast.ts";

/** Repeats axes of length 1 until the shape is `dims`. */
export function expand(x: Tensor, dims: readonly number[]): Tensor {
  if (sameDims(x.dims, dims)) return x;
  return x.graph.emit({
    operator: "Expand",
    inputs: [x, x.graph.integers(dims)],
    outputs: [{ type: x.type, dims }],
    pullback: ([gradient]) => [sumToDims(gradient!, x.dims)],
  })[0];
}
