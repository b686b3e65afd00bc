import { elementCount, sameDims } from "../../tensor/dims.ts";
import type { Tensor } from "../graph.ts";

/**
 * Returns the same elements in the same order with another shape.
 *
 * @throws RangeError when the element counts differ.
 */
export function reshape(x: Tensor, dims: readonly number[]): Tensor {
  if (sameDims(x.dims, dims)) return x;
  if (elementCount(x.dims) !== elementCount(dims)) {
    throw new RangeError(`Cannot reshape: [${x.dims}] and [${dims}] differ in element count`);
  }
  return x.graph.emit({
    operator: "Reshape",
    inputs: [x, x.graph.integers(dims)],
    outputs: [{ type: x.type, dims }],
    pullback: ([gradient]) => [reshape(gradient!, x.dims), undefined],
  })[0];
}
