import { elementCount, type Tensor } from "../tensor.ts";
import { multiply, scale } from "./arithmetic.ts";
import { expand } from "./expand.ts";

/** Sum over `axes`, kept with length 1; negative axes count from the end. */
export function reduceSum(x: Tensor, axes: number[]): Tensor {
  return reduce("ReduceSum", x, axes, (gradient) => expand(gradient, x.dims));
}

/** Mean over `axes`, kept with length 1. */
export function reduceMean(x: Tensor, axes: number[]): Tensor {
  const result: Tensor = reduce("ReduceMean", x, axes, (gradient) => {
    const count = elementCount(x.dims) / elementCount(result.dims);
    return expand(scale(gradient, 1 / count), x.dims);
  });
  return result;
}

/** Mean of squares over the last axis, kept with length 1, in one pass over the elements. */
export function meanSquare(x: Tensor): Tensor {
  const last = x.dims.length - 1;
  const squares = reduce(
    "ReduceSumSquare",
    x,
    [last],
    (gradient) => scale(multiply(x, expand(gradient, x.dims)), 2),
  );
  return scale(squares, 1 / x.dims[last]);
}

/** Maximum over `axes`, kept with length 1. It cannot be differentiated: it is used to shift, where no gradient is due. */
export function reduceMax(x: Tensor, axes: number[]): Tensor {
  return reduce("ReduceMax", x, axes);
}

/** Sum of the squares of all elements, shape []. */
export function sumOfSquares(x: Tensor): Tensor {
  return x.graph.emit({
    operator: "ReduceSumSquare",
    inputs: [x],
    outputs: [{ type: x.type, dims: [] }],
    attributes: { keepdims: { int: 0 } },
    pullback: ([gradient]) => [scale(scale(x, 2), gradient!)],
  })[0];
}

function reduce(
  operator: string,
  x: Tensor,
  axes: number[],
  pullback?: (gradient: Tensor) => Tensor,
): Tensor {
  const positive = axes.map((axis) => (axis < 0 ? axis + x.dims.length : axis));
  const dims = x.dims.map((dim, axis) => (positive.includes(axis) ? 1 : dim));
  return x.graph.emit({
    operator,
    inputs: [x, x.graph.integers(positive)],
    outputs: [{ type: x.type, dims }],
    attributes: { keepdims: { int: 1 } },
    ...(pullback ? { pullback: ([gradient]) => [pullback(gradient!)] } : {}),
  })[0];
}
