import type { Tensor } from "../graph.ts";

/** Reorders axes: axis i of the result is axis `order[i]` of `x`. */
export function transpose(x: Tensor, order: number[]): Tensor {
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return x.graph.emit({
    operator: "Transpose",
    inputs: [x],
    outputs: [{ type: x.type, dims: order.map((axis) => x.dims[axis]) }],
    attributes: { perm: { ints: order } },
    pullback: ([gradient]) => [transpose(gradient!, inverse)],
  })[0];
}
